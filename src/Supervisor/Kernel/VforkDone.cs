using System.Threading;

namespace UmlHost.Kernel;

/// <summary>How a vfork parent learns that its child has left the shared address space, by exec or exit.</summary>
internal sealed class VforkDone
{
    private bool _done;

    public WaitQueue Queue { get; } = new();

    public bool IsDone => Volatile.Read(ref _done);

    public void Complete()
    {
        Volatile.Write(ref _done, true);
        Queue.WakeAll();
    }
}
