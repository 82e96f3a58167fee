using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Signal actions and masks, waiting for signals, and the way back from a handler.</summary>
internal static unsafe class SignalCalls
{
    /// <summary>The kernel clears flags that it does not know, so that programs can ask.</summary>
    private const ulong KnownFlags = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER
        | SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER;

    public static readonly Syscall[] Calls =
    [
        new(13, "rt_sigaction", &RtSigaction, K.Signal, K.SigAction, K.OutSigAction, K.Size),
        new(14, "rt_sigprocmask", &RtSigprocmask, K.SigHow, K.SigSet, K.OutSigSet, K.Size),
        new(15, "rt_sigreturn", &RtSigreturn),
        new(34, "pause", &Pause),
        new(127, "rt_sigpending", &RtSigpending, K.OutSigSet, K.Size),
        new(128, "rt_sigtimedwait", &RtSigtimedwait, K.SigSet, K.OutSigInfo, K.InTimespec, K.Size),
        new(130, "rt_sigsuspend", &RtSigsuspend, K.SigSet, K.Size),
        new(131, "sigaltstack", &Sigaltstack, K.InStack, K.OutStack),
        new(219, "restart_syscall", &RestartSyscall),
        new(282, "signalfd", &Signalfd, K.Fd, K.SigSet, K.Size),
        new(289, "signalfd4", &Signalfd4, K.Fd, K.SigSet, K.Size, K.SignalFdFlags),
    ];

    private static SyscallResult RtSigaction(GuestTask task, in SyscallArguments arguments)
    {
        int signal = arguments.Int(0);
        if (arguments.ULong(3) != sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        kernel_sigaction action = default;
        bool set = !arguments.Address(1).IsNull;
        if (set && !task.Memory.Read(arguments.Address(1), out action))
        {
            return Errno.EFAULT;
        }

        action.flags &= KnownFlags;
        if (signal is < 1 or > SignalHandlers.Count || (set && signal is SIGKILL or SIGSTOP))
        {
            return Errno.EINVAL;
        }

        kernel_sigaction old = set ? task.Group.Handlers.Exchange(signal, action) : task.Group.Handlers[signal];
        if (set && task.Group.Handlers.Ignores(signal))
        {
            lock (task.Machine.Tasks.Lock)
            {
                SignalSender.DropIgnored(task.Group, signal);
            }
        }

        return arguments.Address(2).IsNull || task.Memory.Write(arguments.Address(2), old) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult RtSigprocmask(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.ULong(3) != sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        ulong old = task.BlockedSignals;
        if (!arguments.Address(1).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(1), out ulong set))
            {
                return Errno.EFAULT;
            }

            ulong? blocked = arguments.Int(0) switch
            {
                SIG_BLOCK => old | set,
                SIG_UNBLOCK => old & ~set,
                SIG_SETMASK => set,
                _ => null,
            };
            if (blocked is null)
            {
                return Errno.EINVAL;
            }

            task.SetBlocked(blocked.Value);
        }

        return arguments.Address(2).IsNull || task.Memory.Write(arguments.Address(2), old) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult RtSigreturn(GuestTask task, in SyscallArguments arguments)
    {
        if (!SignalFrame.Pop(task))
        {
            SignalSender.Force(task, SignalSender.KernelInfo(SIGSEGV));
        }

        return SyscallResult.NoReturn;
    }

    private static SyscallResult Pause(GuestTask task, in SyscallArguments arguments)
    {
        Wait(task);
        return SyscallResult.RestartNoHand;
    }

    private static SyscallResult RtSigsuspend(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.ULong(1) != sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        if (!task.Memory.Read(arguments.Address(0), out ulong mask))
        {
            return Errno.EFAULT;
        }

        task.BeginTemporaryMask(mask);
        Wait(task);
        task.EndTemporaryMask(interrupted: true);
        return SyscallResult.RestartNoHand;
    }

    /// <summary>Until a signal is to be handled.</summary>
    private static void Wait(GuestTask task)
    {
        int nothing = 0;
        task.Wait(task.Group.SignalWait, ref nothing, static (ref int _) => false, Deadline.Never);
    }

    private static SyscallResult RtSigpending(GuestTask task, in SyscallArguments arguments)
    {
        ulong size = arguments.ULong(1);
        if (size > sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        ulong pending;
        lock (task.Group.SignalLock)
        {
            pending = (task.Pending.Set | task.Group.Pending.Set) & task.BlockedSignals;
        }

        return task.Memory.CopyOut(arguments.Address(0), new System.ReadOnlySpan<byte>(&pending, (int)size)) == (int)size ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult RtSigtimedwait(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.ULong(3) != sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        if (!task.Memory.Read(arguments.Address(0), out ulong wanted))
        {
            return Errno.EFAULT;
        }

        Deadline deadline = Deadline.Never;
        if (!arguments.Address(2).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(2), out timespec timeout))
            {
                return Errno.EFAULT;
            }

            if (timeout.tv_sec < 0 || (ulong)timeout.tv_nsec >= Deadline.NanosecondsPerSecond)
            {
                return Errno.EINVAL;
            }

            deadline = Deadline.After(Deadline.ToNanoseconds(timeout));
        }

        WantedSignal signal = new() { Task = task, Wanted = wanted & ~SignalSet.Unblockable };
        WaitResult waited = task.Wait(task.Group.SignalWait, ref signal, static (ref WantedSignal signal) => signal.TryTake(), deadline);
        if (waited != WaitResult.Ready)
        {
            return waited == WaitResult.TimedOut ? Errno.EAGAIN : Errno.EINTR;
        }

        return arguments.Address(1).IsNull || task.Memory.Write(arguments.Address(1), signal.Info) ? signal.Info.si_signo : Errno.EFAULT;
    }

    private static SyscallResult Sigaltstack(GuestTask task, in SyscallArguments arguments)
    {
        stack_t old = task.AlternateStack;
        bool onStack = SignalFrame.IsOn(old, task.Host.Registers.rsp);
        if (!arguments.Address(0).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(0), out stack_t stack))
            {
                return Errno.EFAULT;
            }

            Errno error = SignalFrame.SetAlternateStack(task, stack);
            if (error != Errno.None)
            {
                return error;
            }
        }

