using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A process as a file descriptor (pidfd_open, CLONE_PIDFD): readable once the process has ended.</summary>
internal sealed class PidFd(ThreadGroup group, int flags) : OpenFile(O_RDWR | (flags & PIDFD_NONBLOCK))
{
    private const uint Mode = S_IRUSR | S_IWUSR | S_IXUSR;

    public ThreadGroup Group { get; } = group;

    public override Result Describe(GuestTask task, System.Span<byte> text)
    {
        System.ReadOnlySpan<byte> name = "anon_inode:[pidfd]"u8;
        name = name[..int.Min(name.Length, text.Length)];
        name.CopyTo(text);
        return new Result(name.Length);
    }

    public override void DescribeMore(TextBuffer text)
    {
        int pid = Group.IsReaped ? -1 : Group.Tgid;
        text.Append("Pid:\t"u8).Append(pid).Append("\nNSpid:\t"u8).Append(pid).Append("\n"u8);
    }

    public override bool CanPoll => true;

    public static Errno Find(GuestTask task, int fd, out ThreadGroup? group) => Find(task, fd, out group, out _);

    /// <summary>EBADF where there is no open pidfd.</summary>
    /// <param name="nonblocking">Waiting on it is to fail with EAGAIN.</param>
    public static Errno Find(GuestTask task, int fd, out ThreadGroup? group, out bool nonblocking)
    {
        using FileReference reference = task.Files.Get(fd);
        PidFd? file = reference.File as PidFd;
        group = file?.Group;
        nonblocking = file is { IsNonblocking: true };
        return group is null ? Errno.EBADF : Errno.None;
    }

    public override uint Poll(PollTable? table)
    {
        table?.Add(Group.ExitWait);
        return Group.IsReaped ? POLLIN | POLLRDNORM | POLLHUP : Group.IsZombie ? (uint)(POLLIN | POLLRDNORM) : 0;
    }

    public override Errno Stat(out stat status)
    {
        status = new stat { st_mode = Mode, st_nlink = 1, st_ino = Group.Serial, st_blksize = 4096 };
        return Errno.None;
    }

    public override Errno Statx(uint flags, uint mask, out statx status)
    {
        status = new statx { stx_mode = (ushort)Mode, stx_nlink = 1, stx_ino = Group.Serial, stx_blksize = 4096, stx_mask = STATX_BASIC_STATS };
        return Errno.None;
    }

    public override Errno StatFs(out statfs status)
    {
        status = new statfs { f_type = 0x50494446, f_bsize = 4096, f_namelen = 255 };
        return Errno.None;
    }

    public override Errno CheckAccess(Credentials who, int mode) => Errno.None;

    public override Errno Truncate(GuestTask task, long length) => Errno.EOPNOTSUPP;

    public override Errno SetMode(uint mode) => Errno.EOPNOTSUPP;

    public override Errno SetOwner(uint user, uint group) => Errno.EOPNOTSUPP;

    protected override void Close()
    {
    }
}
