using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Signal actions and masks.</summary>
internal static unsafe class SignalCalls
{
    private const int MinSignalStackSize = 2048;
    private const int AutoDisarm = unchecked((int)SS_AUTODISARM);

    /// <summary>The kernel clears flags that it does not know, so that programs can ask.</summary>
    private const ulong KnownFlags = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER
        | SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER;

    public static readonly Syscall[] Calls =
    [
        new(13, "rt_sigaction", &RtSigaction, K.Signal, K.SigAction, K.OutSigAction, K.Size),
        new(14, "rt_sigprocmask", &RtSigprocmask, K.SigHow, K.SigSet, K.OutSigSet, K.Size),
        new(131, "sigaltstack", &Sigaltstack, K.InStack, K.OutStack),
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

            task.BlockedSignals = blocked.Value & ~SignalHandlers.Unblockable;
        }

        return arguments.Address(2).IsNull || task.Memory.Write(arguments.Address(2), old) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult Sigaltstack(GuestTask task, in SyscallArguments arguments)
    {
        stack_t old = task.AlternateStack;
        ulong sp = task.Host.Registers.rsp;
        bool onStack = old.ss_size != 0 && sp - old.ss_sp - 1 < old.ss_size;
        if (!arguments.Address(0).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(0), out stack_t stack))
            {
                return Errno.EFAULT;
            }

            if (onStack)
            {
                return Errno.EPERM;
            }

            int mode = stack.ss_flags & ~AutoDisarm;
            if (mode is not (SS_DISABLE or SS_ONSTACK or 0))
            {
                return Errno.EINVAL;
            }

            if (mode == SS_DISABLE)
            {
                stack = new stack_t { ss_flags = stack.ss_flags };
            }
            else if (stack.ss_size < MinSignalStackSize)
            {
                return Errno.ENOMEM;
            }

            task.AlternateStack = stack;
        }

        if (arguments.Address(1).IsNull)
        {
            return Errno.None;
        }

        old.ss_flags = (old.ss_flags & AutoDisarm) | (old.ss_size == 0 ? SS_DISABLE : onStack ? SS_ONSTACK : 0);
        return task.Memory.Write(arguments.Address(1), old) ? Errno.None : Errno.EFAULT;
    }
}
