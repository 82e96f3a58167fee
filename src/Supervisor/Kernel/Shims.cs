using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Signals;

namespace UmlHost.Kernel;

internal static class Shims
{
    public static SignalHandlers Fork(this SignalHandlers h)
    {
        SignalHandlers c = new();
        for (int s = 1; s <= 64; s++) { c.Exchange(s, h[s]); }
        return c;
    }

    public static SignalHandlers ForExec(this SignalHandlers h)
    {
        SignalHandlers c = new();
        for (int s = 1; s <= 64; s++) { if (h[s].handler == 1) { c.Exchange(s, h[s]); } }
        return c;
    }
}

internal static class SignalSender
{
    public static void Send(ThreadGroup g, in siginfo_t i) { if (i.si_signo == 9) { g.Exit(9); } }
}

internal static class Futex
{
    public static void ExitRobustList(GuestTask t) { }
    public static void WakeAddress(MemoryMap m, GuestAddress a, int n) { }
}

internal sealed partial class ThreadGroup
{
    private bool TryTakeStopEvent(int options, out ChildEvent found) { found = default; return false; }
}
