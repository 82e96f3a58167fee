using System.Threading;

using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

// Priority-inheriting futexes: the word holds the owner's thread id, and the kernel hands the lock over.
internal static partial class Futex
{
    private const uint TidMask = FUTEX_TID_MASK;
    private const uint OwnerDied = FUTEX_OWNER_DIED;

    // The pi lock: who owns what and who waits for it, over all buckets. Inside the bucket locks, a leaf.
    private static readonly Lock s_piLock = new();

    private enum PiAttempt
    {
        /// <summary>The word changed meanwhile: look again.</summary>
        Again,

        Acquired,

        /// <summary>Somebody owns it: wait on the state.</summary>
        Owned,

        Failed,
    }

    /// <summary>FUTEX_LOCK_PI, FUTEX_LOCK_PI2 and FUTEX_TRYLOCK_PI. EDEADLK where the caller owns it, or would wait
    /// in a circle; ESRCH where the word names no thread; EAGAIN for a failed try; ETIMEDOUT; EINTR.</summary>
    public static Errno LockPi(GuestTask task, GuestAddress address, bool shared, Deadline deadline, bool onlyTry)
    {
        Errno error = task.Memory.TryGetFutexKey(address, shared, Access.Write, out FutexKey key);
        if (error != Errno.None)
        {
            return error;
        }

        FutexBucket bucket = BucketOf(key);
        FutexWaiter waiter = task.FutexWaiter;
        while (true)
        {
            if (!task.Memory.LoadWord(address, out uint seen))
            {
                return Errno.EFAULT;
            }

            GuestTask? owner = FindOwner(task.Machine, seen);
            lock (bucket.Lock)
            {
                switch (TryLockPi(task, address, key, bucket, task, owner, waiters: false, out PiState? state, out error))
                {
                    case PiAttempt.Again:
                        continue;
                    case PiAttempt.Acquired:
                        return Errno.None;
                    case PiAttempt.Failed:
                        return error;
                }

                if (onlyTry)
                {
                    DropIfUnused(state!);
                    return Errno.EAGAIN;
                }

                waiter.Prepare(key, address, FUTEX_BITSET_MATCH_ANY);
                if (!TryJoin(waiter, state!))
                {
                    DropIfUnused(state!);
                    return Errno.EDEADLK;
                }

                bucket.Add(waiter);
            }

            return ErrnoOf(Sleep(waiter, deadline));
        }
    }

    /// <summary>FUTEX_UNLOCK_PI: hands the lock to who has waited longest. EPERM for one that the caller does not
    /// own; EINVAL where word and waiters contradict each other.</summary>
    public static Errno UnlockPi(GuestTask task, GuestAddress address, bool shared)
    {
        if (!task.Memory.LoadWord(address, out uint word))
        {
            return Errno.EFAULT;
        }

        if ((word & TidMask) != (uint)task.Tid)
        {
            return Errno.EPERM;
        }

        Errno error = task.Memory.TryGetFutexKey(address, shared, Access.Write, out FutexKey key);
        if (error != Errno.None)
        {
            return error;
        }

        FutexBucket bucket = BucketOf(key);
        FutexWaiter? next;
        lock (bucket.Lock)
        {
            while (true)
            {
                next = bucket.Top(key);
                if (next is not null && next.PiState?.Owner != task)
                {
                    return Errno.EINVAL;
                }

                uint value = next is null ? 0 : FUTEX_WAITERS | (uint)next.Task.Tid;
                if (!task.Memory.CompareExchangeWord(address, value, word, out uint found))
                {
                    return Errno.EFAULT;
                }

                if (found == word)
                {
                    break;
                }

                // Others only set FUTEX_WAITERS.
                if ((found & TidMask) != (uint)task.Tid)
                {
                    return next is null ? Errno.EPERM : Errno.EINVAL;
                }

                word = found;
            }

            if (next is not null)
            {
                HandOver(bucket, next);
            }
        }

        next?.Wake();
        return Errno.None;
    }

    /// <summary>FUTEX_WAIT_REQUEUE_PI: waits for a plain futex, to be requeued to a lock and own that in the end.
    /// EINTR before it was requeued (then it starts again), EAGAIN if a signal came after.</summary>
    public static Errno WaitRequeuePi(
        GuestTask task, GuestAddress address, bool shared, uint value, GuestAddress second, Deadline deadline)
    {
        if (address == second)
        {
            return Errno.EINVAL;
        }

        // Linux looks at the second address first.
        Errno error = task.Memory.TryGetFutexKey(second, shared, Access.Write, out FutexKey target);
        if (error != Errno.None)
        {
            return error;
        }

        error = task.Memory.TryGetFutexKey(address, shared, Access.Read, out FutexKey key);
        if (error != Errno.None)
        {
            return error;
        }

        FutexWaiter waiter = task.FutexWaiter;
        waiter.Prepare(key, address, FUTEX_BITSET_MATCH_ANY);
        waiter.RequeueKey = target;
        waiter.RequeueAddress = second;
        error = Enqueue(waiter, value);
        if (error != Errno.None)
        {
            return error;
        }

        if (key.Equals(target))
        {
            return Unqueue(waiter) ? Errno.EINVAL : Errno.None;
        }

        error = ErrnoOf(Sleep(waiter, deadline));
        return error == Errno.EINTR && waiter.RequeueKey is null ? Errno.EAGAIN : error;
    }

