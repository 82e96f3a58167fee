using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Policies, priorities and affinity. The host schedules; what guests set is remembered and shown.</summary>
internal static unsafe class SchedulingCalls
{
    private const string StateOnly = "remembered, without effect on the host's scheduler";
    private const int MaxRealtimePriority = 99;
    private const int LowestNice = 19;
    private const int HighestNice = -20;
    private const int MaxMaskBytes = 1024;

    /// <summary>In the place of a policy: leave it.</summary>
    private const int KeepPolicy = -1;

    public static readonly Syscall[] Calls =
    [
        new(24, "sched_yield", &SchedYield),
        new(140, "getpriority", &Getpriority, K.PriorityWhich, K.Int),
        new(141, "setpriority", &Setpriority, K.PriorityWhich, K.Int, K.Int) { Support = Support.Partial, Caveat = StateOnly },
        new(142, "sched_setparam", &SchedSetparam, K.Pid, K.InInt) { Support = Support.Partial, Caveat = StateOnly },
        new(143, "sched_getparam", &SchedGetparam, K.Pid, K.OutInt),
        new(144, "sched_setscheduler", &SchedSetscheduler, K.Pid, K.SchedPolicy, K.InInt) { Support = Support.Partial, Caveat = StateOnly },
        new(145, "sched_getscheduler", &SchedGetscheduler, K.Pid),
        new(146, "sched_get_priority_max", &PriorityMax, K.SchedPolicy),
        new(147, "sched_get_priority_min", &PriorityMin, K.SchedPolicy),
        new(148, "sched_rr_get_interval", &RoundRobinInterval, K.Pid, K.OutTimespec),
        new(203, "sched_setaffinity", &SchedSetaffinity, K.Pid, K.Size, K.InCpuSet),
        new(204, "sched_getaffinity", &SchedGetaffinity, K.Pid, K.Size, K.OutCpuSet),
        new(251, "ioprio_set", &IoprioSet, K.Int, K.Int, K.Hex) { Support = Support.Partial, Caveat = StateOnly },
        new(252, "ioprio_get", &IoprioGet, K.Int, K.Int),
        new(309, "getcpu", &Getcpu, K.OutInt, K.OutInt, K.Pointer),
        new(314, "sched_setattr", &SchedSetattr, K.Pid, K.Pointer, K.Hex) { Support = Support.Partial, Caveat = StateOnly },
        new(315, "sched_getattr", &SchedGetattr, K.Pid, K.Pointer, K.Size, K.Hex),
        new(324, "membarrier", &Membarrier, K.MembarrierCommand, K.UInt, K.Int) { Support = Support.Partial, Caveat = "no rseq commands" },
    ];

    private static SyscallResult SchedYield(GuestTask task, in SyscallArguments arguments)
    {
        HostScheduler.Yield();
        return Errno.None;
    }

    private static SyscallResult Getcpu(GuestTask task, in SyscallArguments arguments)
    {
        HostScheduler.CurrentCpu(out uint cpu, out uint node);
        return (arguments.Address(0).IsNull || task.Memory.Write(arguments.Address(0), cpu))
            && (arguments.Address(1).IsNull || task.Memory.Write(arguments.Address(1), node))
            ? Errno.None
            : Errno.EFAULT;
    }

    // Policies.
    private static SyscallResult PriorityMax(GuestTask task, in SyscallArguments arguments) => arguments.Int(0) switch
    {
        SCHED_FIFO or SCHED_RR => MaxRealtimePriority,
        SCHED_NORMAL or SCHED_BATCH or SCHED_IDLE or SCHED_DEADLINE => 0,
        _ => Errno.EINVAL,
    };

    private static SyscallResult PriorityMin(GuestTask task, in SyscallArguments arguments) => arguments.Int(0) switch
    {
        SCHED_FIFO or SCHED_RR => 1,
        SCHED_NORMAL or SCHED_BATCH or SCHED_IDLE or SCHED_DEADLINE => 0,
        _ => Errno.EINVAL,
    };

    private static SyscallResult SchedSetscheduler(GuestTask task, in SyscallArguments arguments)
        => arguments.Int(1) < 0 ? Errno.EINVAL : SetScheduler(task, arguments.Int(0), arguments.Int(1), arguments.Address(2));

    private static SyscallResult SchedSetparam(GuestTask task, in SyscallArguments arguments)
        => SetScheduler(task, arguments.Int(0), KeepPolicy, arguments.Address(1));

