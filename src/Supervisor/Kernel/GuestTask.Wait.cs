using System.Threading;

using UmlHost.Fs;
using UmlHost.Host;

namespace UmlHost.Kernel;

/// <summary>How a wait ended.</summary>
internal enum WaitResult
{
    /// <summary>The condition holds.</summary>
    Ready,

    /// <summary>Something wants the task's attention, most often a signal: a restart code is due.</summary>
    Interrupted,

    TimedOut,
}

/// <summary>Whether a wait is over. Called without locks of the wait's; takes those that it needs.</summary>
internal delegate bool WaitCondition<TState>(ref TState state);

// Sleeping, and being called back: the one way in which a guest task waits for anything.
internal sealed partial class GuestTask
{
    private TaskWaitEntry? _waitEntry;
    private TaskWaitEntry? _exclusiveEntry;
    private int _attention;
    private int _inGuest;

    /// <summary>Somebody called <see cref="Kick"/> since <see cref="ClearAttention"/>: signals, a group exit or
    /// stop are to be looked at before the guest runs (Linux's TIF_SIGPENDING).</summary>
    public bool NeedsAttention => Volatile.Read(ref _attention) != 0;

    /// <summary>Makes the task look: ends its sleep, or interrupts it in the guest. Any thread; what it is to see
    /// must have been written before.</summary>
    public void Kick()
    {
        Interlocked.Exchange(ref _attention, 1);
        _sleeper.Wake();
        if (Volatile.Read(ref _inGuest) != 0)
        {
            Host.Interrupt();
        }
    }

    /// <summary>By the task itself, before it looks at what there is.</summary>
    public void ClearAttention() => Interlocked.Exchange(ref _attention, 0);

    /// <summary>Sleeps until <paramref name="condition"/> holds, the deadline comes, or somebody wants attention.
    /// Checks the condition first, and after every wake-up of <paramref name="queue"/>. Allocates nothing after
    /// the first time.</summary>
    /// <param name="condition">A static lambda; true ends the wait.</param>
    /// <param name="interruptible">False for the few waits that signals do not end; a kick is kept for later.</param>
    /// <param name="exclusive">One wake-up of the queue ends only one such wait. Whoever is woken and leaves
    /// something for the next wakes the queue once more.</param>
    public WaitResult Wait<TState>(
        WaitQueue queue, ref TState state, WaitCondition<TState> condition, Deadline deadline, bool interruptible = true, bool exclusive = false)
    {
        if (condition(ref state))
        {
            return WaitResult.Ready;
        }

        FileOwner.SendDue();
        TaskWaitEntry entry = exclusive
            ? _exclusiveEntry ??= new TaskWaitEntry(_sleeper) { IsExclusive = true }
            : _waitEntry ??= new TaskWaitEntry(_sleeper);
        queue.Add(entry);
        try
        {
            while (true)
            {
                _sleeper.Arm();
                Interlocked.MemoryBarrier();
                if (condition(ref state))
                {
                    return WaitResult.Ready;
                }

                if (interruptible && NeedsAttention)
                {
                    return WaitResult.Interrupted;
                }

                if (!_sleeper.Sleep(deadline))
                {
                    return condition(ref state) ? WaitResult.Ready : WaitResult.TimedOut;
                }
            }
        }
        finally
        {
            queue.Remove(entry);
        }
    }

    /// <summary>The pieces of <see cref="Wait"/> for waits on several queues (poll): an entry that wakes this task
    /// and can be added anywhere.</summary>
    public WaitEntry NewWaitEntry() => new TaskWaitEntry(_sleeper);

    /// <summary>Before the conditions are checked.</summary>
    public void ArmSleep()
    {
        _sleeper.Arm();
        Interlocked.MemoryBarrier();
    }

    /// <summary>After no condition held and no attention was needed; false when the deadline came.</summary>
    public bool Sleep(Deadline deadline)
    {
        FileOwner.SendDue();
        return _sleeper.Sleep(deadline);
    }

    /// <summary>The guest is about to run: from now on a kick interrupts the host thread.</summary>
    /// <returns>False if somebody wants attention: the guest must not run.</returns>
    internal bool EnterGuest()
    {
        Interlocked.Exchange(ref _inGuest, 1);
        if (NeedsAttention)
        {
            Volatile.Write(ref _inGuest, 0);
            return false;
        }

        return true;
    }

    /// <summary>Its guest runs, or is about to. Any thread; a hint.</summary>
    internal bool IsInGuest => Volatile.Read(ref _inGuest) != 0;

    internal void LeaveGuest() => Volatile.Write(ref _inGuest, 0);

    private sealed class TaskWaitEntry(HostFutex sleeper) : WaitEntry
    {
        // One that was woken already is of no use to another wake-up: the next in the queue is.
        protected internal override bool OnWake(uint events) => sleeper.Wake();
    }
}
