using System.Threading;

namespace UmlHost.Kernel;

/// <summary>Something that is to be told when what a <see cref="WaitQueue"/> stands for happens (Linux's
/// wait_queue_entry): a sleeping task, or an epoll instance. In one queue at a time.</summary>
internal abstract class WaitEntry
{
    internal WaitEntry? Next { get; set; }

    internal WaitEntry? Previous { get; set; }

    /// <summary>The queue it is in, or null. Written under the queue's lock.</summary>
    public WaitQueue? Queue { get; internal set; }

    /// <summary>Only one of the exclusive entries is woken at a time.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>Called under the queue's lock: must not sleep, nor touch that queue.</summary>
    /// <param name="events">What happened, as POLL* bits; all ones if the waker does not say.</param>
    /// <returns>Whether it was of use: an exclusive entry that says no is passed over.</returns>
    protected internal abstract bool OnWake(uint events);
}

/// <summary>Where tasks wait for one thing to happen (Linux's wait_queue_head). Lock: <c>wait queue lock</c>, inside
/// the lock of the object that it belongs to; an epoll instance's ready lock is inside it.</summary>
internal sealed class WaitQueue
{
    public const uint AllEvents = uint.MaxValue;

    private readonly Lock _waitQueueLock = new();
    private WaitEntry? _first;
    private WaitEntry? _last;

    /// <summary>Whether anybody waits; a hint without the lock, for wakers that changed the condition before.</summary>
    public bool HasWaiters
    {
        get
        {
            // The waiter enters itself and then looks at the condition; the waker changes the condition and
            // then looks here. Both need their write to be seen before their read.
            Interlocked.MemoryBarrier();
            return Volatile.Read(ref _first) is not null;
        }
    }

    /// <summary>Exclusive entries go to the end and are woken in turn; others to the front, so that a wake-up reaches
    /// them all before the first exclusive one ends it.</summary>
    public void Add(WaitEntry entry)
    {
        lock (_waitQueueLock)
        {
            entry.Queue = this;
            if (_first is null || _last is null)
            {
                _first = _last = entry;
            }
            else if (entry.IsExclusive)
            {
                entry.Previous = _last;
                _last.Next = entry;
                _last = entry;
            }
            else
            {
                entry.Next = _first;
                _first.Previous = entry;
                _first = entry;
            }
        }
    }

    /// <summary>Takes an entry out; does nothing if it is not in this queue.</summary>
    public void Remove(WaitEntry entry)
    {
        lock (_waitQueueLock)
        {
            if (entry.Queue != this)
            {
                return;
            }

            if (entry.Previous is null)
            {
                _first = entry.Next;
            }
            else
            {
                entry.Previous.Next = entry.Next;
            }

            if (entry.Next is null)
            {
                _last = entry.Previous;
            }
            else
            {
                entry.Next.Previous = entry.Previous;
            }

            entry.Queue = null;
            entry.Next = null;
            entry.Previous = null;
        }
    }

    /// <summary>Wakes everybody, but of the exclusive ones only the first <paramref name="exclusive"/> that it is
    /// of use to.</summary>
    public void Wake(uint events = AllEvents, int exclusive = 1)
    {
        if (!HasWaiters)
        {
            return;
        }

        lock (_waitQueueLock)
        {
            WaitEntry? next;
            for (WaitEntry? entry = _first; entry is not null; entry = next)
            {
                next = entry.Next;
                if (entry.OnWake(events) && entry.IsExclusive && --exclusive == 0)
                {
                    return;
                }
            }
        }
    }

    public void WakeAll(uint events = AllEvents) => Wake(events, int.MaxValue);
}