    /// <summary>FUTEX_CMP_REQUEUE_PI: lets the first waiter take the lock, or wait for it, and lets
    /// <paramref name="requeue"/> more wait for it.</summary>
    public static Result RequeuePi(
        GuestTask task, GuestAddress address, bool shared, int wake, int requeue, GuestAddress second, uint expected)
    {
        if (wake < 0 || requeue < 0 || address == second || wake != 1)
        {
            return Fail(Errno.EINVAL);
        }

        Errno error = Keys(task.Memory, address, shared, second, shared, Access.Write, out FutexKey from, out FutexKey to);
        if (error != Errno.None)
        {
            return Fail(error);
        }

        if (from.Equals(to))
        {
            return Fail(Errno.EINVAL);
        }

        FutexBucket source = BucketOf(from);
        FutexBucket target = BucketOf(to);
        while (true)
        {
            if (!task.Memory.LoadWord(second, out uint seen))
            {
                return Fail(Errno.EFAULT);
            }

            GuestTask? owner = FindOwner(task.Machine, seen);
            FutexWaiter? first;
            Result result;
            using (new BucketPair(source, target))
            {
                if (!task.Memory.LoadWord(address, out uint word))
                {
                    return Fail(Errno.EFAULT);
                }

                if (word != expected)
                {
                    return Fail(Errno.EAGAIN);
                }

                first = source.Top(from);
                if (first is null)
                {
                    return default;
                }

                if (first.RequeueKey is not { } wanted || !wanted.Equals(to))
                {
                    return Fail(Errno.EINVAL);
                }

                PiAttempt attempt = TryLockPi(task, second, to, target, first.Task, owner, waiters: requeue > 0, out PiState? state, out error);
                switch (attempt)
                {
                    case PiAttempt.Again:
                        continue;
                    case PiAttempt.Failed:
                        return Fail(error);
                }

                int count = 0;
                if (attempt == PiAttempt.Acquired)
                {
                    source.Remove(first);
                    first.RequeueKey = null;
                    count = 1;
                    if (requeue > 0 && source.Top(from) is not null)
                    {
                        state = NewState(to, first.Task);
                    }
                }
                else
                {
                    first = null;
                }

                result = state is null ? new Result(count) : RequeueTo(source, target, from, to, state, count, requeue);
                if (state is not null)
                {
                    DropIfUnused(state);
                }
            }

            first?.Wake();
            return result;
        }
    }

    /// <summary>Moves waiters of a plain futex to a lock that somebody owns, under both bucket locks.</summary>
    private static Result RequeueTo(
        FutexBucket source, FutexBucket target, in FutexKey from, in FutexKey to, PiState state, int count, int requeue)
    {
        FutexWaiter? last = source.Last;
        FutexWaiter? next;
        for (FutexWaiter? waiter = source.First; waiter is not null && count - 1 < requeue; waiter = waiter == last ? null : next)
        {
            next = waiter.Next;
            if (!waiter.Key.Equals(from))
            {
                continue;
            }

            if (waiter.PiState is not null || waiter.RequeueKey is not { } wanted || !wanted.Equals(to))
            {
                return Fail(Errno.EINVAL);
            }

            if (!TryJoin(waiter, state))
            {
                return count > 0 ? new Result(count) : Fail(Errno.EDEADLK);
            }

            source.Remove(waiter);
            waiter.Key = to;
            waiter.Address = waiter.RequeueAddress;
            waiter.RequeueKey = null;
            target.Add(waiter);
            count++;
        }

        return new Result(count);
    }

