using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

namespace UmlHost.Kernel;

// futex_waitv: one wait for several futexes.
internal static partial class Futex
{
    /// <summary>Waits until one of <paramref name="waiters"/>, prepared and not queued, is woken.</summary>
    /// <param name="values">What each word must be; EAGAIN otherwise.</param>
    /// <returns>The index of one that was woken; EAGAIN, EFAULT, ETIMEDOUT, EINTR.</returns>
    public static Result WaitMany(GuestTask task, FutexWaiter[] waiters, uint[] values, Deadline deadline)
    {
        for (int index = 0; index < waiters.Length; index++)
        {
            Errno error = Enqueue(waiters[index], values[index]);
            if (error != Errno.None)
            {
                int woken = UnqueueAll(task, waiters, index);
                return woken >= 0 ? new Result(woken) : Fail(error);
            }
        }

        while (true)
        {
            task.ArmSleep();
            foreach (FutexWaiter waiter in waiters)
            {
                if (waiter.Bucket is null)
                {
                    return new Result(UnqueueAll(task, waiters, waiters.Length));
                }
            }

            Errno ended = task.NeedsAttention ? Errno.EINTR : task.Sleep(deadline) ? Errno.None : Errno.ETIMEDOUT;
            if (ended != Errno.None)
            {
                int woken = UnqueueAll(task, waiters, waiters.Length);
                return woken >= 0 ? new Result(woken) : Fail(ended);
            }
        }
    }

    /// <summary>Takes back the first <paramref name="count"/> waiters.</summary>
    /// <returns>The index of the last one that somebody woke; -1 if nobody did.</returns>
    private static int UnqueueAll(GuestTask task, FutexWaiter[] waiters, int count)
    {
        int woken = -1;
        for (int index = 0; index < count; index++)
        {
            if (!Unqueue(waiters[index]))
            {
                AwaitWake(task, waiters[index]);
                woken = index;
            }
        }

        return woken;
    }

    /// <summary>One more waiter of a task, for <see cref="WaitMany"/>.</summary>
    public static Errno TryPrepare(GuestTask task, GuestAddress address, bool shared, out FutexWaiter waiter)
    {
        waiter = new FutexWaiter(task);
        Errno error = task.Memory.TryGetFutexKey(address, shared, Access.Read, out FutexKey key);
        waiter.Prepare(key, address, Linux.FUTEX_BITSET_MATCH_ANY);
        return error;
    }
}
