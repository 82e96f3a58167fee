using UmlHost.Kernel;
using UmlHost.Native;

namespace UmlHost.Fs;

/// <summary>What /proc/self/fd leads to for a file that has no inode in any tree: opening it opens the same device or pipe
/// once more.</summary>
internal class LooseInode(OpenFile file, Pipe? pipe = null) : Inode(HostFileSystem.Nowhere, file.Type)
{
    public override ulong Number => Stat(out stat status) == Errno.None ? status.st_ino : 0;

    public override ulong DeviceNumber => Stat(out stat status) == Errno.None ? status.st_rdev : 0;

    public override Ownership Ownership => Stat(out stat status) == Errno.None ? new Ownership(status.st_mode, status.st_uid, status.st_gid) : default;

    public override Errno Stat(out stat status) => file.Stat(out status);

    public override Pipe Fifo(Credentials owner) => pipe ?? base.Fifo(owner);
}
