using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

// What the supervisor has the child do through the stub page: batches of operations, and the fault handler.
internal sealed unsafe partial class PtraceThread
{
    public HostOpFailure? Run(ReadOnlySpan<HostOp> ops)
    {
        lock (_child.StubLock)
        {
            return RunLocked(ops);
        }
    }

    private HostOpFailure? RunLocked(ReadOnlySpan<HostOp> ops)
    {
        for (int done = 0; done < ops.Length;)
        {
            int count = Math.Min(ops.Length - done, StubLayout.BatchOps);
            ops.Slice(done, count).CopyTo(new Span<HostOp>(_child.BatchPage, count));
            _child.BatchPage[count].Number = 0;
            Counters.Batches++;
            Counters.Ops += count;
            RunBatch(_child.Stub.Run, out string? died);
            int ran = died is null ? Ran(count, out Result result) : Fail(out result);
            if (ran != count)
            {
                return new HostOpFailure(done + Math.Max(ran, 0), ops.Length, ops[done + Math.Clamp(ran, 0, count - 1)], result, died);
            }

            done += count;
        }

        return null;
    }

    public bool TryReadFaultInfo(out FaultInfo fault)
    {
        // Leaving the handler by anything but sigreturn, whose frame the guest's other threads could change,
        // loses the FP state: it is kept here.
        Span<byte> fpState = stackalloc byte[MaxFpState];
        fpState = fpState[..FpStateSize];
        GetFpState(fpState);

        lock (_child.StubLock)
        {
            if (!RunFaultHandler(out fault))
            {
                return false;
            }
        }

        SetFpState(fpState);
        _writeBack = WriteBack.All;
        return true;
    }

    private bool RunFaultHandler(out FaultInfo fault)
    {
        // Under SYSEMU, so that nothing the guest does to the signal stack can make a system call.
        WriteRegisters();
        Counters.HandlerFaults++;
        fault = default;
        if (!ResumeWith(PTRACE_SYSEMU, _signalInfo.si_signo, out int status))
        {
            ExitStatus = status;
            return false;
        }

        while (WSTOPSIG(status) != SIGTRAP || WPTEVENT(status) != 0)
        {
            _interruptPending |= WSTOPSIG(status) == InterruptSignal;
            if (!ResumeWith(PTRACE_SYSEMU, 0, out status))
            {
                ExitStatus = status;
                return false;
            }
        }

        ulong* info = (ulong*)_child.DataPage;
        fault = new FaultInfo(info[0], info[1], info[2]);
        return true;
    }

    /// <summary>Runs the batch page from <paramref name="entry"/> of the stub page until it stops by itself.</summary>
    private void RunBatch(ulong entry, out string? died)
    {
        died = null;
        user_regs_struct registers = _registers;
        registers.rip = entry;
        registers.rbx = StubLayout.Batch;
        registers.eflags = 0x202;

        // Those of a guest may be segments of its own.
        registers.cs = UserCodeSegment;
        registers.ss = UserStackSegment;
        registers.orig_rax = ulong.MaxValue;
        _writeBack = WriteBack.All;
        if (SetRegisters(ref registers).Failed)
        {
            died = "the host child is gone";
            return;
        }

        if (!ResumeWith(PTRACE_CONT, 0, out int status))
        {
            ExitStatus = status;
            died = $"the host child died (wait status 0x{status:x})";
            return;
        }

        while (WSTOPSIG(status) != SIGTRAP || WPTEVENT(status) != 0)
        {
            if (IsException(WSTOPSIG(status)))
            {
                died = $"the stub stopped with signal {WSTOPSIG(status)}";
                return;
            }

            _interruptPending |= WSTOPSIG(status) == InterruptSignal;
            if (!ResumeWith(PTRACE_CONT, 0, out status))
            {
                ExitStatus = status;
                died = $"the host child died (wait status 0x{status:x})";
                return;
            }
        }
    }

    private static int Fail(out Result result)
    {
        result = default;
        return -1;
    }

    /// <summary>How many operations gave their expected result; what the next one gave instead.</summary>
    private int Ran(int count, out Result result)
    {
        result = default;
        ulong at;
        LibC.ptrace(PTRACE_PEEKUSER, _tid, USER_RBX, (nuint)(&at));
        int ran = (int)((at - StubLayout.Batch) / StubLayout.OpSize);
        if (ran != count)
        {
            ulong rax;
            LibC.ptrace(PTRACE_PEEKUSER, _tid, USER_RAX, (nuint)(&rax));
            result = new Result((long)rax);
        }

        return ran;
    }
}
