using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Futexes and robust lists.</summary>
internal static unsafe class FutexCalls
{
    private const uint Private2 = FUTEX_PRIVATE_FLAG;

    public static readonly Syscall[] Calls =
    [
        new(202, "futex", &FutexOperation, K.Pointer, K.FutexOp, K.Int, K.FutexTimeout, K.Pointer, K.FutexValue3),
        new(273, "set_robust_list", &SetRobustList, K.Pointer, K.Size),
        new(274, "get_robust_list", &GetRobustList, K.Pid, K.OutLong, K.OutLong),
        new(449, "futex_waitv", &FutexWaitv, K.Pointer, K.UInt, K.Hex, K.InTimespec, K.ClockId) { Support = Support.Partial, Caveat = "no FUTEX2_NUMA" },
        new(454, "futex_wake", &FutexWake, K.Pointer, K.Hex, K.Int, K.Futex2Flags) { Support = Support.Partial, Caveat = "no FUTEX2_NUMA" },
        new(455, "futex_wait", &FutexWait, K.Pointer, K.Hex, K.Hex, K.Futex2Flags, K.InTimespec, K.ClockId) { Support = Support.Partial, Caveat = "no FUTEX2_NUMA" },
        new(456, "futex_requeue", &FutexRequeue, K.Pointer, K.Hex, K.Int, K.Int) { Support = Support.Partial, Caveat = "no FUTEX2_NUMA" },
    ];

    private static SyscallResult FutexOperation(GuestTask task, in SyscallArguments arguments)
    {
        int operation = arguments.Int(1);
        int command = operation & FUTEX_CMD_MASK;
        bool shared = (operation & FUTEX_PRIVATE_FLAG) == 0;
        GuestAddress address = arguments.Address(0);
        GuestAddress second = arguments.Address(4);
        uint value = arguments.UInt(2);
        uint value3 = arguments.UInt(5);
        Deadline deadline = Deadline.Never;
        if (command is FUTEX_WAIT or FUTEX_WAIT_BITSET or FUTEX_WAIT_REQUEUE_PI or FUTEX_LOCK_PI or FUTEX_LOCK_PI2)
        {
            int clock = (operation & FUTEX_CLOCK_REALTIME) != 0 || command == FUTEX_LOCK_PI ? CLOCK_REALTIME : CLOCK_MONOTONIC;
            Errno error = ReadTimeout(task, arguments.Address(3), clock, relative: command == FUTEX_WAIT, out deadline);
            if (error != Errno.None)
            {
                return error;
            }
        }

        if ((operation & FUTEX_CLOCK_REALTIME) != 0 && command is not (FUTEX_WAIT_BITSET or FUTEX_WAIT_REQUEUE_PI or FUTEX_LOCK_PI2))
        {
            return Errno.ENOSYS;
        }

        // The second count comes in the place of the timeout.
        int second32 = arguments.Int(3);
        switch (command)
        {
            case FUTEX_WAIT:
                return Wait(task, address, shared, value, FUTEX_BITSET_MATCH_ANY, deadline);
            case FUTEX_WAIT_BITSET:
                return Wait(task, address, shared, value, value3, deadline);
            case FUTEX_WAKE:
                return Futex.Wake(task.Memory, address, shared, (int)value, FUTEX_BITSET_MATCH_ANY);
            case FUTEX_WAKE_BITSET:
                return Futex.Wake(task.Memory, address, shared, (int)value, value3);
            case FUTEX_REQUEUE:
                return Futex.Requeue(task, address, shared, (int)value, second32, second, shared, expected: null);
            case FUTEX_CMP_REQUEUE:
                return Futex.Requeue(task, address, shared, (int)value, second32, second, shared, value3);
            case FUTEX_WAKE_OP:
                return Futex.WakeOp(task, address, shared, (int)value, second32, second, value3);
            case FUTEX_LOCK_PI or FUTEX_LOCK_PI2:
                return RestartNoIntr(Futex.LockPi(task, address, shared, deadline, onlyTry: false));
            case FUTEX_TRYLOCK_PI:
                return Futex.LockPi(task, address, shared, Deadline.Never, onlyTry: true);
            case FUTEX_UNLOCK_PI:
                return Futex.UnlockPi(task, address, shared);
            case FUTEX_WAIT_REQUEUE_PI:
                return RestartNoIntr(Futex.WaitRequeuePi(task, address, shared, value, second, deadline));
            case FUTEX_CMP_REQUEUE_PI:
                return Futex.RequeuePi(task, address, shared, (int)value, second32, second, value3);
            default:
                return Errno.ENOSYS;
        }
    }