        if (arguments.Address(1).IsNull)
        {
            return Errno.None;
        }

        old.ss_flags = (old.ss_flags & unchecked((int)SS_AUTODISARM)) | (old.ss_size == 0 ? SS_DISABLE : onStack ? SS_ONSTACK : 0);
        return task.Memory.Write(arguments.Address(1), old) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult RestartSyscall(GuestTask task, in SyscallArguments arguments)
    {
        RestartBlock block = task.RestartBlock;
        return block.Function == null ? Errno.EINTR : block.Function(task, in block);
    }

    private static SyscallResult Signalfd(GuestTask task, in SyscallArguments arguments)
        => Signalfd(task, arguments.Int(0), arguments.Address(1), arguments.ULong(2), 0);

    private static SyscallResult Signalfd4(GuestTask task, in SyscallArguments arguments)
        => Signalfd(task, arguments.Int(0), arguments.Address(1), arguments.ULong(2), arguments.Int(3));

    private static SyscallResult Signalfd(GuestTask task, int fd, GuestAddress maskAddress, ulong size, int flags)
    {
        if (size != sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        if (!task.Memory.Read(maskAddress, out ulong mask))
        {
            return Errno.EFAULT;
        }

        if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) != 0)
        {
            return Errno.EINVAL;
        }

        if (fd == -1)
        {
            SignalFile created = new(mask, flags);
            int descriptor = task.Files.Add(created, (flags & SFD_CLOEXEC) != 0);
            if (descriptor < 0)
            {
                created.Release();
            }

            return descriptor;
        }

        using FileReference reference = task.Files.Get(fd);
        if (reference.File is not { IsPath: false } file)
        {
            return Errno.EBADF;
        }

        if (file is not SignalFile signals)
        {
            return Errno.EINVAL;
        }

        signals.SetMask(task, mask);
        return fd;
    }
}
