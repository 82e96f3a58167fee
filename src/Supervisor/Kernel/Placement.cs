using System.Threading;

using UmlHost.Host;

namespace UmlHost.Kernel;

/// <summary>Which CPU a task's two threads share. A hand-off between supervisor and guest thread is six times as fast
/// on one CPU, so each task is bound to one; a new task starts where its maker runs, since most makers wait for what
/// they made, and balancing moves tasks away from a CPU that several want while another is idle.
/// <para>Lock: <c>placement lock</c>, a leaf.</para></summary>
internal sealed class Placement
{
    private readonly Lock _placementLock = new();
    private readonly int[] _cpus = HostSystem.UsableCpus();
    private int _next;

    /// <summary>The CPUs that guests may use, by their host numbers.</summary>
    public System.ReadOnlySpan<int> Cpus => _cpus;

    /// <summary>A CPU for a task that begins.</summary>
    public int Choose(GuestTask task)
    {
        lock (_placementLock)
        {
            _ = task;
            return _cpus[_next++ % _cpus.Length];
        }
    }

    public void Leave(GuestTask task) => _ = task;
}
