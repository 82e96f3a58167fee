using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>How signals reach a task: taken from the queues on the task's own thread, before the guest runs on.
/// </summary>
internal static class SignalDelivery
{
    private const int SyscallInstructionSize = 2;
    private const int RestartSyscall = 219;

    /// <summary>Somebody wanted this task's attention, or a signal ended its system call: deals with every signal
    /// that waits, then makes the guest repeat the call if Linux would.</summary>
    public static void Attend(GuestTask task)
    {
        task.ClearAttention();
        ThreadGroup group = task.Group;
        while (!task.IsExiting)
        {
            int signal = 0;
            int continues;
            siginfo_t info = default;
            kernel_sigaction action = default;
            bool stop;
            lock (group.SignalLock)
            {
                continues = group.Continues;
                stop = task.MustStop;
                if (!stop && TryTake(task, ~task.BlockedSignals, out info))
                {
                    signal = info.si_signo;
                    action = group.Handlers.Take(signal);
                }
            }

            if (stop)
            {
                JobControl.Join(task);
            }
            else if (signal == 0)
            {
                break;
            }
            else
            {
                Act(task, info, action, continues);
            }
        }

        if (!task.IsExiting)
        {
            ResolveInterrupted(task, handled: false, 0);
            task.RestoreMask();
        }
    }

    /// <summary>Takes the next of <paramref name="wanted"/> out of the queues, the thread's own first. Sighand lock.
    /// </summary>
    public static bool TryTake(GuestTask task, ulong wanted, out siginfo_t info)
    {
        SignalQueue queue = task.Pending;
        int signal = queue.Next(wanted);
        if (signal == 0)
        {
            queue = task.Group.Pending;
            signal = queue.Next(wanted);
            if (signal == 0)
            {
                info = default;
                return false;
            }
        }

        queue.Take(signal, task.Group.SignalPool, out info);
        if (info.si_code == SI_TIMER)
        {
            task.Group.TimerSignalTaken(ref info);
        }

        return true;
    }

    private static void Act(GuestTask task, in siginfo_t info, in kernel_sigaction action, int continues)
    {
        int signal = info.si_signo;
        task.Trace?.Signal(task, info);
        if (action.handler == SignalHandlers.SIG_IGN || (action.handler == SignalHandlers.SIG_DFL && SignalSet.Ignore.Has(signal)))
        {
            return;
        }

        task.Machine.Delivered();
        if (action.handler != SignalHandlers.SIG_DFL)
        {
            CallHandler(task, info, action);
        }
        else if (SignalSet.Stop.Has(signal))
        {
            JobControl.Stop(task, signal, continues);
        }
        else
        {
            // Of those that dump core too: no core is written, and so the status does not tell of one.
            task.Group.Exit(signal);
        }
    }

    private static void CallHandler(GuestTask task, in siginfo_t info, in kernel_sigaction action)
    {
        ResolveInterrupted(task, handled: true, action.flags);
        task.Host.LeaveHostVdso();
        if (SignalFrame.Push(task, info, action, task.FrameMask))
        {
            task.ForgetSavedMask();
            ulong own = (action.flags & SA_NODEFER) == 0 ? SignalSet.Of(info.si_signo) : 0;
            task.SetBlocked(task.BlockedSignals | action.mask | own);
        }
        else if (info.si_signo == SIGSEGV)
        {
            task.Group.Exit(SIGSEGV);
        }
        else
        {
            SignalSender.Force(task, SignalSender.KernelInfo(SIGSEGV));
        }
    }

    /// <summary>Decides how the guest goes on after a call that a signal ended: it has EINTR already, or runs the
    /// call again. What is decided stays.</summary>
    private static void ResolveInterrupted(GuestTask task, bool handled, ulong flags)
    {
        SyscallOutcome outcome = task.Interrupted;
        if (outcome == SyscallOutcome.Return)
        {
            return;
        }

        task.Interrupted = SyscallOutcome.Return;
        bool repeat = outcome == SyscallOutcome.RestartNoIntr || !handled || (outcome == SyscallOutcome.RestartSys && (flags & SA_RESTART) != 0);
        if (repeat)
        {
            ref user_regs_struct registers = ref task.Host.Registers;
            registers.rip -= SyscallInstructionSize;
            registers.rax = outcome == SyscallOutcome.RestartBlock ? RestartSyscall : task.InterruptedCall;
            task.Host.RegistersChanged();
        }
    }
}
