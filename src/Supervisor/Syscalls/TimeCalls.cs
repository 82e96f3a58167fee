using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Time;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Clocks, sleeping, and the time that processes have used.</summary>
internal static unsafe class TimeCalls
{
    private const long TicksPerSecond = 100;

    public static readonly Syscall[] Calls =
    [
        new(35, "nanosleep", &Nanosleep, K.InTimespec, K.OutRemainder),
        new(96, "gettimeofday", &Gettimeofday, K.OutTimeval, K.OutTimezone),
        new(98, "getrusage", &Getrusage, K.RusageWho, K.OutRusage),
        new(99, "sysinfo", &Sysinfo, K.OutSysinfo),
        new(100, "times", &Times, K.OutTms),
        new(159, "adjtimex", &Adjtimex, K.Pointer) { Support = Support.Partial, Caveat = "reads only" },
        new(164, "settimeofday", &Settimeofday, K.InTimeval, K.Pointer) { Support = Support.Partial, Caveat = "always EPERM" },
        new(201, "time", &TimeOfDay, K.OutLong),
        new(227, "clock_settime", &ClockSettime, K.ClockId, K.InTimespec) { Support = Support.Partial, Caveat = "always EPERM" },
        new(228, "clock_gettime", &ClockGettime, K.ClockId, K.OutTimespec),
        new(229, "clock_getres", &ClockGetres, K.ClockId, K.OutTimespec),
        new(230, "clock_nanosleep", &ClockNanosleep, K.ClockId, K.TimerFlags, K.InTimespec, K.OutRemainder),
        new(305, "clock_adjtime", &ClockAdjtime, K.ClockId, K.Pointer) { Support = Support.Partial, Caveat = "reads only" },
    ];

    /// <summary>A time that counts: not negative, and ns below a second.</summary>
    public static bool IsValid(in timespec time) => time.tv_sec >= 0 && (ulong)time.tv_nsec < Deadline.NanosecondsPerSecond;

    private static SyscallResult Gettimeofday(GuestTask task, in SyscallArguments arguments)
    {
        HostClock.Get(CLOCK_REALTIME, out timespec now);
        timeval value = new() { tv_sec = now.tv_sec, tv_usec = now.tv_nsec / 1000 };
        if (!arguments.Address(0).IsNull && !task.Memory.Write(arguments.Address(0), value))
        {
            return Errno.EFAULT;
        }

        return arguments.Address(1).IsNull || task.Memory.Write(arguments.Address(1), default(timezone)) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>The clock is the host's, and no guest has the privilege to set that.</summary>
    private static SyscallResult Settimeofday(GuestTask task, in SyscallArguments arguments)
    {
        if (!arguments.Address(0).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(0), out timeval time))
            {
                return Errno.EFAULT;
            }

            if (time.tv_sec < 0 || (ulong)time.tv_usec > 1_000_000)
            {
                return Errno.EINVAL;
            }
        }

