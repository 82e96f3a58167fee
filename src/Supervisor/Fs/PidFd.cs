using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A process as a file descriptor (pidfd_open, CLONE_PIDFD): readable once the process has ended.</summary>
internal sealed class PidFd(ThreadGroup group, int flags) : OpenFile(O_RDWR | (flags & O_NONBLOCK))
{
    public ThreadGroup Group { get; } = group;

    public static Errno Find(GuestTask task, int fd, out ThreadGroup? group)
    {
        using FileReference reference = task.Files.Get(fd);
        group = (reference.File as PidFd)?.Group;
        return group is null ? Errno.EBADF : Errno.None;
    }

    public override Errno Stat(out stat status)
    {
        status = new stat { st_mode = S_IRUSR | S_IWUSR, st_nlink = 1, st_blksize = 4096 };
        return Errno.None;
    }

    public override Errno Statx(uint flags, uint mask, out statx status)
    {
        status = new statx { stx_mode = S_IRUSR | S_IWUSR, stx_nlink = 1, stx_blksize = 4096, stx_mask = STATX_BASIC_STATS };
        return Errno.None;
    }

    public override Errno StatFs(out statfs status)
    {
        status = new statfs { f_type = 0x50494446, f_bsize = 4096, f_namelen = 255 };
        return Errno.None;
    }

    public override Errno CheckAccess(int mode, bool effective) => Errno.None;

    protected override void Close()
    {
    }
}
