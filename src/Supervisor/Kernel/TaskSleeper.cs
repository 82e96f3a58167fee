using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

using UmlHost.Host;

namespace UmlHost.Kernel;

/// <summary>Where a task sleeps. A wake-up across CPUs costs several times a system call of the guest's, so whoever is
/// likely to be woken very soon, and would leave its CPU idle, looks out for that for a moment before it sleeps.
/// By the task's own thread, but for <see cref="HostFutex.Wake"/>.</summary>
internal sealed class TaskSleeper(GuestTask task) : HostFutex
{
    /// <summary>How long to look out: about as long as another task takes to answer.</summary>
    private static readonly long s_patience = Stopwatch.Frequency * 15 / 1_000_000;

    private const int MostMisses = 7;

    private int _misses;
    private long _sleeps;
    private int _sleepsUntilNextTry;

    public long Sleeps => System.Threading.Volatile.Read(ref _sleeps);

    /// <summary>Sleeps until it is woken, or the deadline comes.</summary>
    /// <returns>False when the time had come.</returns>
    public bool Sleep(Deadline deadline)
    {
        Placement placement = task.Machine.Placement;
        if (!IsWoken && !LookOut(placement))
        {
            _sleeps++;
            placement.Leave(task);
            bool woken = Sleep(deadline.Clock, deadline.Nanoseconds);
            placement.Enter(task);
            return woken;
        }

        return Sleep(deadline.Clock, deadline.Nanoseconds);
    }

    protected override void Waking() => task.Machine.Placement.Waking(task);

    private bool LookOut(Placement placement)
    {
        if (!placement.MayLookOut(task))
        {
            return false;
        }

        if (_sleepsUntilNextTry > 0)
        {
            _sleepsUntilNextTry--;
            return false;
        }

        long end = Stopwatch.GetTimestamp() + s_patience;
        while (!IsWoken)
        {
            if (X86Base.IsSupported)
            {
                X86Base.Pause();
            }

            if (Stopwatch.GetTimestamp() > end)
            {
                _misses += _misses < MostMisses ? 1 : 0;
                _sleepsUntilNextTry = (1 << _misses) - 1;
                return false;
            }

            if (!placement.MayLookOut(task))
            {
                return false;
            }
        }

        _misses = 0;
        return true;
    }
}
