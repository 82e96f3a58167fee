using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

namespace UmlHost.Traps;

/// <summary>The life of a guest thread, on the supervisor thread that traces it: bring the host child up to
/// date, let the guest run, deal with what stopped it.</summary>
internal static unsafe class TaskLoop
{
    /// <summary>Runs a task to its end.</summary>
    public static void Run(GuestTask task)
    {
        IHostThread host = task.Host;
        while (!task.IsExiting)
        {
            if (task.Memory.Sync(host) is { } failure)
            {
                task.Machine.HostFailed(task, failure.ToString());
                return;
            }

            switch (host.Resume())
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
        ulong number = registers.orig_rax;
        task.Machine.SyscallCounts.Add(number);
        if (task.Trace is not null)
        {
            TraceAndDispatch(task, number, in arguments);
            return;
        }

        SyscallResult result = SyscallTable.Handler(number)(task, in arguments);
        Finish(task, result);
    }

    private static void Finish(GuestTask task, SyscallResult result)
    {
        if (result.Outcome != SyscallOutcome.NoReturn)
        {
            task.Host.SetResult(result.Raw);
        }
    }

    private static void TraceAndDispatch(GuestTask task, ulong number, in SyscallArguments arguments)
    {
        Syscall? call = SyscallTable.Find(number);
        if (call is not null)
        {
            task.Trace!.Enter(task, call, in arguments);
        }

        SyscallResult result = SyscallTable.Handler(number)(task, in arguments);
        if (call is not null)
        {
            task.Trace!.Exit(task, call, in arguments, result);
        }

        Finish(task, result);
    }

    /// <summary>int 0x80 and sysenter number their calls as 32-bit Linux does: never dispatched by number.</summary>
    private static void RefuseForeign(GuestTask task)
    {
        task.Machine.ForeignSyscallRefused();
        task.Host.SetResult(-(long)Errno.ENOSYS);
    }
}
