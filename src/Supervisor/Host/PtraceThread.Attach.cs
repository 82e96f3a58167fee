using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

// How a host thread comes under this supervisor thread.
internal sealed unsafe partial class PtraceThread
{
    // Data that the start operations point to, in the batch page behind them.
    private const int AuxOffset = 0x800;

    private const uint SECCOMP_SET_MODE_FILTER = 1;

    /// <summary>Seizes a fresh child from the thread that is to trace it, and makes it an empty address space:
    /// its own program unmapped, signal handlers and seccomp filter set.</summary>
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

        thread.ReadRegisters();
        thread._writeBack = WriteBack.All;
        HostOpFailure? refused = thread.RunStartOps();
        if (refused is not null)
        {
            failure = refused.ToString();
            child.Kill();
            return null;
        }

        thread._registers = new user_regs_struct
        {
            cs = UserCodeSegment,
            ss = 0x2b,
            eflags = 0x202,
            orig_rax = ulong.MaxValue,
        };
        failure = null;
        return thread;
    }

    private HostOpFailure? RunStartOps()
    {
        HostOps ops = new();
        byte* aux = (byte*)_child.BatchPage + AuxOffset;
        const ulong AuxAddress = StubLayout.Batch + AuxOffset;
        new Span<byte>(aux, (int)StubLayout.PageSize - AuxOffset).Clear();

        // Everything but the stub goes: the program it started as, its stack, the host's vDSO.
        ops.Unmap(new Abi.GuestAddress(StubLayout.End), Abi.GuestAddress.TaskSize.Value - StubLayout.End);

        stack_t* stack = (stack_t*)aux;
        stack->ss_sp = StubLayout.SignalStack;
        stack->ss_size = StubLayout.SignalStackSize;
        ops.Call(SYS_sigaltstack, AuxAddress);

        kernel_sigaction* action = (kernel_sigaction*)(aux + 64);
        action->handler = _child.Stub.FaultHandler;
        action->restorer = _child.Stub.Restorer;
        action->flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER;
        foreach (int signal in (ReadOnlySpan<int>)[SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP])
        {
            ops.Call(SYS_rt_sigaction, (ulong)signal, AuxAddress + 64, 0, sizeof(ulong));
        }

        ops.Call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);

        // struct sock_fprog
        *(ushort*)(aux + 128) = (ushort)_child.Stub.FilterLength;
        *(ulong*)(aux + 136) = _child.Stub.Filter;
        ops.Call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, AuxAddress + 128);
        return Run(ops.Span);
    }
}
