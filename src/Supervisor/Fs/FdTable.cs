namespace UmlHost.Fs;

/// <summary>A process's file descriptors (Linux's files_struct).</summary>
internal sealed class FdTable
{
}
