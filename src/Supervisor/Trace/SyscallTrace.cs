using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

namespace UmlHost.Trace;

/// <summary>Shows system calls, signals and exits the way <c>strace -f</c> does: <c>pid name(args) = result</c>.
/// Methods are called on the task's own thread; reading guest memory may fault pages in.</summary>
internal sealed class SyscallTrace(TraceWriter writer, TraceFilter filter)
{
    private const int RtSigreturn = 15;
    private const int Execve = 59;

    /// <summary>A call begins: before its handler runs. For a number without a declaration pass
    /// <see cref="Syscall.Unknown"/>, here and at the exit.</summary>
    public void Enter(GuestTask task, Syscall call, in SyscallArguments args)
    {
        // What rt_sigreturn takes is the frame on the stack.
        SyscallArguments shown = call.Number == RtSigreturn ? new SyscallArguments(task.Host.Registers.rsp, 0, 0, 0, 0, 0) : args;
        Enter(task.Tid, task.Memory, call, in shown);
    }

    /// <summary>A call returned: before its result reaches the guest. A successful execve is shown by this, with
    /// the new memory, as it is by Linux; <see cref="SyscallOutcome.NoReturn"/> of any other call is "?".</summary>
    public void Exit(GuestTask task, Syscall call, in SyscallArguments args, SyscallResult result)
    {
        if (call.Number == RtSigreturn)
        {
            // What the interrupted code finds in rax.
            result = (long)task.Host.Registers.rax;
        }

        Exit(task.Tid, task.Memory, call, in args, result);
    }

    /// <summary>The first program begins: shown as the execve that made it.</summary>
    public void Started(GuestTask task)
    {
        const ulong Word = sizeof(ulong);

        // The words of a new program's stack: count and addresses of arguments, of the environment, auxiliary vector.
        ulong arguments = task.Host.Registers.rsp + Word;
        ulong environment = arguments;
        while (task.Memory.Read(new GuestAddress(environment), out ulong word) && word != 0)
        {
            environment += Word;
        }

        environment += Word;
        ulong auxiliary = environment;
        while (task.Memory.Read(new GuestAddress(auxiliary), out ulong word) && word != 0)
        {
            auxiliary += Word;
        }

        auxiliary += Word;
        Elf64_auxv_t entry;
        while (task.Memory.Read(new GuestAddress(auxiliary), out entry) && entry.a_type is not (Linux.AT_EXECFN or 0))
        {
            auxiliary += 2 * Word;
        }

        Syscall execve = SyscallTable.Find(Execve)!;
        SyscallArguments args = new(entry.a_type == 0 ? 0 : entry.a_val, arguments, environment, 0, 0, 0);
        Enter(task.Tid, task.Memory, execve, in args);
        Exit(task.Tid, task.Memory, execve, in args, SyscallResult.Zero);
    }

    /// <summary>The task stands still, with its whole process, because of a signal that was shown before.</summary>
    public void Stopped(GuestTask task, int signal) => writer.Line(task.Tid, TraceText.Stop(signal));

    /// <summary>A signal is delivered to the task (or stops or kills it).</summary>
    public void Signal(GuestTask task, in siginfo_t info) => Signal(task.Tid, task.Memory, in info);

    /// <summary>The task ended. A call that it was in is shown without a result.</summary>
    /// <param name="waitStatus">In wait4's encoding, as it would be for a process of one thread.</param>
    public void Exited(GuestTask task, int waitStatus) => Exited(task.Tid, waitStatus);

    /// <summary>Shows the beginning of a call that is still running; see <see cref="TraceWriter.Flush"/>.</summary>
    public void Flush() => writer.Flush();

    internal void Enter(int tid, IGuestMemoryReader memory, Syscall call, in SyscallArguments args)
    {
        if (filter.Shows(call))
        {
            writer.Begin(tid, call.Name, new TraceText(memory).Entry(call, in args).ToString());
        }
    }

    internal void Exit(int tid, IGuestMemoryReader memory, Syscall call, in SyscallArguments args, SyscallResult result)
    {
        if (filter.Shows(call))
        {
            writer.End(tid, new TraceText(memory).Exit(call, in args, result).ToString());
        }
    }

    internal void Signal(int tid, IGuestMemoryReader memory, in siginfo_t info) =>
        writer.Line(tid, new TraceText(memory).Delivery(in info).ToString());

    internal void Exited(int tid, int waitStatus) => writer.Ended(tid, TraceText.Ending(waitStatus));
}
