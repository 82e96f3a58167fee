using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>epoll.</summary>
internal static unsafe class EpollCalls
{
    public static readonly Syscall[] Calls =
    [
        new(213, "epoll_create", &Create, K.Int),
        new(232, "epoll_wait", &Wait, K.Fd, K.OutEpollEvents, K.Int, K.Int),
        new(233, "epoll_ctl", &Control, K.Fd, K.EpollOp, K.Fd, K.EpollEvent),
        new(281, "epoll_pwait", &PWait, K.Fd, K.OutEpollEvents, K.Int, K.Int, K.SigSet, K.Size),
        new(291, "epoll_create1", &Create1, K.EpollFlags),
        new(441, "epoll_pwait2", &PWait2, K.Fd, K.OutEpollEvents, K.Int, K.InTimespec, K.SigSet, K.Size),
    ];

    private static readonly int s_maxEvents = int.MaxValue / sizeof(epoll_event);

    private static SyscallResult Create(GuestTask task, in SyscallArguments args) => args.Int(0) <= 0 ? Errno.EINVAL : Create(task, closeOnExec: false);

    private static SyscallResult Create1(GuestTask task, in SyscallArguments args) =>
        (args.Int(0) & ~EPOLL_CLOEXEC) != 0 ? Errno.EINVAL : Create(task, args.Int(0) == EPOLL_CLOEXEC);

    private static SyscallResult Create(GuestTask task, bool closeOnExec)
    {
        Epoll epoll = new();
        int fd = task.Files.Add(epoll, closeOnExec);
        if (fd < 0)
        {
            epoll.Release();
        }
        return (long)fd;
    }

    private static SyscallResult Control(GuestTask task, in SyscallArguments args)
    {
        epoll_event wanted = default;
        if (args.Int(1) != EPOLL_CTL_DEL && !task.Memory.Read(args.Address(3), out wanted))
        {
            return Errno.EFAULT;
        }
        using FileReference epoll = task.Files.Get(args.Int(0));
        using FileReference target = task.Files.Get(args.Int(2));
        return epoll.File is not { IsPath: false } || target.File is not { IsPath: false } file ? Errno.EBADF
            : !file.CanPoll ? Errno.EPERM
            : epoll.File is not Epoll instance ? Errno.EINVAL
            : instance.Control(args.Int(1), file, args.Int(2), wanted);
    }

    private static SyscallResult Wait(GuestTask task, in SyscallArguments args) => Wait(task, args, Timeout(args.Int(3)));

    private static SyscallResult PWait(GuestTask task, in SyscallArguments args) => MaskedWait(task, args, Timeout(args.Int(3)));

    private static SyscallResult PWait2(GuestTask task, in SyscallArguments args)
    {
        Errno error = PollCalls.ReadTimeout(task, args.Address(3), out Deadline deadline);
        return error != Errno.None ? error : MaskedWait(task, args, deadline);
    }

    private static Deadline Timeout(int milliseconds) => milliseconds switch
    {
        < 0 => Deadline.Never,
        0 => default,
        _ => Deadline.After(milliseconds * 1_000_000L),
    };

    private static SyscallResult MaskedWait(GuestTask task, in SyscallArguments args, Deadline deadline)
    {
        Errno error = PollCalls.SetTemporaryMask(task, args.Address(4), args.ULong(5));
        if (error != Errno.None)
        {
            return error;
        }
        SyscallResult result = Wait(task, args, deadline);
        task.EndTemporaryMask(interrupted: result.Error == Errno.EINTR);
        return result;
    }

    private static SyscallResult Wait(GuestTask task, in SyscallArguments args, Deadline deadline)
    {
        int most = args.Int(2);
        if (most <= 0 || most > s_maxEvents)
        {
            return Errno.EINVAL;
        }
        if (!IovIter.IsUserRange(args.Address(1), (ulong)most * (ulong)sizeof(epoll_event)))
        {
            return Errno.EFAULT;
        }
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : file is not Epoll epoll ? Errno.EINVAL
            : epoll.Wait(task, args.Address(1), most, deadline);
    }
}
