using System;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A pipe, terminal or socket that the supervisor inherited as a standard stream. Host calls may block,
/// so they are made outside of any lock, between the stream and the task's scratch memory. O_NONBLOCK is the
/// guest's own: the host's description is shared with whoever started the supervisor, and is left as it
/// is.</summary>
internal sealed unsafe class HostStream(int hostFd, uint type, int flags) : HostOpenFile(hostFd, type, flags)
{
    /// <summary>PIPE_BUF: what a pipe that polls as writable takes without blocking.</summary>
    private const int AtomicWrite = 4096;

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        if (to.Count == 0)
        {
            return SyscallResult.Zero;
        }
        Span<byte> scratch = task.Scratch;
        // Only what can be stored is taken: what is taken is gone from the stream.
        ulong count = to.Accessible(task.Memory, Access.Write, (ulong)scratch.Length);
        if (count == 0)
        {
            return Errno.EFAULT;
        }
        SyscallResult read = TransferHost(POLLIN, scratch[..(int)count]);
        if (read.Failed)
        {
            return read;
        }
        int copied = to.CopyOut(task.Memory, scratch[..(int)read.Raw]);
        return copied == 0 && read.Raw > 0 ? Errno.EFAULT : (long)copied;
    }

    /// <summary>Copies to the scratch memory even what comes from there (sendfile): each piece moves towards the
    /// front, past which the rest lies.</summary>
    public override SyscallResult Write(GuestTask task, ref IovIter from)
    {
        long done = 0;
        while (from.Count > 0)
        {
            Span<byte> piece = IsNonblocking ? task.Scratch.AsSpan(0, AtomicWrite) : task.Scratch;
            int wanted = (int)Math.Min((ulong)piece.Length, from.Count);
            int copied = from.CopyIn(task.Memory, piece);
            // A pipe takes a page as a whole or not at all: what comes before the byte that faults is not sent.
            piece = piece[..(copied < wanted && Type == S_IFIFO ? copied & ~(AtomicWrite - 1) : copied)];
            if (piece.IsEmpty)
            {
                return done > 0 ? done : Errno.EFAULT;
            }
            while (!piece.IsEmpty)
            {
                SyscallResult written = TransferHost(POLLOUT, piece);
                if (written.Failed)
                {
                    return done > 0 ? done : written;
                }
                done += written.Raw;
                piece = piece[(int)written.Raw..];
            }
        }
        return done;
    }

    public override SyscallResult PipeSize => LibC.fcntl(HostFd, F_GETPIPE_SZ);

    public override Errno Sync(bool dataOnly) => (dataOnly ? LibC.fdatasync(HostFd) : LibC.fsync(HostFd)).Error;

    public override Errno Advise(long offset, long length, int advice) => LibC.posix_fadvise(HostFd, offset, length, advice).Error;

    /// <summary>What a terminal or pipe is asked about itself goes through. Nothing that has to do with sessions
    /// and process groups does (the guest has its own, and this is nobody's controlling terminal there), nor
    /// TIOCSTI, which types into the host's terminal.</summary>
    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument)
    {
        switch (request)
        {
            case TCGETS or TCGETS2 or TIOCGWINSZ or TIOCOUTQ or FIONREAD:
                {
                    Span<byte> answer = stackalloc byte[ArgumentSize(request)];
                    SyscallResult result = HostIoctl(request, answer);
                    return result.Failed ? result
                        : task.Memory.CopyOut(new GuestAddress(argument), answer) == answer.Length ? result
                        : Errno.EFAULT;
                }
            case TCSETS or TCSETSW or TCSETSF or TCSETS2 or TCSETSW2 or TCSETSF2 or TIOCSWINSZ:
                {
                    Span<byte> setting = stackalloc byte[ArgumentSize(request)];
                    return task.Memory.CopyIn(new GuestAddress(argument), setting) == setting.Length
                        ? HostIoctl(request, setting)
                        : Errno.EFAULT;
                }
            case TCSBRK or TCSBRKP or TCXONC or TCFLSH:
                return Restartable(LibC.ioctl(HostFd, request, (void*)(argument & uint.MaxValue)));
            default:
                return Errno.ENOTTY;
        }
    }

    /// <summary>The size of the kernel's struct termios, termios2 or winsize, or of an int.</summary>
    private static int ArgumentSize(uint request) => request switch
    {
        TCGETS or TCSETS or TCSETSW or TCSETSF => 36,
        TCGETS2 or TCSETS2 or TCSETSW2 or TCSETSF2 => 44,
        TIOCGWINSZ or TIOCSWINSZ => 8,
        _ => sizeof(int),
    };

    private static SyscallResult Restartable(Result result) =>
        result.Error == Errno.EINTR ? SyscallResult.RestartSys : result;

    private SyscallResult HostIoctl(uint request, Span<byte> argument)
    {
        fixed (byte* at = argument)
        {
            return Restartable(LibC.ioctl(HostFd, request, at));
        }
    }

    /// <summary>One host read (POLLIN) or write (POLLOUT), blocking as the guest's flags say.</summary>
    private SyscallResult TransferHost(short direction, Span<byte> buffer)
    {
        fixed (byte* at = buffer)
        {
            while (true)
            {
                if (IsNonblocking && Poll(direction, timeout: 0).Raw == 0)
                {
                    return Errno.EAGAIN;
                }
                Result result = direction == POLLIN
                    ? LibC.read(HostFd, at, (nuint)buffer.Length)
                    : LibC.write(HostFd, at, (nuint)buffer.Length);
                // EAGAIN for a guest that blocks: somebody else made the host's description non-blocking.
                if (result.Error != Errno.EAGAIN || IsNonblocking)
                {
                    return Restartable(result);
                }
                if (Poll(direction, timeout: -1).Error == Errno.EINTR)
                {
                    return SyscallResult.RestartSys;
                }
            }
        }
    }

    private Result Poll(short events, int timeout)
    {
        pollfd poll = new() { fd = HostFd, events = events };
        return LibC.poll(&poll, 1, timeout);
    }
}