    /// <summary>Takes a free lock for <paramref name="wanting"/>, or finds its state, under its bucket's lock.</summary>
    /// <param name="task">Whose memory the word is in.</param>
    /// <param name="owner">The task that the word named before the lock was taken, if there is one.</param>
    /// <param name="waiters">Others will wait: the word is to say so.</param>
    private static PiAttempt TryLockPi(
        GuestTask task, GuestAddress address, in FutexKey key, FutexBucket bucket, GuestTask wanting, GuestTask? owner, bool waiters, out PiState? state, out Errno error)
    {
        state = null;
        error = Errno.EFAULT;
        if (!task.Memory.LoadWord(address, out uint word))
        {
            return PiAttempt.Failed;
        }

        uint tid = word & TidMask;
        if (tid == (uint)wanting.Tid)
        {
            error = Errno.EDEADLK;
            return PiAttempt.Failed;
        }

        if (bucket.Top(key) is { } top)
        {
            state = top.PiState;
            error = Errno.EINVAL;
            return state?.Owner is { } known && known.Tid == (int)tid ? PiAttempt.Owned : PiAttempt.Failed;
        }

        uint value = tid == 0
            ? (word & OwnerDied) | (uint)wanting.Tid | (waiters ? FUTEX_WAITERS : 0)
            : word | FUTEX_WAITERS;
        if (value != word)
        {
            if (!task.Memory.CompareExchangeWord(address, value, word, out uint found))
            {
                return PiAttempt.Failed;
            }

            if (found != word)
            {
                return PiAttempt.Again;
            }
        }

        if (tid == 0)
        {
            return PiAttempt.Acquired;
        }

        if (owner is not null && owner.Tid != (int)tid)
        {
            return PiAttempt.Again;
        }

        state = owner is null ? null : NewState(key, owner);
        if (state is not null)
        {
            return PiAttempt.Owned;
        }

        // Its owner is gone, or was while this looked.
        error = !task.Memory.LoadWord(address, out uint now) ? Errno.EFAULT : Errno.ESRCH;
        return error == Errno.ESRCH && now != value ? PiAttempt.Again : PiAttempt.Failed;
    }

    /// <summary>Null if the owner has given up its futexes.</summary>
    private static PiState? NewState(in FutexKey key, GuestTask owner)
    {
        lock (s_piLock)
        {
            if (owner.HasLeftFutexes)
            {
                return null;
            }

            PiState state = new() { Key = key, Owner = owner };
            owner.OwnedPiStates.Add(state);
            return state;
        }
    }

    private static GuestTask? FindOwner(Machine machine, uint word)
    {
        if ((word & TidMask) == 0)
        {
            return null;
        }

        lock (machine.Tasks.Lock)
        {
            return machine.Tasks.FindTask((int)(word & TidMask));
        }
    }

    /// <summary>Makes a waiter wait for a lock; false if its task would wait for itself in the end.</summary>
    private static bool TryJoin(FutexWaiter waiter, PiState state)
    {
        lock (s_piLock)
        {
            for (GuestTask? owner = state.Owner; owner is not null; owner = owner.FutexWaiter.PiState?.Owner)
            {
                if (owner == waiter.Task)
                {
                    return false;
                }
            }

            waiter.PiState = state;
            state.Waiters++;
            return true;
        }
    }

    /// <summary>Makes the next waiter the owner, under the bucket lock; the word says so already.</summary>
    private static void HandOver(FutexBucket bucket, FutexWaiter next)
    {
        bucket.Remove(next);
        lock (s_piLock)
        {
            PiState state = next.PiState!;
            next.PiState = null;
            state.Waiters--;
            state.Owner?.OwnedPiStates.Remove(state);
            state.Owner = next.Task;
            if (state.Waiters > 0)
            {
                next.Task.OwnedPiStates.Add(state);
            }
        }
    }

    /// <summary>A waiter gave up, under the bucket lock.</summary>
    private static void LeavePiState(FutexWaiter waiter)
    {
        if (waiter.PiState is { } state)
        {
            lock (s_piLock)
            {
                waiter.PiState = null;
                state.Waiters--;
            }

            DropIfUnused(state);
        }
    }

    /// <summary>Under the bucket lock.</summary>
    private static void DropIfUnused(PiState state)
    {
        lock (s_piLock)
        {
            if (state.Waiters == 0)
            {
                state.Owner?.OwnedPiStates.Remove(state);
            }
        }
    }

    /// <summary>Hands over every lock that others wait for. The words get FUTEX_OWNER_DIED.</summary>
    private static void LeavePiStates(GuestTask task, bool forGood)
    {
        while (true)
        {
            PiState state;
            lock (s_piLock)
            {
                if (task.OwnedPiStates.Count == 0)
                {
                    task.HasLeftFutexes = forGood;
                    return;
                }

                state = task.OwnedPiStates[^1];
            }

            FutexWaiter? next = null;
            FutexBucket bucket = BucketOf(state.Key);
            lock (bucket.Lock)
            {
                if (state.Owner != task)
                {
                    continue;
                }

                next = bucket.Top(state.Key);
                if (next is null)
                {
                    DropIfUnused(state);
                    continue;
                }

                MemoryMap memory = next.Task.Memory;
                uint value = FUTEX_WAITERS | OwnerDied | (uint)next.Task.Tid;
                bool mapped = memory.LoadWord(next.Address, out uint found);
                for (uint word = found; mapped; word = found)
                {
                    mapped = memory.CompareExchangeWord(next.Address, value, word, out found);
                    if (found == word)
                    {
                        break;
                    }
                }

                HandOver(bucket, next);
            }

            next.Wake();
        }
    }
}