    private static SyscallResult Wait(GuestTask task, GuestAddress address, bool shared, uint value, uint bitset, Deadline deadline)
    {
        Errno error = Futex.Wait(task, address, shared, value, bitset, deadline);
        if (error != Errno.EINTR || deadline.IsNever)
        {
            return error == Errno.EINTR ? SyscallResult.RestartSys : error;
        }

        task.RestartBlock = new RestartBlock
        {
            Function = &RestartWait,
            Deadline = deadline,
            Address = address,
            First = value,
            Second = bitset,
            Third = shared ? 1UL : 0,
        };
        return SyscallResult.RestartBlock;
    }

    private static SyscallResult RestartWait(GuestTask task, in RestartBlock wait)
        => Wait(task, wait.Address, wait.Third != 0, (uint)wait.First, (uint)wait.Second, wait.Deadline);

    private static SyscallResult RestartNoIntr(Errno error) => error == Errno.EINTR ? SyscallResult.RestartNoIntr : error;

    private static SyscallResult FutexWaitv(GuestTask task, in SyscallArguments arguments)
    {
        uint count = arguments.UInt(1);
        if (arguments.UInt(2) != 0 || count is 0 or > FUTEX_WAITV_MAX || arguments.Address(0).IsNull)
        {
            return Errno.EINVAL;
        }

        Errno error = ReadTimeout2(task, arguments.Address(3), arguments.Int(4), out Deadline deadline);
        if (error != Errno.None)
        {
            return error;
        }

        futex_waitv* vector = stackalloc futex_waitv[FUTEX_WAITV_MAX];
        error = ReadWaiters(task, arguments.Address(0), vector, (int)count);
        if (error != Errno.None)
        {
            return error;
        }

        FutexWaiter[] waiters = new FutexWaiter[count];
        uint[] values = new uint[count];
        for (int index = 0; index < waiters.Length; index++)
        {
            values[index] = (uint)vector[index].val;
            error = Futex.TryPrepare(task, new GuestAddress(vector[index].uaddr), (vector[index].flags & Private2) == 0, out waiters[index]);
            if (error != Errno.None)
            {
                return error;
            }
        }

        Result result = Futex.WaitMany(task, waiters, values, deadline);
        return result.Error == Errno.EINTR ? SyscallResult.RestartSys : result;
    }

    private static SyscallResult FutexWake(GuestTask task, in SyscallArguments arguments)
    {
        uint flags = arguments.UInt(3);
        if (!AreValid(flags) || arguments.ULong(1) > uint.MaxValue)
        {
            return Errno.EINVAL;
        }

        Errno error = task.Memory.TryGetFutexKey(arguments.Address(0), (flags & Private2) == 0, Memory.Access.Read, out _);
        return arguments.UInt(1) != 0 && error != Errno.None ? error
            : arguments.UInt(1) != 0 && arguments.Int(2) == 0 ? SyscallResult.Zero
            : Futex.Wake(task.Memory, arguments.Address(0), (flags & Private2) == 0, arguments.Int(2), arguments.UInt(1));
    }