    private static SyscallResult SetScheduler(GuestTask task, int pid, int policy, GuestAddress from)
    {
        if (from.IsNull || pid < 0)
        {
            return Errno.EINVAL;
        }

        if (!task.Memory.Read(from, out sched_param parameter))
        {
            return Errno.EFAULT;
        }

        GuestTask? target = Find(task, pid);
        if (target is null)
        {
            return Errno.ESRCH;
        }

        bool resets = policy >= 0 ? (policy & SCHED_RESET_ON_FORK) != 0 : target.Scheduling.ResetsOnFork;
        return Set(task, target, policy >= 0 ? policy & ~SCHED_RESET_ON_FORK : target.Scheduling.Policy, (uint)parameter.sched_priority, target.Scheduling.Nice, resets);
    }

    /// <summary>The checks of __sched_setscheduler, in its order.</summary>
    private static Errno Set(GuestTask task, GuestTask target, int policy, uint priority, int nice, bool resets)
    {
        Scheduling old = target.Scheduling;
        bool fair = policy is SCHED_NORMAL or SCHED_BATCH;
        bool realtime = policy is SCHED_FIFO or SCHED_RR;
        if (!(fair || realtime || policy is SCHED_IDLE) || priority > MaxRealtimePriority || realtime != (priority != 0))
        {
            return Errno.EINVAL;
        }

        ulong limit = target.Group.Limits[RLIMIT_RTPRIO].rlim_cur;
        bool allowed = (!fair || nice >= old.Nice || IsNiceAllowed(target, nice))
            && (!realtime || ((policy == old.Policy || limit != 0) && (priority <= old.Priority || priority <= limit)))
            && (old.Policy != SCHED_IDLE || policy == SCHED_IDLE || IsNiceAllowed(target, old.Nice))
            && IsSameOwner(task, target)
            && (!old.ResetsOnFork || resets);
        if (!allowed && !IsPrivileged(task))
        {
            return Errno.EPERM;
        }

        target.Scheduling = old with { Policy = policy, Priority = (int)priority, Nice = fair ? nice : old.Nice, ResetsOnFork = resets };
        return Errno.None;
    }

    private static SyscallResult SchedGetscheduler(GuestTask task, in SyscallArguments arguments)
        => arguments.Int(0) < 0 ? Errno.EINVAL
            : Find(task, arguments.Int(0)) is { Scheduling: var scheduling } ? scheduling.Policy | (scheduling.ResetsOnFork ? SCHED_RESET_ON_FORK : 0)
            : Errno.ESRCH;

    private static SyscallResult SchedGetparam(GuestTask task, in SyscallArguments arguments)
        => arguments.Int(0) < 0 || arguments.Address(1).IsNull ? Errno.EINVAL
            : Find(task, arguments.Int(0)) is not { } target ? Errno.ESRCH
            : task.Memory.Write(arguments.Address(1), new sched_param { sched_priority = target.Scheduling.Priority }) ? Errno.None
            : Errno.EFAULT;

    private static SyscallResult RoundRobinInterval(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.Int(0) < 0)
        {
            return Errno.EINVAL;
        }

        if (Find(task, arguments.Int(0)) is not { } target)
        {
            return Errno.ESRCH;
        }

