using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>Futexes. A waiter compares the word and queues itself under its bucket's lock, and a waker changed the
/// word before it takes that lock: no wake-up is lost. Interrupted waits give EINTR, which the callers turn into
/// the restart that is due.</summary>
internal static partial class Futex
{
    private const int BucketCount = 256;

    private static readonly FutexBucket[] s_buckets = NewBuckets();

    /// <summary>FUTEX_WAIT and FUTEX_WAIT_BITSET. EAGAIN where the word is not <paramref name="value"/>, ETIMEDOUT,
    /// EINTR.</summary>
    public static Errno Wait(GuestTask task, GuestAddress address, bool shared, uint value, uint bitset, Deadline deadline)
    {
        if (bitset == 0)
        {
            return Errno.EINVAL;
        }

        Errno error = task.Memory.TryGetFutexKey(address, shared, Access.Read, out FutexKey key);
        if (error != Errno.None)
        {
            return error;
        }

        FutexWaiter waiter = task.FutexWaiter;
        waiter.Prepare(key, address, bitset);
        error = Enqueue(waiter, value);
        return error != Errno.None ? error : ErrnoOf(Sleep(waiter, deadline));
    }

    /// <summary>FUTEX_WAKE and FUTEX_WAKE_BITSET: wakes at most <paramref name="count"/> of those whose bitset meets
    /// <paramref name="bitset"/>, but at least one.</summary>
    /// <returns>How many it woke; EINVAL where somebody waits for a lock there (PI).</returns>
    public static Result Wake(MemoryMap memory, GuestAddress address, bool shared, int count, uint bitset)
    {
        if (bitset == 0)
        {
            return Fail(Errno.EINVAL);
        }

        Errno error = memory.TryGetFutexKey(address, shared, Access.Read, out FutexKey key);
        if (error != Errno.None)
        {
            return Fail(error);
        }

        FutexBucket bucket = BucketOf(key);
        FutexWakeList woken = default;
        Result result;
        lock (bucket.Lock)
        {
            result = Take(bucket, key, count, bitset, ref woken);
        }

        woken.WakeAll();
        return result;
    }

    /// <summary>What a thread's end does to its clear_child_tid word, once that is zero.</summary>
    public static void WakeAddress(MemoryMap memory, GuestAddress address, int count)
        => Wake(memory, address, shared: true, count, FUTEX_BITSET_MATCH_ANY);

    /// <summary>FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: wakes <paramref name="wake"/> waiters and lets
    /// <paramref name="requeue"/> more wait for the second futex instead.</summary>
    /// <param name="expected">EAGAIN where the word is another; null to not compare.</param>
    /// <returns>Woken and requeued.</returns>
    public static Result Requeue(
        GuestTask task, GuestAddress address, bool shared, int wake, int requeue, GuestAddress second, bool secondShared, uint? expected)
    {
        if (wake < 0 || requeue < 0)
        {
            return Fail(Errno.EINVAL);
        }

        Errno error = Keys(task.Memory, address, shared, second, secondShared, Access.Read, out FutexKey from, out FutexKey to);
        if (error != Errno.None)
        {
            return Fail(error);
        }

        FutexBucket source = BucketOf(from);
        FutexBucket target = BucketOf(to);
        FutexWakeList woken = default;
        Result result = default;
        using (new BucketPair(source, target))
        {
            if (expected is { } value)
            {
                if (!task.Memory.LoadWord(address, out uint word))
                {
                    return Fail(Errno.EFAULT);
                }

                if (word != value)
                {
                    return Fail(Errno.EAGAIN);
                }
            }

            int count = 0;
            FutexWaiter? last = source.Last;
            FutexWaiter? next;
            for (FutexWaiter? waiter = source.First; waiter is not null && count - wake < requeue; waiter = waiter == last ? null : next)
            {
                next = waiter.Next;
                if (!waiter.Key.Equals(from))
                {
                    continue;
                }

                if (waiter.PiState is not null || waiter.RequeueKey is not null)
                {
                    result = Fail(Errno.EINVAL);
                    break;
                }

                source.Remove(waiter);
                result = new Result(++count);
                if (count <= wake)
                {
                    woken.Add(waiter);
                }
                else
                {
                    waiter.Key = to;
                    waiter.Address = second;
                    target.Add(waiter);
                }
            }
        }

        woken.WakeAll();
        return result;
    }

