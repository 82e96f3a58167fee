using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

// What only the host can do to the processor's state of a guest: segments, and whether cpuid runs.
internal sealed unsafe partial class PtraceThread
{
    private const uint ModifyLdtWrite = 0x11;

    private bool _cpuidFaults;

    /// <summary>Writes an entry of the child's LDT. EINVAL where the host's kernel does not take it, ENOMEM.</summary>
    public Result WriteLdt(in user_desc segment)
    {
        lock (_child.StubLock)
        {
            // The descriptor lies behind the operation and the entry that ends the batch.
            const int Behind = 2 * StubLayout.OpSize;
            *(user_desc*)((byte*)_child.BatchPage + Behind) = segment;
            HostOp write = new() { Number = SYS_modify_ldt, A0 = ModifyLdtWrite, A1 = StubLayout.Batch + Behind, A2 = (ulong)sizeof(user_desc) };
            _child.HasLdt = true;
            return CallLocked(write);
        }
    }

    /// <summary>ARCH_SET_CPUID: whether the guest's cpuid instructions raise SIGSEGV. ENODEV where the processor
    /// cannot do that.</summary>
    public Result SetCpuidFaults(bool faults)
    {
        HostOp set = new() { Number = SYS_arch_prctl, A0 = ARCH_SET_CPUID, A1 = faults ? 0UL : 1UL };
        lock (_child.StubLock)
        {
            Result result = CallLocked(set);
            if (!result.Failed)
            {
                _cpuidFaults = faults;
            }

            return result;
        }
    }

    /// <summary>Runs one operation whose failure is no surprise. Stub lock.</summary>
    private Result CallLocked(in HostOp op)
    {
        Counters.Batches++;
        Counters.Ops++;
        _child.BatchPage[0] = op;
        _child.BatchPage[1].Number = 0;
        RunBatch(_child.Stub.Run, out string? died);
        if (died is not null)
        {
            return new Result(-(long)Errno.ESRCH);
        }

        // modify_ldt's error is 32 bits wide.
        return Ran(1, out Result result) == 1 ? default : new Result((int)result.Raw);
    }
}
