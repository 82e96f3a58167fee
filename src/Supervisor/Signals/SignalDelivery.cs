using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

namespace UmlHost.Signals;

/// <summary>How signals reach a task.</summary>
internal static class SignalDelivery
{
    /// <summary>Somebody wanted this task's attention: deals with pending signals before the guest runs on.</summary>
    public static void Attend(GuestTask task) => task.ClearAttention();

    /// <summary>A synchronous signal: what the task itself just did wrong (Linux's force_sig_fault). It cannot be
    /// ignored or blocked.</summary>
    public static void Force(GuestTask task, in siginfo_t info, in FaultInfo fault)
    {
        _ = fault;
        task.Trace?.Signal(task, info);
        task.Group.Exit(info.si_signo);
        task.IsExiting = true;
    }
}