    /// <summary>FUTEX_WAKE_OP: changes the second word as <paramref name="operation"/> says, wakes waiters of the
    /// first, and of the second if its old value compares as asked.</summary>
    public static Result WakeOp(GuestTask task, GuestAddress address, bool shared, int wake, int wakeSecond, GuestAddress second, uint operation)
    {
        Errno error = Keys(task.Memory, address, shared, second, shared, Access.Write, out FutexKey key, out FutexKey secondKey);
        if (error != Errno.None)
        {
            return Fail(error);
        }

        FutexBucket bucket = BucketOf(key);
        FutexBucket secondBucket = BucketOf(secondKey);
        FutexWakeList woken = default;
        Result result;
        using (new BucketPair(bucket, secondBucket))
        {
            error = Operate(task.Memory, second, operation, out bool holds);
            if (error != Errno.None)
            {
                return Fail(error);
            }

            result = Take(bucket, key, wake, FUTEX_BITSET_MATCH_ANY, ref woken);
            if (holds && !result.Failed)
            {
                Result more = Take(secondBucket, secondKey, wakeSecond, FUTEX_BITSET_MATCH_ANY, ref woken);
                result = more.Failed ? more : new Result(result.Raw + more.Raw);
            }
        }

        woken.WakeAll();
        return result;
    }

    /// <summary>The operation of FUTEX_WAKE_OP on a word. ENOSYS for an operation or comparison that is none.</summary>
    private static Errno Operate(MemoryMap memory, GuestAddress address, uint operation, out bool holds)
    {
        holds = false;
        int kind = (int)(operation >> 28) & 7;
        int comparison = (int)(operation >> 24) & 15;
        int argument = (int)(operation << 8) >> 20;
        int comparand = (int)(operation << 20) >> 20;
        if ((operation >> 28 & FUTEX_OP_OPARG_SHIFT) != 0)
        {
            argument = 1 << (argument & 31);
        }

        if (kind > FUTEX_OP_XOR)
        {
            return Errno.ENOSYS;
        }

        if (!memory.LoadWord(address, out uint found))
        {
            return Errno.EFAULT;
        }

        uint old;
        do
        {
            old = found;
            uint value = kind switch
            {
                FUTEX_OP_SET => (uint)argument,
                FUTEX_OP_ADD => old + (uint)argument,
                FUTEX_OP_OR => old | (uint)argument,
                FUTEX_OP_ANDN => old & ~(uint)argument,
                _ => old ^ (uint)argument,
            };
            if (!memory.CompareExchangeWord(address, value, old, out found))
            {
                return Errno.EFAULT;
            }
        }
        while (found != old);

        bool? result = comparison switch
        {
            FUTEX_OP_CMP_EQ => (int)old == comparand,
            FUTEX_OP_CMP_NE => (int)old != comparand,
            FUTEX_OP_CMP_LT => (int)old < comparand,
            FUTEX_OP_CMP_LE => (int)old <= comparand,
            FUTEX_OP_CMP_GT => (int)old > comparand,
            FUTEX_OP_CMP_GE => (int)old >= comparand,
            _ => null,
        };
        holds = result ?? false;
        return result is null ? Errno.ENOSYS : Errno.None;
    }

    /// <summary>Queues a prepared waiter if its word still is <paramref name="value"/>; EAGAIN otherwise.</summary>
    private static Errno Enqueue(FutexWaiter waiter, uint value)
    {
        FutexBucket bucket = BucketOf(waiter.Key);
        lock (bucket.Lock)
        {
            Errno error = !waiter.Task.Memory.LoadWord(waiter.Address, out uint word) ? Errno.EFAULT
                : word != value ? Errno.EAGAIN
                : Errno.None;
            if (error == Errno.None)
            {
                bucket.Add(waiter);
            }

            return error;
        }
    }

