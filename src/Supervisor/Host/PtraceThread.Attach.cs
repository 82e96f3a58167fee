using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

// How a host thread comes under this supervisor thread.
internal sealed unsafe partial class PtraceThread
{
    // That of the first child, before any guest ran in it.
    private static byte[] s_initialFpState = [];

    /// <summary>Seizes a fresh child, which has made itself an empty address space, from the thread that is to
    /// trace it.</summary>
    /// <param name="failure">Why not, for a person.</param>
    public static PtraceThread? Attach(HostChild child, out string? failure)
    {
        PtraceThread thread = new(child, child.Pid);
        Result seized = LibC.ptrace(PTRACE_SEIZE, child.Pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
        if (seized.Failed)
        {
            failure = seized.Error == Errno.EPERM
                ? "ptrace is not permitted here (EPERM): see umlhost doctor"
                : $"PTRACE_SEIZE: {seized.Error}";
            child.Kill();
            return null;
        }

        child.Go();
        if (!thread.Wait(out int status))
        {
            failure = WIFEXITED(status) ? StubLayout.ExitReason(WEXITSTATUS(status)) : $"the stub executable died of signal {WTERMSIG(status)}";
            return null;
        }

        thread._registers = InitialRegisters;
        thread._writeBack = WriteBack.All;
        if (s_initialFpState.Length == 0)
        {
            byte[] state = new byte[MaxFpState];
            thread.GetFpState(state);
            s_initialFpState = state[..thread.FpStateSize];
        }

        failure = null;
        return thread;
    }

    /// <summary>Takes over a parked thread of a child (<see cref="HostChild.TakeParked"/>, or one that
    /// <see cref="Clone"/> made): the calling supervisor thread traces it from now on.</summary>
    public static PtraceThread? Adopt(HostChild child, int tid, out string? failure)
    {
        PtraceThread thread = new(child, tid);
        Result seized = LibC.ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
        if (!seized.Failed)
        {
            seized = LibC.ptrace(PTRACE_INTERRUPT, tid);
        }

        if (seized.Failed || !thread.Wait(out _))
        {
            failure = $"a host thread could not be seized: {seized}";
            return null;
        }

        // The signal stack is each host thread's own affair.
        thread._registers = InitialRegisters;
        HostOp signalStack = new() { Number = SYS_sigaltstack, A0 = child.Stub.SignalStack };
        failure = thread.Run(new ReadOnlySpan<HostOp>(ref signalStack))?.ToString();
        thread._registers = InitialRegisters;
        return failure is null ? thread : null;
    }

    /// <summary>Makes another thread in the child, parked.</summary>
    /// <returns>Its host thread id, or the error.</returns>
    public Result Clone()
    {
        const ulong Flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_UNTRACED;
        lock (_child.StubLock)
        {
            *_child.BatchPage = new HostOp { Number = SYS_clone, A0 = Flags };
            RunBatch(_child.Stub.Clone, out string? died);
            if (died is not null)
            {
                return new Result(-(long)Errno.ESRCH);
            }

            ulong rax;
            LibC.ptrace(PTRACE_PEEKUSER, _tid, USER_RAX, (nuint)(&rax));
            return new Result((long)rax);
        }
    }

    /// <summary>Lets go of the host thread: it waits, untraced, to be adopted again or to die with its process.
    /// Nothing else can be done with this object then.</summary>
    /// <returns>False if the thread is gone, or not at a stop any more.</returns>
    public bool Park()
    {
        user_regs_struct registers = InitialRegisters;
        registers.rip = _child.Stub.Park;
        if ((_cpuidFaults && SetCpuidFaults(false).Failed)
            || SetRegisters(ref registers).Failed || LibC.ptrace(PTRACE_DETACH, _tid).Failed)
        {
            return false;
        }

        _child.AddParked(_tid);
        return true;
    }

    /// <summary>Makes the stopped host thread ready for another guest, under the same supervisor thread.</summary>
    /// <returns>False if the thread is gone.</returns>
    public bool TryKeep()
    {
        if (_cpuidFaults && SetCpuidFaults(false).Failed)
        {
            return false;
        }

        _registers = InitialRegisters;
        _writeBack = WriteBack.All;
        _interruptPending = false;
        Counters.Clear();
        return !SetRegisters(ref _registers).Failed;
    }

    /// <summary>Registers, FP state and cpuid as a new program finds them.</summary>
    public void ResetRegisters()
    {
        if (_cpuidFaults)
        {
            _ = SetCpuidFaults(false);
        }

        _registers = InitialRegisters;
        _writeBack = WriteBack.All;
        SetFpState(s_initialFpState);
    }

    private static user_regs_struct InitialRegisters => new()
    {
        cs = UserCodeSegment,
        ss = UserStackSegment,
        eflags = 0x202,
        orig_rax = ulong.MaxValue,
    };
}
