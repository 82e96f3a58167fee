using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

namespace UmlHost.Trace;

/// <summary>Placeholder until the trace lands.</summary>
internal abstract class SyscallTrace
{
    public abstract void Enter(GuestTask task, Syscall call, in SyscallArguments arguments);

    public abstract void Exit(GuestTask task, Syscall call, in SyscallArguments arguments, SyscallResult result);

    public abstract void Signal(GuestTask task, in siginfo_t info);

    public abstract void Exited(GuestTask task, int status);
}
