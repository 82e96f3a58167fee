using System.Threading;

using UmlHost.Memory;

namespace UmlHost.Kernel;

/// <summary>The waiters of some futexes, first come first (Linux's futex_hash_bucket). Lock: <c>futex bucket
/// lock</c>, outside the mmap lock and the pi lock; of two, the one with the lower <see cref="Order"/> first.</summary>
internal sealed class FutexBucket(int order)
{
    public Lock Lock { get; } = new();

    public int Order { get; } = order;

    /// <summary>Under the lock, as all below.</summary>
    public FutexWaiter? First { get; private set; }

    public FutexWaiter? Last { get; private set; }

    public void Add(FutexWaiter waiter)
    {
        waiter.Previous = Last;
        waiter.Next = null;
        if (Last is null)
        {
            First = waiter;
        }
        else
        {
            Last.Next = waiter;
        }

        Last = waiter;
        waiter.Bucket = this;
    }

    public void Remove(FutexWaiter waiter)
    {
        if (waiter.Previous is null)
        {
            First = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            Last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.Next = null;
        waiter.Previous = null;
        waiter.Bucket = null;
    }

    /// <summary>The waiter that has waited longest for a futex; null if nobody waits.</summary>
    public FutexWaiter? Top(in FutexKey key)
    {
        FutexWaiter? waiter = First;
        while (waiter is not null && !waiter.Key.Equals(key))
        {
            waiter = waiter.Next;
        }

        return waiter;
    }
}
