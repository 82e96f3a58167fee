using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open file without a name in any file system.</summary>
internal abstract class PseudoFile(PseudoInode inode, int flags) : OpenFile(flags)
{
    public override uint Type => inode.Type;

    public override Errno Stat(out stat status)
    {
        status = inode.Stat();
        return Errno.None;
    }

    public override Errno Statx(uint flags, uint mask, out statx status)
    {
        status = inode.Statx();
        return Errno.None;
    }

    public override Errno StatFs(out statfs status)
    {
        status = inode.StatFs();
        return Errno.None;
    }

    public override Errno CheckAccess(Kernel.Credentials who, int mode) => (mode & X_OK) != 0 ? Errno.EACCES : Errno.None;

    public override Errno SetMode(uint mode) => inode.SetMode(mode);

    public override Errno SetOwner(uint user, uint group) => inode.SetOwner(user, group);

    public override Errno SetTimes(in timespec accessed, in timespec modified) => inode.SetTimes(accessed, modified);
}

/// <summary>A file on the anonymous inode: eventfd, epoll, signalfd, timerfd, pidfd.</summary>
internal abstract class AnonymousFile(int flags) : PseudoFile(PseudoInode.Anonymous, flags)
{
    /// <summary>As /proc/self/fd shows it: "anon_inode:[eventfd]".</summary>
    protected abstract ReadOnlySpan<byte> Name { get; }

    public sealed override Result Describe(Kernel.GuestTask task, Span<byte> text)
    {
        ReadOnlySpan<byte> name = Name[..Math.Min(Name.Length, text.Length)];
        name.CopyTo(text);
        return new Result(name.Length);
    }

    /// <summary>Succeeds and changes nothing, wherever to.</summary>
    public override Syscalls.SyscallResult Seek(long offset, int whence) => Syscalls.SyscallResult.Zero;
}
