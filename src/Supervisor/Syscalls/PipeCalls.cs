using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Making pipes and eventfds.</summary>
internal static unsafe class PipeCalls
{
    public static readonly Syscall[] Calls =
    [
        new(22, "pipe", &MakePipe, ArgumentKind.OutIntPair),
        new(284, "eventfd", &MakeEventFd, ArgumentKind.UInt),
        new(290, "eventfd2", &EventFd2, ArgumentKind.UInt, ArgumentKind.EventFdFlags),
        new(293, "pipe2", &Pipe2, ArgumentKind.OutIntPair, ArgumentKind.FdFlags)
        {
            Support = Support.Partial,
            Caveat = "O_NOTIFICATION_PIPE gives ENOPKG",
        },
    ];

    private static SyscallResult MakePipe(GuestTask task, in SyscallArguments args) => MakePipe(task, args.Address(0), 0);

    private static SyscallResult Pipe2(GuestTask task, in SyscallArguments args)
    {
        int flags = args.Int(1);
        return (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_EXCL)) != 0 ? Errno.EINVAL
            : (flags & O_EXCL) != 0 ? Errno.ENOPKG
            : MakePipe(task, args.Address(0), flags);
    }

    private static SyscallResult MakePipe(GuestTask task, GuestAddress pair, int flags)
    {
        bool closeOnExec = (flags & O_CLOEXEC) != 0;
        int* fds = stackalloc int[2];
        fds[0] = task.Files.Reserve(closeOnExec);
        if (fds[0] < 0)
        {
            return (long)fds[0];
        }
        fds[1] = task.Files.Reserve(closeOnExec);
        if (fds[1] < 0 || !task.Memory.Write(pair, *(ulong*)fds))
        {
            task.Files.Unreserve(fds[0]);
            if (fds[1] < 0)
            {
                return (long)fds[1];
            }
            task.Files.Unreserve(fds[1]);
            return Errno.EFAULT;
        }
        Pipe pipe = new(PseudoInode.Pipe(task.Credentials));
        task.Files.Install(fds[0], new PipeFile(pipe, O_RDONLY | (flags & O_NONBLOCK)));
        task.Files.Install(fds[1], new PipeFile(pipe, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT))));
        return SyscallResult.Zero;
    }

    private static SyscallResult MakeEventFd(GuestTask task, in SyscallArguments args) => MakeEventFd(task, args.UInt(0), 0);

    private static SyscallResult EventFd2(GuestTask task, in SyscallArguments args) =>
        (args.Int(1) & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) != 0 ? Errno.EINVAL : MakeEventFd(task, args.UInt(0), args.Int(1));

    private static SyscallResult MakeEventFd(GuestTask task, uint count, int flags)
    {
        EventFd file = new(count, (flags & EFD_SEMAPHORE) != 0, O_RDWR | (flags & O_NONBLOCK));
        int fd = task.Files.Add(file, (flags & EFD_CLOEXEC) != 0);
        if (fd < 0)
        {
            file.Release();
        }
        return (long)fd;
    }
}
