using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

namespace UmlHost.Traps;

/// <summary>What the processor stopped the guest for: page faults that memory can resolve, and exceptions that
/// become the guest's own signals.</summary>
internal static class Exceptions
{
    /// <summary>The guest is stopped at a synchronous signal of the host's.</summary>
    public static void Handle(GuestTask task)
    {
        siginfo_t info = task.Host.SignalInfo;
        if (info.si_signo == SIGSEGV && info.si_code is SEGV_MAPERR or SEGV_ACCERR)
        {
            // The host's signal tells the address but not the kind of access. For most faults the area and the
            // page-table entry are enough, and the guest goes on without the stub's handler.
            FaultResult result = task.Machine.AlwaysReadFaultInfo
                ? FaultResult.NeedAccess
                : task.Memory.Fault(new GuestAddress(info.si_addr), Access.Unknown);
            if (result == FaultResult.Resolved)
            {
                return;
            }

            if (!task.Host.TryReadFaultInfo(out FaultInfo fault))
            {
                task.Machine.HostFailed(task, "the host child died in the stub's fault handler");
                return;
            }

            if (result == FaultResult.NeedAccess)
            {
                result = task.Memory.Fault(new GuestAddress(fault.Address), AccessOf(fault));
                if (result is FaultResult.Resolved)
                {
                    return;
                }
            }

            Raise(task, result, info.si_addr, fault);
            return;
        }

        if (!task.Host.TryReadFaultInfo(out FaultInfo other))
        {
            task.Machine.HostFailed(task, "the host child died in the stub's fault handler");
            return;
        }

        SignalSender.Force(task, info, other);
    }

    private static Access AccessOf(FaultInfo fault)
        => fault.IsExecute ? Access.Execute : fault.IsWrite ? Access.Write : Access.Read;

    private static void Raise(GuestTask task, FaultResult result, ulong address, FaultInfo fault)
    {
        if (result == FaultResult.OutOfMemory)
        {
            task.Machine.OutOfMemory(task);
            return;
        }

        siginfo_t info = default;
        info.si_signo = result == FaultResult.BusAddressError ? SIGBUS : SIGSEGV;
        info.si_code = result switch
        {
            FaultResult.BusAddressError => BUS_ADRERR,
            FaultResult.SegvMapError => SEGV_MAPERR,
            _ => SEGV_ACCERR,
        };
        info.si_addr = address;
        SignalSender.Force(task, info, fault);
    }
}