    /// <summary>Sleeps until somebody has woken a queued waiter.</summary>
    private static WaitResult Sleep(FutexWaiter waiter, Deadline deadline)
    {
        GuestTask task = waiter.Task;
        while (true)
        {
            task.ArmSleep();
            if (waiter.IsWoken)
            {
                return WaitResult.Ready;
            }

            WaitResult ended = task.NeedsAttention ? WaitResult.Interrupted : WaitResult.TimedOut;
            if (ended == WaitResult.TimedOut && task.Sleep(deadline))
            {
                continue;
            }

            if (Unqueue(waiter))
            {
                return ended;
            }

            AwaitWake(task, waiter);
            return WaitResult.Ready;
        }
    }

    /// <summary>Somebody has taken the waiter out of its bucket and wakes it in a moment.</summary>
    private static void AwaitWake(GuestTask task, FutexWaiter waiter)
    {
        for (task.ArmSleep(); !waiter.IsWoken; task.ArmSleep())
        {
            task.Sleep(Deadline.Never);
        }
    }

    /// <summary>Takes a waiter back; false if a waker was faster.</summary>
    private static bool Unqueue(FutexWaiter waiter)
    {
        while (waiter.Bucket is { } bucket)
        {
            lock (bucket.Lock)
            {
                // It may have been requeued meanwhile.
                if (waiter.Bucket == bucket)
                {
                    bucket.Remove(waiter);
                    LeavePiState(waiter);
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Takes waiters to be woken out of a bucket, under its lock.</summary>
    private static Result Take(FutexBucket bucket, in FutexKey key, int count, uint bitset, ref FutexWakeList woken)
    {
        int taken = 0;
        FutexWaiter? next;
        for (FutexWaiter? waiter = bucket.First; waiter is not null; waiter = next)
        {
            next = waiter.Next;
            if (!waiter.Key.Equals(key))
            {
                continue;
            }

            if (waiter.PiState is not null || waiter.RequeueKey is not null)
            {
                return Fail(Errno.EINVAL);
            }

            if ((waiter.Bitset & bitset) == 0)
            {
                continue;
            }

            bucket.Remove(waiter);
            woken.Add(waiter);
            if (++taken >= count)
            {
                break;
            }
        }

        return new Result(taken);
    }

    private static Errno Keys(
        MemoryMap memory, GuestAddress address, bool shared, GuestAddress second, bool secondShared, Access secondAccess, out FutexKey key, out FutexKey secondKey)
    {
        secondKey = default;
        Errno error = memory.TryGetFutexKey(address, shared, Access.Read, out key);
        return error != Errno.None ? error : memory.TryGetFutexKey(second, secondShared, secondAccess, out secondKey);
    }

    private static Errno ErrnoOf(WaitResult ended) => ended switch
    {
        WaitResult.Ready => Errno.None,
        WaitResult.TimedOut => Errno.ETIMEDOUT,
        _ => Errno.EINTR,
    };

    private static Result Fail(Errno error) => new(-(long)error);

    private static FutexBucket BucketOf(in FutexKey key) => s_buckets[key.GetHashCode() & (BucketCount - 1)];

    private static FutexBucket[] NewBuckets()
    {
        FutexBucket[] buckets = new FutexBucket[BucketCount];
        for (int index = 0; index < buckets.Length; index++)
        {
            buckets[index] = new FutexBucket(index);
        }

        return buckets;
    }

    /// <summary>The locks of two buckets, which may be one.</summary>
    private readonly ref struct BucketPair
    {
        private readonly FutexBucket _first;
        private readonly FutexBucket _second;

        public BucketPair(FutexBucket a, FutexBucket b)
        {
            (_first, _second) = a.Order <= b.Order ? (a, b) : (b, a);
            _first.Lock.Enter();
            if (_second != _first)
            {
                _second.Lock.Enter();
            }
        }

        public void Dispose()
        {
            if (_second != _first)
            {
                _second.Lock.Exit();
            }

            _first.Lock.Exit();
        }
    }
}
