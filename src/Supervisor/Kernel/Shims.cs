using UmlHost.Abi;
using UmlHost.Memory;

namespace UmlHost.Kernel;

internal static class Futex
{
    public static void ExitRobustList(GuestTask t) { }
    public static void WakeAddress(MemoryMap m, GuestAddress a, int n) { }
}