        timespec interval = target.Scheduling.Policy switch
        {
            SCHED_RR => new timespec { tv_nsec = 100_000_000 },
            SCHED_FIFO => default,
            _ => HostScheduler.RoundRobinInterval(),
        };
        return task.Memory.Write(arguments.Address(1), interval) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult SchedSetattr(GuestTask task, in SyscallArguments arguments)
    {
        const ulong UtilClamp = SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX;
        const ulong Known = SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN | SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS | UtilClamp;
        GuestAddress from = arguments.Address(1);
        if (from.IsNull || arguments.Int(0) < 0 || arguments.UInt(2) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = ReadAttributes(task, from, out sched_attr attributes);
        if (error != Errno.None)
        {
            return error;
        }

        if ((int)attributes.sched_policy < 0)
        {
            return Errno.EINVAL;
        }

        if (Find(task, arguments.Int(0)) is not { } target)
        {
            return Errno.ESRCH;
        }

        Scheduling old = target.Scheduling;
        bool keepsPolicy = (attributes.sched_flags & SCHED_FLAG_KEEP_POLICY) != 0;
        bool keepsParameters = (attributes.sched_flags & SCHED_FLAG_KEEP_PARAMS) != 0;
        int policy = keepsPolicy ? old.Policy : (int)attributes.sched_policy;
        if ((attributes.sched_flags & ~Known) != 0)
        {
            return Errno.EINVAL;
        }

        if (policy == SCHED_DEADLINE)
        {
            return attributes.sched_runtime == 0 || attributes.sched_deadline < attributes.sched_runtime ? Errno.EINVAL : Errno.EPERM;
        }

        if ((attributes.sched_flags & UtilClamp) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        return Set(
            task,
            target,
            policy,
            keepsParameters ? (uint)old.Priority : attributes.sched_priority,
            keepsParameters ? old.Nice : int.Clamp(attributes.sched_nice, HighestNice, LowestNice),
            keepsPolicy ? old.ResetsOnFork : (attributes.sched_flags & SCHED_FLAG_RESET_ON_FORK) != 0);
    }

    /// <summary>A structure that may be of another version: what this one does not know must be zero.</summary>
    private static Errno ReadAttributes(GuestTask task, GuestAddress from, out sched_attr attributes)
    {
        attributes = default;
        if (!task.Memory.Read(from, out uint size))
        {
            return Errno.EFAULT;
        }

        size = size == 0 ? SCHED_ATTR_SIZE_VER0 : size;
        bool tooBig = size is < SCHED_ATTR_SIZE_VER0 or > (uint)GuestAddress.PageSize;
        if (!tooBig)
        {
            Span<byte> bytes = task.Scratch.AsSpan(0, int.Max((int)size, sizeof(sched_attr)));
            bytes.Clear();
            if (task.Memory.CopyIn(from, bytes[..(int)size]) < (int)size)
            {
                return Errno.EFAULT;
            }

            tooBig = bytes[sizeof(sched_attr)..].ContainsAnyExcept((byte)0);
            attributes = MemoryMarshal.Read<sched_attr>(bytes);
        }

        if (tooBig)
        {
            _ = task.Memory.Write(from, (uint)sizeof(sched_attr));
            return Errno.E2BIG;
        }

        return Errno.None;
    }

    private static SyscallResult SchedGetattr(GuestTask task, in SyscallArguments arguments)
    {
        uint size = arguments.UInt(2);
        if (arguments.Address(1).IsNull || arguments.Int(0) < 0 || size is < SCHED_ATTR_SIZE_VER0 or > (uint)GuestAddress.PageSize || arguments.UInt(3) != 0)
        {
            return Errno.EINVAL;
        }

        if (Find(task, arguments.Int(0)) is not { Scheduling: var scheduling })
        {
            return Errno.ESRCH;
        }

        size = uint.Min(size, (uint)sizeof(sched_attr));
        bool realtime = scheduling.Policy is SCHED_FIFO or SCHED_RR;
        sched_attr attributes = new()
        {
            size = size,
            sched_policy = (uint)scheduling.Policy,
            sched_flags = scheduling.ResetsOnFork ? SCHED_FLAG_RESET_ON_FORK : 0,
            sched_nice = realtime ? 0 : scheduling.Nice,
            sched_priority = (uint)scheduling.Priority,
            sched_runtime = realtime ? 0 : HostScheduler.Slice,
        };
        return task.Memory.CopyOut(arguments.Address(1), new ReadOnlySpan<byte>(&attributes, (int)size)) == (int)size ? Errno.None : Errno.EFAULT;
    }

    // Nice values and I/O priorities.
    private static SyscallResult Getpriority(GuestTask task, in SyscallArguments arguments)
    {
        if (!TrySelect(task, arguments.Int(0), arguments.Int(1), PRIO_PROCESS, out List<GuestTask> targets))
        {
            return Errno.EINVAL;
        }

        long best = -(long)Errno.ESRCH;
        foreach (GuestTask target in targets)
        {
            best = long.Max(best, LowestNice + 1 - target.Scheduling.Nice);
        }

        return best;
    }

    private static SyscallResult Setpriority(GuestTask task, in SyscallArguments arguments)
    {
        if (!TrySelect(task, arguments.Int(0), arguments.Int(1), PRIO_PROCESS, out List<GuestTask> targets))
        {
            return Errno.EINVAL;
        }

        int nice = int.Clamp(arguments.Int(2), HighestNice, LowestNice);
        Errno error = Errno.ESRCH;
        foreach (GuestTask target in targets)
        {
            if (!IsSameOwner(task, target) && !IsPrivileged(task))
            {
                error = Errno.EPERM;
            }
            else if (nice < target.Scheduling.Nice && !IsNiceAllowed(target, nice) && !IsPrivileged(task))
            {
                error = Errno.EACCES;
            }
            else
            {
                error = error == Errno.ESRCH ? Errno.None : error;
                target.Scheduling = target.Scheduling with { Nice = nice };
            }
        }

        return error;
    }

    private static SyscallResult IoprioSet(GuestTask task, in SyscallArguments arguments)
    {
        int priority = arguments.Int(2);
        int level = priority & ((1 << IOPRIO_CLASS_SHIFT) - 1);
        switch (priority >> IOPRIO_CLASS_SHIFT)
        {
            case IOPRIO_CLASS_RT when !IsPrivileged(task):
                return Errno.EPERM;
            case IOPRIO_CLASS_RT or IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE:
                break;
            case IOPRIO_CLASS_NONE when level == 0:
                break;
            default:
                return Errno.EINVAL;
        }

        if (!TrySelect(task, arguments.Int(0), arguments.Int(1), IOPRIO_WHO_PROCESS, out List<GuestTask> targets))
        {
            return Errno.EINVAL;
        }

        Errno error = Errno.ESRCH;
        foreach (GuestTask target in targets)
        {
            if (!IsSameOwner(task, target) && !IsPrivileged(task))
            {
                return Errno.EPERM;
            }

            target.Scheduling = target.Scheduling with { IoPriority = priority };
            error = Errno.None;
        }

        return error;
    }

    private static SyscallResult IoprioGet(GuestTask task, in SyscallArguments arguments)
    {
        int which = arguments.Int(0);
        if (!TrySelect(task, which, arguments.Int(1), IOPRIO_WHO_PROCESS, out List<GuestTask> targets))
        {
            return Errno.EINVAL;
        }

        if (targets.Count == 0)
        {
            return Errno.ESRCH;
        }

        if (which == IOPRIO_WHO_PROCESS)
        {
            return targets[0].Scheduling.IoPriority;
        }

        // The best of all: what follows from the nice value where nothing was set.
        int best = int.MaxValue;
        foreach (GuestTask target in targets)
        {
            Scheduling of = target.Scheduling;
            best = int.Min(best, of.IoPriority != 0 ? of.IoPriority : IoPriorityOf(of));
        }

        return best;
    }

    private static int IoPriorityOf(Scheduling scheduling)
    {
        int ioClass = scheduling.Policy switch
        {
            SCHED_IDLE => IOPRIO_CLASS_IDLE,
            SCHED_FIFO or SCHED_RR => IOPRIO_CLASS_RT,
            _ => IOPRIO_CLASS_BE,
        };
        return (ioClass << IOPRIO_CLASS_SHIFT) | ((scheduling.Nice + 20) / 5);
    }

    /// <summary>The tasks that a which and a who select: by process, process group, user, numbered from
    /// <paramref name="first"/> on.</summary>
    /// <returns>False for a which that there is not.</returns>
    private static bool TrySelect(GuestTask task, int which, int who, int first, out List<GuestTask> targets)
    {
        targets = [];
        switch (which - first)
        {
            case PRIO_PROCESS:
                if (Find(task, who) is { } one)
                {
                    targets.Add(one);
                }

                return true;
            case PRIO_PGRP:
                int processGroup = who == 0 ? task.Group.ProcessGroup : who;
                AddWhere(task, targets, target => target.Group.ProcessGroup == processGroup);
                return true;
            case PRIO_USER:
                uint user = who == 0 ? task.Credentials.Uid : (uint)who;
                AddWhere(task, targets, target => target.Credentials.Uid == user);
                return true;
            default:
                return false;
        }
    }

    private static void AddWhere(GuestTask task, List<GuestTask> targets, Predicate<GuestTask> selects)
    {
        lock (task.Machine.Tasks.Lock)
        {
            foreach (ThreadGroup group in task.Machine.Tasks.Groups)
            {
                foreach (GuestTask target in group.Tasks)
                {
                    if (selects(target))
                    {
                        targets.Add(target);
                    }
                }
            }
        }
    }

    // Affinity.
    private static SyscallResult SchedGetaffinity(GuestTask task, in SyscallArguments arguments)
    {
        uint length = arguments.UInt(1);
        ReadOnlySpan<int> cpus = task.Machine.Placement.Cpus;
        if (length * 8UL <= (ulong)cpus[^1] || length % sizeof(ulong) != 0)
        {
            return Errno.EINVAL;
        }

        if (Find(task, arguments.Int(0)) is not { } target)
        {
            return Errno.ESRCH;
        }

        Span<ulong> mask = stackalloc ulong[MaxMaskBytes / sizeof(ulong)];
        UsableMask(cpus, mask);
        ReadOnlySpan<ulong> own = target.Scheduling.Affinity.Span;
        for (int index = 0; index < own.Length; index++)
        {
            mask[index] &= own[index];
        }

        int size = int.Min((int)length, HostScheduler.CpuMaskBytes());
        return task.Memory.CopyOut(arguments.Address(2), MemoryMarshal.AsBytes(mask)[..size]) == size ? size : Errno.EFAULT;
    }

    private static SyscallResult SchedSetaffinity(GuestTask task, in SyscallArguments arguments)
    {
        Span<ulong> mask = stackalloc ulong[MaxMaskBytes / sizeof(ulong)];
        mask.Clear();
        int length = (int)uint.Min(arguments.UInt(1), (uint)HostScheduler.CpuMaskBytes());
        if (task.Memory.CopyIn(arguments.Address(2), MemoryMarshal.AsBytes(mask)[..length]) < length)
        {
            return Errno.EFAULT;
        }

        if (Find(task, arguments.Int(0)) is not { } target)
        {
            return Errno.ESRCH;
        }

        if (!IsSameOwner(task, target) && !IsPrivileged(task))
        {
            return Errno.EPERM;
        }

        Span<ulong> usable = stackalloc ulong[mask.Length];
        UsableMask(task.Machine.Placement.Cpus, usable);
        bool any = false;
        for (int index = 0; index < mask.Length; index++)
        {
            mask[index] &= usable[index];
            any |= mask[index] != 0;
        }

        if (!any)
        {
            return Errno.EINVAL;
        }

        target.Scheduling = target.Scheduling with { Affinity = mask.ToArray() };
        task.Machine.Placement.Restricted(target);
        return Errno.None;
    }

    private static void UsableMask(ReadOnlySpan<int> cpus, Span<ulong> mask)
    {
        mask.Clear();
        foreach (int cpu in cpus)
        {
            mask[cpu / 64] |= 1UL << (cpu % 64);
        }
    }

    // Barriers.
    private static SyscallResult Membarrier(GuestTask task, in SyscallArguments arguments)
    {
        const int Commands = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED
            | MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
            | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | MEMBARRIER_CMD_GET_REGISTRATIONS;
        int command = arguments.Int(0);
        if (arguments.UInt(1) != 0)
        {
            return Errno.EINVAL;
        }

        switch (command)
        {
            case MEMBARRIER_CMD_QUERY:
                return Commands;
            case MEMBARRIER_CMD_GLOBAL or MEMBARRIER_CMD_GLOBAL_EXPEDITED:
                return HostScheduler.GlobalBarrier();
            case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED or MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED or MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
                task.Memory.RegisterBarrier(command);
                return Errno.None;
            case MEMBARRIER_CMD_GET_REGISTRATIONS:
                return task.Memory.Barriers;
            case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
                return PrivateBarrier(task, command, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
            case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
                return PrivateBarrier(task, command, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE);
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>A barrier on every thread of the address space: by the host child, whose threads they are.</summary>
    private static SyscallResult PrivateBarrier(GuestTask task, int command, int registration)
    {
        if ((task.Memory.Barriers & registration) == 0)
        {
            return Errno.EPERM;
        }

        if (!task.Memory.IsShared)
        {
            return Errno.None;
        }

        HostOp register = new() { Number = SYS_membarrier, A0 = (ulong)registration };
        HostOp barrier = new() { Number = SYS_membarrier, A0 = (ulong)command };
        if (task.Host.Run([register, barrier]) is { } failure)
        {
            task.Machine.HostFailed(task, failure.ToString());
        }

        return Errno.None;
    }

    /// <summary>The thread with an id, 0 being the caller; null for none.</summary>
    private static GuestTask? Find(GuestTask task, int tid)
    {
        if (tid == 0)
        {
            return task;
        }

        lock (task.Machine.Tasks.Lock)
        {
            return task.Machine.Tasks.FindTask(tid);
        }
    }

    private static bool IsPrivileged(GuestTask task) => task.Credentials.Has(CAP_SYS_NICE);

    private static bool IsSameOwner(GuestTask task, GuestTask target)
        => task == target || task.Credentials.EffectiveUid == target.Credentials.EffectiveUid || task.Credentials.EffectiveUid == target.Credentials.Uid;

    /// <summary>RLIMIT_NICE: 20 less the lowest nice value that it allows.</summary>
    private static bool IsNiceAllowed(GuestTask target, int nice) => (ulong)(LowestNice + 1 - nice) <= target.Group.Limits[RLIMIT_NICE].rlim_cur;
}