        return arguments.Address(1).IsNull || task.Memory.Read(arguments.Address(1), out timezone _) ? Errno.EPERM : Errno.EFAULT;
    }

    private static SyscallResult TimeOfDay(GuestTask task, in SyscallArguments arguments)
    {
        HostClock.Get(CLOCK_REALTIME_COARSE, out timespec now);
        return arguments.Address(0).IsNull || task.Memory.Write(arguments.Address(0), now.tv_sec) ? now.tv_sec : Errno.EFAULT;
    }

    private static SyscallResult ClockGettime(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = GuestClock.Find(task, arguments.Int(0), toRead: true, out GuestClock clock);
        if (error == Errno.None)
        {
            error = clock.Read(out timespec now);
            if (error == Errno.None && !task.Memory.Write(arguments.Address(1), now))
            {
                error = Errno.EFAULT;
            }
        }

        return error;
    }

    private static SyscallResult ClockGetres(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = GuestClock.Find(task, arguments.Int(0), toRead: false, out GuestClock clock);
        if (error == Errno.None)
        {
            error = clock.Resolution(out timespec resolution);
            if (error == Errno.None && !arguments.Address(1).IsNull && !task.Memory.Write(arguments.Address(1), resolution))
            {
                error = Errno.EFAULT;
            }
        }

        return error;
    }

    private static SyscallResult ClockSettime(GuestTask task, in SyscallArguments arguments)
    {
        int id = arguments.Int(0);
        if (id > CLOCK_REALTIME)
        {
            return Errno.EINVAL;
        }

        if (!task.Memory.Read(arguments.Address(1), out timespec time))
        {
            return Errno.EFAULT;
        }

        Errno error = id == CLOCK_REALTIME
            ? IsValid(time) ? Errno.None : Errno.EINVAL
            : GuestClock.Find(task, id, toRead: false, out _);
        return error == Errno.None ? Errno.EPERM : error;
    }

    private static SyscallResult Adjtimex(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Read(arguments.Address(0), out timex state) ? Discipline(task, arguments.Address(0), ref state) : Errno.EFAULT;

    private static SyscallResult ClockAdjtime(GuestTask task, in SyscallArguments arguments)
    {
        int id = arguments.Int(0);
        return !task.Memory.Read(arguments.Address(1), out timex state) ? Errno.EFAULT
            : id == CLOCK_REALTIME ? Discipline(task, arguments.Address(1), ref state)
            : GuestClock.IsKnown(id) || (id < 0 && !GuestClock.IsDeviceClock(id)) ? Errno.EOPNOTSUPP
            : Errno.EINVAL;
    }

    private static SyscallResult Discipline(GuestTask task, GuestAddress address, ref timex state)
    {
        bool single = (state.modes & ADJ_ADJTIME) != 0;
        if (single && (state.modes & ADJ_OFFSET_SINGLESHOT) != ADJ_OFFSET_SINGLESHOT)
        {
            return Errno.EINVAL;
        }

        if (single ? (state.modes & ADJ_OFFSET_READONLY) == 0 : state.modes != 0)
        {
            return Errno.EPERM;
        }

        Result read = HostClock.Discipline(ref state);
        return read.Failed || task.Memory.Write(address, state) ? read : Errno.EFAULT;
    }

    private static SyscallResult Nanosleep(GuestTask task, in SyscallArguments arguments)
    {
        if (!task.Memory.Read(arguments.Address(0), out timespec time))
        {
            return Errno.EFAULT;
        }

        return IsValid(time) ? SleepFor(task, GuestClock.Monotonic, time, arguments.Address(1)) : Errno.EINVAL;
    }

    private static SyscallResult ClockNanosleep(GuestTask task, in SyscallArguments arguments)
    {
        int id = arguments.Int(0);
        if (id >= 0 && !GuestClock.IsKnown(id))
        {
            return Errno.EINVAL;
        }

        if (!CanSleepOn(id))
        {
            return Errno.EOPNOTSUPP;
        }

        if (!task.Memory.Read(arguments.Address(2), out timespec time))
        {
            return Errno.EFAULT;
        }

        if (!IsValid(time))
        {
            return Errno.EINVAL;
        }

        Errno error = GuestClock.Find(task, id, toRead: false, out GuestClock clock);
        if (error != Errno.None || clock.IsOfThread(task))
        {
            return Errno.EINVAL;
        }

        if ((arguments.Int(1) & TIMER_ABSTIME) == 0)
        {
            return SleepFor(task, clock.Relative, time, arguments.Address(3));
        }

        return SleepUntil(task, clock, Deadline.ToNanoseconds(time)) == WaitResult.Interrupted ? SyscallResult.RestartNoHand : SyscallResult.Zero;
    }

    private static bool CanSleepOn(int id) => id < 0
        ? !GuestClock.IsDeviceClock(id)
        : id is CLOCK_REALTIME or CLOCK_MONOTONIC or CLOCK_BOOTTIME or CLOCK_TAI or CLOCK_PROCESS_CPUTIME_ID;

    private static SyscallResult SleepFor(GuestTask task, GuestClock clock, in timespec time, GuestAddress remainder)
    {
        long now = clock.Now();
        long length = Deadline.ToNanoseconds(time);
        RestartBlock sleep = new()
        {
            Function = &SleepOn,
            Address = remainder,
            First = (ulong)(uint)clock.Id,
            Second = length >= long.MaxValue - now ? long.MaxValue : (ulong)(now + length),
        };
        return SleepOn(task, sleep);
    }

    /// <summary>A relative sleep, or the rest of one.</summary>
    private static SyscallResult SleepOn(GuestTask task, in RestartBlock sleep)
    {
        long until = (long)sleep.Second;
        if (GuestClock.Find(task, (int)(uint)sleep.First, toRead: false, out GuestClock clock) != Errno.None)
        {
            return Errno.EINVAL;
        }

        if (SleepUntil(task, clock, until) != WaitResult.Interrupted)
        {
            return SyscallResult.Zero;
        }

        timespec left = Deadline.ToTimespec(long.Max(0, until - clock.Now()));
        if (!sleep.Address.IsNull && !task.Memory.Write(sleep.Address, left))
        {
            return Errno.EFAULT;
        }

        task.RestartBlock = sleep;
        return SyscallResult.RestartBlock;
    }

    private static WaitResult SleepUntil(GuestTask task, GuestClock clock, long until)
    {
        while (true)
        {
            task.ArmSleep();
            long now = clock.Now();
            if (now >= until)
            {
                return WaitResult.TimedOut;
            }

            if (task.NeedsAttention)
            {
                return WaitResult.Interrupted;
            }

            task.Sleep(clock.DeadlineOf(until, now));
        }
    }

    private static SyscallResult Times(GuestTask task, in SyscallArguments arguments)
    {
        if (!arguments.Address(0).IsNull)
        {
            CpuTime own;
            CpuTime children;
            lock (task.Machine.Tasks.Lock)
            {
                own = task.Group.CpuTime;
                ResourceUsage used = task.Group.UsedByChildren;
                children = new CpuTime(used.UserNanoseconds, used.SystemNanoseconds);
            }

            tms times = new()
            {
                tms_utime = ToTicks(own.User),
                tms_stime = ToTicks(own.System),
                tms_cutime = ToTicks(children.User),
                tms_cstime = ToTicks(children.System),
            };
            if (!task.Memory.Write(arguments.Address(0), times))
            {
                return Errno.EFAULT;
            }
        }

        return ToTicks(Deadline.Now(CLOCK_MONOTONIC));
    }

    private static long ToTicks(long nanoseconds) => nanoseconds / (Deadline.NanosecondsPerSecond / TicksPerSecond);

    private static SyscallResult Getrusage(GuestTask task, in SyscallArguments arguments)
    {
        int who = arguments.Int(0);
        if (who is not (RUSAGE_SELF or RUSAGE_CHILDREN or RUSAGE_THREAD))
        {
            return Errno.EINVAL;
        }

        rusage usage;
        lock (task.Machine.Tasks.Lock)
        {
            if (who == RUSAGE_CHILDREN)
            {
                usage = task.Group.UsedByChildren.ToRusage();
            }
            else
            {
                CpuTime time = who == RUSAGE_THREAD ? task.CpuTime : task.Group.CpuTime;
                ResourceUsage now = new()
                {
                    UserNanoseconds = time.User,
                    SystemNanoseconds = time.System,
                    MinorFaults = task.Memory.Faults.Total,
                    MaxResident = long.Max(task.Group.Used.MaxResident, task.Memory.PresentPages * (long)(GuestAddress.PageSize / 1024)),
                };
                usage = now.ToRusage();
            }
        }

        return task.Memory.Write(arguments.Address(1), usage) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult Sysinfo(GuestTask task, in SyscallArguments arguments)
    {
        sysinfo information = HostScheduler.Information();
        ulong limit = task.Machine.Frames.LimitBytes / uint.Max(1, information.mem_unit);
        if (limit != 0 && limit < information.totalram)
        {
            ulong used = (ulong)task.Machine.Frames.Granted * GuestAddress.PageSize / uint.Max(1, information.mem_unit);
            information.totalram = limit;
            information.freeram = ulong.Min(information.freeram, limit - ulong.Min(limit, used));
        }

        information.procs = (ushort)int.Min(task.Machine.Tasks.TaskCount, ushort.MaxValue);
        return task.Memory.Write(arguments.Address(0), information) ? Errno.None : Errno.EFAULT;
    }
}
