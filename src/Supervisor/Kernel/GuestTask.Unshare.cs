using UmlHost.Fs;

namespace UmlHost.Kernel;

internal sealed partial class GuestTask
{
    /// <summary>unshare(CLONE_FS | CLONE_FILES): copies of its own where it has shared ones.</summary>
    public void Unshare(bool fs, bool files)
    {
        if (fs && Fs.IsShared)
        {
            FsContext own = Fs.Fork();
            Fs.Leave();
            Fs = own;
        }

        if (files && Files.IsShared)
        {
            FdTable own = Files.Fork();
            Files.Leave();
            Files = own;
        }
    }
}
