using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

namespace UmlHost.Trace;

/// <summary>Shows system calls, signals and exits the way <c>strace -f</c> does: <c>pid name(args) = result</c>.
/// Methods are called on the task's own thread; reading guest memory may fault pages in.</summary>
internal sealed class SyscallTrace(TraceWriter writer, TraceFilter filter)
{
    /// <summary>A call begins: before its handler runs. For a number without a declaration pass
    /// <see cref="Syscall.Unknown"/>, here and at the exit.</summary>
    public void Enter(GuestTask task, Syscall call, in SyscallArguments args) => Enter(task.Tid, task.Memory, call, in args);

    /// <summary>A call returned: before its result reaches the guest. A successful execve is shown by this, with
    /// the new memory, as it is by Linux; <see cref="SyscallOutcome.NoReturn"/> of any other call is "?".</summary>
    public void Exit(GuestTask task, Syscall call, in SyscallArguments args, SyscallResult result) =>
        Exit(task.Tid, task.Memory, call, in args, result);

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
