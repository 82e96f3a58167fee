using UmlHost.Ipc;

namespace UmlHost.Kernel;

internal sealed partial class ThreadGroup
{
    /// <summary>What the process's end is to undo of its semaphore operations; null for nothing.</summary>
    internal SemaphoreUndo? SemaphoreUndo { get; set; }
}
