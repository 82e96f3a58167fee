namespace UmlHost.Fs;

/// <summary>A file opened with O_PATH: a place to start walks from, to stat and to be told about.</summary>
internal sealed class PathFile(int flags) : OpenFile(flags)
{
    protected override void Close()
    {
    }
}
