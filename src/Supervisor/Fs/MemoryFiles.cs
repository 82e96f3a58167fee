using UmlHost.Kernel;
using UmlHost.Memory;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Files in memory that are in no tree: those of memfd_create. They lie in a tmpfs that is mounted nowhere.
/// </summary>
internal sealed class MemoryFiles
{
    private readonly TmpfsFileSystem _fileSystem;
    private readonly Mount _mount;

    public MemoryFiles(FrameAllocator frames)
    {
        _fileSystem = new TmpfsFileSystem(frames, 0);
        _mount = new Mount(0, _fileSystem, _fileSystem.Root, MountFlags.NoSuid | MountFlags.NoDev);
    }

    /// <summary>memfd_create.</summary>
    /// <param name="name">As /proc shows it, with its "memfd:".</param>
    /// <param name="flags">MFD_*.</param>
    public OpenFile Create(GuestTask task, byte[] name, uint flags)
    {
        uint mode = (flags & MFD_NOEXEC_SEAL) != 0 ? 0x1b6u : 0x1ffu;
        TmpfsRegular inode = _fileSystem.NewRegular(mode, task.Credentials.FileUid, task.Credentials.FileGid);
        inode.AllowSealing((flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL)) != 0);
        _ = inode.TryBeginWrite();
        return new TmpfsFile(inode, O_RDWR | O_LARGEFILE)
            .Attach(new VfsPath(_mount, Dentry.NewNameless(_fileSystem.Root, name, inode)), inode);
    }
}
