using System;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A pipe, terminal or socket that the supervisor inherited as a standard stream. No host call on it may
/// block: a task waits for it as for anything else, so that signals end the wait. O_NONBLOCK is the guest's own:
/// the host's description is shared with whoever started the supervisor, and is left as it is. Bytes go through
/// the task's scratch memory.</summary>
internal sealed unsafe class HostStream : HostOpenFile
{
    /// <summary>PIPE_BUF: what a pipe that polls as writable takes without blocking.</summary>
    private const int AtomicWrite = 4096;

    private const uint Watchable = POLLIN | POLLOUT | POLLPRI | POLLRDHUP;

    private readonly WaitQueue _wait = new();

    // The descriptor is on a description of our own, with O_NONBLOCK.
    private readonly bool _ownDescription;

    // RWF_NOWAIT works; where it does not either, poll has to say that a call would not block.
    private bool _noWait = true;

    private HostStream(int hostFd, uint type, int flags, bool ownDescription)
        : base(hostFd, type, flags)
    {
        _ownDescription = ownDescription;
    }

    public override bool CanPoll => true;

    public override bool CanSignal => true;

    /// <summary>What <see cref="HostReadiness"/> knows it by, and watches it for. Host readiness lock.</summary>
    public ulong WatchId { get; set; }

    public uint WatchedEvents { get; set; }

    /// <summary>A stream on <paramref name="hostFd"/>, which it takes over.</summary>
    /// <param name="device">st_rdev.</param>
    public static HostStream Create(int hostFd, uint type, ulong device, int flags)
    {
        // Opened once more, a pipe or terminal can be non-blocking for us alone. A socket cannot be opened; the
        // device of pseudo-terminal masters would give another one.
        const ulong MasterDevice = 0x502;
        Result own = type == S_IFIFO || (type == S_IFCHR && device != MasterDevice && !LibC.isatty(hostFd).Failed)
            ? HostPaths.Reopen(hostFd, (flags & O_ACCMODE) | O_NONBLOCK)
            : new Result(-(long)Errno.ENXIO);
        if (own.Failed)
        {
            return new HostStream(hostFd, type, flags, ownDescription: false);
        }
        _ = LibC.close(hostFd);
        return new HostStream(own.Int, type, flags, ownDescription: true);
    }

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
        SyscallResult read = TransferHost(task, POLLIN, scratch[..(int)count]);
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
            Span<byte> piece = task.Scratch;
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
                SyscallResult written = TransferHost(task, POLLOUT, piece);
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

    public override uint Poll(PollTable? table)
    {
        table?.Add(_wait);
        uint ready = HostPoll(Watchable | PollTable.AlwaysReady | POLLRDBAND | POLLWRBAND);
        if (_wait.HasWaiters && (ready & (POLLERR | POLLHUP)) == 0 && (Watchable & ~ready) is var missing and not 0)
        {
            HostReadiness.Watch(this, missing);
        }
        return ready;
    }

    /// <summary>By <see cref="HostReadiness"/>: the host descriptor became ready.</summary>
    public void Woke(uint events)
    {
        // POLLRDNORM comes with POLLIN, POLLWRNORM with POLLOUT.
        const int NormalShift = 6;
        _wait.Wake(events | ((events & (POLLIN | POLLOUT)) << NormalShift));
    }

    public override SyscallResult PipeSize => LibC.fcntl(HostFd, F_GETPIPE_SZ);

    public override SyscallResult SetPipeSize(GuestTask task, uint size) => LibC.fcntl(HostFd, F_SETPIPE_SZ, (nint)size);

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

    protected override void Close()
    {
        HostReadiness.Forget(this);
        base.Close();
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

    /// <summary>One host read (POLLIN) or write (POLLOUT), which waits as the guest's flags say.</summary>
    private SyscallResult TransferHost(GuestTask task, uint direction, Span<byte> buffer)
    {
        while (true)
        {
            Result result = TransferNow(direction, buffer);
            if (result.Error != Errno.EAGAIN)
            {
                return Restartable(result);
            }
            (HostStream Stream, uint Direction) wait = (this, direction);
            if (IsNonblocking)
            {
                // Who waits for the next event has to hear of it.
                _ = Poll(null);
                return Errno.EAGAIN;
            }
            if (task.Wait(_wait, ref wait, static (ref (HostStream Stream, uint Direction) wait) => wait.Stream.IsReady(wait.Direction), Deadline.Never)
                == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }
    }

    /// <summary>One host read or write that does not block; EAGAIN where it would.</summary>
    private Result TransferNow(uint direction, Span<byte> buffer)
    {
        bool reading = direction == POLLIN;
        fixed (byte* at = buffer)
        {
            if (!_ownDescription && _noWait)
            {
                iovec whole = new() { iov_base = (nuint)at, iov_len = (nuint)buffer.Length };
                Result result = reading
                    ? LibC.preadv2(HostFd, &whole, 1, -1, RWF_NOWAIT)
                    : LibC.pwritev2(HostFd, &whole, 1, -1, RWF_NOWAIT);
                if (result.Error is not (Errno.EOPNOTSUPP or Errno.ENOSYS))
                {
                    return result;
                }
                _noWait = false;
            }
            int count = _ownDescription || reading ? buffer.Length : Math.Min(buffer.Length, AtomicWrite);
            return !_ownDescription && HostPoll(direction) == 0 ? new Result(-(long)Errno.EAGAIN)
                : reading ? LibC.read(HostFd, at, (nuint)count)
                : LibC.write(HostFd, at, (nuint)count);
        }
    }

    private bool IsReady(uint direction)
    {
        if (HostPoll(direction) != 0)
        {
            return true;
        }
        HostReadiness.Watch(this, direction);
        return false;
    }

    private uint HostPoll(uint events)
    {
        pollfd poll = new() { fd = HostFd, events = (short)events };
        return LibC.poll(&poll, 1, 0).Raw > 0 ? (ushort)poll.revents : 0u;
    }
}
