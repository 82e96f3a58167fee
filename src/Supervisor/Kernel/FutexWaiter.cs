using System.Collections.Generic;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Memory;

namespace UmlHost.Kernel;

/// <summary>A task that waits for a futex (Linux's futex_q). Written by the task itself while it is not queued;
/// then by whoever holds the lock of its bucket.</summary>
internal sealed class FutexWaiter(GuestTask task)
{
    private FutexBucket? _bucket;
    private bool _isWoken;

    public GuestTask Task { get; } = task;

    public FutexKey Key { get; set; }

    public uint Bitset { get; set; }

    /// <summary>Where the word is in the task's memory.</summary>
    public GuestAddress Address { get; set; }

    /// <summary>What it waits to own; null for a plain futex. Written under the pi lock too.</summary>
    public PiState? PiState { get; set; }

    /// <summary>FUTEX_WAIT_REQUEUE_PI: the only futex that it can be requeued to, until it is.</summary>
    public FutexKey? RequeueKey { get; set; }

    public GuestAddress RequeueAddress { get; set; }

    public FutexWaiter? Next { get; set; }

    public FutexWaiter? Previous { get; set; }

    /// <summary>The bucket it is queued in. Once it is null somebody is about to wake the task.</summary>
    public FutexBucket? Bucket
    {
        get => Volatile.Read(ref _bucket);
        set => Volatile.Write(ref _bucket, value);
    }

    public bool IsWoken => Volatile.Read(ref _isWoken);

    /// <summary>Makes it ready to be queued.</summary>
    public void Prepare(in FutexKey key, GuestAddress address, uint bitset)
    {
        Key = key;
        Address = address;
        Bitset = bitset;
        RequeueKey = null;
        _isWoken = false;
    }

    /// <summary>The last that a waker does with it: the task may use it again at once.</summary>
    public void Wake()
    {
        GuestTask task = Task;
        Volatile.Write(ref _isWoken, true);
        task.WakeSleeper();
    }
}

/// <summary>Waiters that have left their bucket and are to be woken once its lock is free (Linux's wake_q).</summary>
internal ref struct FutexWakeList
{
    private FutexWaiter? _first;
    private FutexWaiter? _last;

    /// <summary>Takes over a waiter that is in no bucket.</summary>
    public void Add(FutexWaiter waiter)
    {
        if (_last is null)
        {
            _first = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
    }

    /// <summary>Without a bucket lock.</summary>
    public void WakeAll()
    {
        FutexWaiter? waiter = _first;
        while (waiter is not null)
        {
            FutexWaiter? next = waiter.Next;
            waiter.Next = null;
            waiter.Wake();
            waiter = next;
        }

        _first = _last = null;
    }
}

/// <summary>A priority-inheriting futex that somebody waits for (Linux's futex_pi_state). No guest task has a
/// realtime priority, so that first come, first served is the whole order.</summary>
internal sealed class PiState
{
    /// <summary>Tasks that wait. Under the bucket lock.</summary>
    public int Waiters { get; set; }

    /// <summary>Pi lock.</summary>
    public GuestTask? Owner { get; set; }

    /// <summary>The futex. Under the bucket lock.</summary>
    public required FutexKey Key { get; init; }
}

internal sealed partial class GuestTask
{
    private FutexWaiter? _futexWaiter;

    /// <summary>What it waits with, for one futex at a time.</summary>
    internal FutexWaiter FutexWaiter => _futexWaiter ??= new FutexWaiter(this);

    /// <summary>The priority-inheriting futexes that it owns and others wait for. Pi lock.</summary>
    internal List<PiState> OwnedPiStates { get; } = [];

    /// <summary>It gave up all futexes and will own none any more. Pi lock.</summary>
    internal bool HasLeftFutexes { get; set; }

    /// <summary>Ends its sleep; what it sleeps for must have been written before. Any thread.</summary>
    internal void WakeSleeper() => _sleeper.Wake();
}
