using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Syscalls;

namespace UmlHost.Traps;

/// <summary>The life of a guest thread, on the supervisor thread that traces it: bring the host child up to
/// date, let the guest run, deal with what stopped it.</summary>
internal static unsafe class TaskLoop
{
    /// <summary>Runs a task to its end.</summary>
    public static void Run(GuestTask task)
    {
        GuestTask.Current = task;
        while (!task.IsExiting)
        {
            // Another one after execve.
            IHostThread host = task.Host;
            if (task.Memory.Sync(host) is { } failure)
            {
                task.Machine.HostFailed(task, failure.ToString());
                return;
            }

            if (!task.EnterGuest())
            {
                SignalDelivery.Attend(task);
                continue;
            }

            TrapKind trap = host.Resume();
            task.LeaveGuest();
            switch (trap)
            {
                case TrapKind.Syscall:
                    Dispatch(task, ref host.Registers);
                    break;
                case TrapKind.Exception:
                    Exceptions.Handle(task);
                    break;
                case TrapKind.ForeignSyscall:
                case TrapKind.Filtered:
                    RefuseForeign(task);
                    break;
                case TrapKind.Interrupted:
                    break;
                case TrapKind.Died:
                    task.Machine.HostFailed(task, "the host child died");
                    return;
            }
        }
    }

    private static void Dispatch(GuestTask task, ref user_regs_struct registers)
    {
        SyscallArguments arguments = new(registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9);

        // The kernel takes the low 32 bits as a signed number: what is above them does not count, and negative
        // ones are no calls.
        uint number = (uint)registers.orig_rax;
        task.Machine.SyscallCounts.Add(number);
        if (task.Trace is not null)
        {
            TraceAndDispatch(task, number, in arguments);
            return;
        }

        SyscallResult result = SyscallTable.Handler(number)(task, in arguments);
        Finish(task, number, result);
    }

    private static void Finish(GuestTask task, ulong number, SyscallResult result)
    {
        if (FileOwner.IsDue)
        {
            FileOwner.SendDue();
        }

        if (result.Failed)
        {
            task.Machine.SyscallCounts.AddError(number);
        }

        if (result.Outcome != SyscallOutcome.NoReturn)
        {
            task.Host.SetResult(result.Raw);
        }

        if (result.Outcome >= SyscallOutcome.RestartSys)
        {
            task.Interrupted = result.Outcome;
            task.InterruptedCall = (uint)number;
            SignalDelivery.Attend(task);
        }
    }

    private static void TraceAndDispatch(GuestTask task, uint number, in SyscallArguments arguments)
    {
        Syscall call = SyscallTable.Find(number) ?? Syscall.Unknown(number);
        task.Trace!.Enter(task, call, in arguments);
        SyscallResult result = SyscallTable.Handler(number)(task, in arguments);
        task.Trace!.Exit(task, call, in arguments, result);
        Finish(task, number, result);
    }

    /// <summary>int 0x80 and sysenter number their calls as 32-bit Linux does: never dispatched by number.</summary>
    private static void RefuseForeign(GuestTask task)
    {
        task.Machine.ForeignSyscallRefused();
        task.Host.SetResult(-(long)Errno.ENOSYS);
    }
}
