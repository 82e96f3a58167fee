using System.Threading;

namespace UmlHost.Memory;

internal sealed partial class MemoryMap
{
    private int _barriers;

    /// <summary>The MEMBARRIER_CMD_REGISTER_ commands that this address space has given.</summary>
    public int Barriers => Volatile.Read(ref _barriers);

    public void RegisterBarrier(int command) => Interlocked.Or(ref _barriers, command);
}
