using UmlHost.Ipc;

namespace UmlHost.Kernel;

internal sealed partial class Machine
{
    /// <summary>System V shared memory.</summary>
    public IpcTable<SharedSegment> Segments { get; } = new(4096);

    /// <summary>System V semaphores.</summary>
    public IpcTable<SemaphoreSet> Semaphores { get; } = new(32000);

    /// <summary>System V message queues.</summary>
    public IpcTable<MessageQueue> MessageQueues { get; } = new(32000);

    /// <summary>POSIX message queues, by name.</summary>
    public PosixQueues PosixQueues { get; } = new();
}