    private static SyscallResult FutexWait(GuestTask task, in SyscallArguments arguments)
    {
        uint flags = arguments.UInt(3);
        if (!AreValid(flags) || arguments.ULong(1) > uint.MaxValue || arguments.ULong(2) > uint.MaxValue)
        {
            return Errno.EINVAL;
        }

        Errno error = ReadTimeout2(task, arguments.Address(4), arguments.Int(5), out Deadline deadline);
        if (error != Errno.None)
        {
            return error;
        }

        error = Futex.Wait(task, arguments.Address(0), (flags & Private2) == 0, arguments.UInt(1), arguments.UInt(2), deadline);
        return error == Errno.EINTR ? SyscallResult.RestartSys : error;
    }

    private static SyscallResult FutexRequeue(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.UInt(1) != 0 || arguments.Address(0).IsNull)
        {
            return Errno.EINVAL;
        }

        futex_waitv* pair = stackalloc futex_waitv[2];
        Errno error = ReadWaiters(task, arguments.Address(0), pair, 2);
        return error != Errno.None ? error : Futex.Requeue(
            task,
            new GuestAddress(pair[0].uaddr),
            (pair[0].flags & Private2) == 0,
            arguments.Int(2),
            arguments.Int(3),
            new GuestAddress(pair[1].uaddr),
            (pair[1].flags & Private2) == 0,
            (uint)pair[0].val);
    }

    private static Errno ReadWaiters(GuestTask task, GuestAddress from, futex_waitv* to, int count)
    {
        for (int index = 0; index < count; index++)
        {
            if (!task.Memory.Read(from + (ulong)(index * sizeof(futex_waitv)), out to[index]))
            {
                return Errno.EFAULT;
            }

            if (!AreValid(to[index].flags) || to[index].__reserved != 0 || to[index].val > uint.MaxValue)
            {
                return Errno.EINVAL;
            }
        }

        return Errno.None;
    }

    /// <summary>Words of 32 bits are all that there is.</summary>
    private static bool AreValid(uint flags) => (flags & ~Private2) == FUTEX_32;

    private static Errno ReadTimeout2(GuestTask task, GuestAddress from, int clock, out Deadline deadline)
    {
        deadline = Deadline.Never;
        return from.IsNull ? Errno.None
            : clock is not (CLOCK_REALTIME or CLOCK_MONOTONIC) ? Errno.EINVAL
            : ReadTimeout(task, from, clock, relative: false, out deadline);
    }

    private static Errno ReadTimeout(GuestTask task, GuestAddress from, int clock, bool relative, out Deadline deadline)
    {
        deadline = Deadline.Never;
        if (from.IsNull)
        {
            return Errno.None;
        }

        if (!task.Memory.Read(from, out timespec time))
        {
            return Errno.EFAULT;
        }

        if (time.tv_sec < 0 || (ulong)time.tv_nsec >= Deadline.NanosecondsPerSecond)
        {
            return Errno.EINVAL;
        }

        long nanoseconds = Deadline.ToNanoseconds(time);
        deadline = relative ? Deadline.After(nanoseconds) : new Deadline(clock, nanoseconds);
        return Errno.None;
    }

    private static SyscallResult SetRobustList(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.ULong(1) != (ulong)sizeof(robust_list_head))
        {
            return Errno.EINVAL;
        }

        task.RobustList = arguments.Address(0);
        return Errno.None;
    }

    private static SyscallResult GetRobustList(GuestTask task, in SyscallArguments arguments)
    {
        int tid = arguments.Int(0);
        GuestTask? of = task;
        if (tid != 0)
        {
            lock (task.Machine.Tasks.Lock)
            {
                of = task.Machine.Tasks.FindTask(tid);
            }
        }

        if (of is null)
        {
            return Errno.ESRCH;
        }

        if (!task.MayAccess(of))
        {
            return Errno.EPERM;
        }

        return task.Memory.Write(arguments.Address(2), (ulong)sizeof(robust_list_head)) && task.Memory.Write(arguments.Address(1), of.RobustList.Value)
            ? Errno.None
            : Errno.EFAULT;
    }
}
