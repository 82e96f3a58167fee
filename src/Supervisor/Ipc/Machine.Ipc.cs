using UmlHost.Ipc;

namespace UmlHost.Kernel;

internal sealed partial class Machine
{
    /// <summary>System V shared memory.</summary>
    public IpcTable<SharedSegment> Segments { get; } = new(IpcLimits.Segments);

    /// <summary>System V semaphores.</summary>
    public IpcTable<SemaphoreSet> Semaphores { get; } = new(IpcLimits.SemaphoreSets);

    /// <summary>System V message queues.</summary>
    public IpcTable<MessageQueue> MessageQueues { get; } = new(IpcLimits.MessageQueues);

    /// <summary>POSIX message queues, by name.</summary>
    public PosixQueues PosixQueues { get; } = new();
}
