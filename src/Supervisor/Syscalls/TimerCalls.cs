using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Time;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Interval timers, POSIX timers, timerfd.</summary>
internal static unsafe class TimerCalls
{
    private const long Microsecond = 1000;

    public static readonly Syscall[] Calls =
    [
        new(36, "getitimer", &Getitimer, K.Itimer, K.OutItimerval),
        new(37, "alarm", &Alarm, K.UInt),
        new(38, "setitimer", &Setitimer, K.Itimer, K.InItimerval, K.OutItimerval),
        new(222, "timer_create", &TimerCreate, K.ClockId, K.InSigEvent, K.OutInt),
        new(223, "timer_settime", &TimerSettime, K.Int, K.TimerFlags, K.InItimerspec, K.OutItimerspec),
        new(224, "timer_gettime", &TimerGettime, K.Int, K.OutItimerspec),
        new(225, "timer_getoverrun", &TimerGetoverrun, K.Int),
        new(226, "timer_delete", &TimerDelete, K.Int),
        new(283, "timerfd_create", &TimerfdCreate, K.ClockId, K.TimerFdFlags),
        new(286, "timerfd_settime", &TimerfdSettime, K.Fd, K.TimerFlags, K.InItimerspec, K.OutItimerspec)
        {
            Support = Support.Partial,
            Caveat = "TFD_TIMER_CANCEL_ON_SET does not cancel",
        },
        new(287, "timerfd_gettime", &TimerfdGettime, K.Fd, K.OutItimerspec),
    ];

    private static SyscallResult Getitimer(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.UInt(0) > ITIMER_PROF)
        {
            return Errno.EINVAL;
        }

        TimerSetting now = task.Group.Timers.Interval(arguments.Int(0)).Get();
        return task.Memory.Write(arguments.Address(1), ToItimerval(now)) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult Setitimer(GuestTask task, in SyscallArguments arguments)
    {
        itimerval value = default;
        if (!arguments.Address(1).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(1), out value))
            {
                return Errno.EFAULT;
            }

            if (!IsValid(value.it_value) || !IsValid(value.it_interval))
            {
                return Errno.EINVAL;
            }
        }

        if (arguments.UInt(0) > ITIMER_PROF)
        {
            return Errno.EINVAL;
        }

        TimerSetting old = task.Group.Timers.Interval(arguments.Int(0)).Set(ToNanoseconds(value.it_value), ToNanoseconds(value.it_interval), absolute: false);
        return arguments.Address(2).IsNull || task.Memory.Write(arguments.Address(2), ToItimerval(old)) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult Alarm(GuestTask task, in SyscallArguments arguments)
    {
        TimerSetting old = task.Group.Timers.Interval(ITIMER_REAL).Set(arguments.UInt(0) * Deadline.NanosecondsPerSecond, 0, absolute: false);
        timeval left = ToTimeval(old.Value);

        // To the nearest second, but never none while there is time left.
        return left.tv_sec + ((left.tv_sec == 0 && left.tv_usec != 0) || left.tv_usec >= 500_000 ? 1 : 0);
    }

    private static SyscallResult TimerCreate(GuestTask task, in SyscallArguments arguments)
    {
        sigevent? notify = null;
        if (!arguments.Address(1).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(1), out sigevent given))
            {
                return Errno.EFAULT;
            }

            notify = given;
        }

        int id = arguments.Int(0);
        if (id >= 0 && !GuestClock.IsKnown(id))
        {
            return Errno.EINVAL;
        }

        if (!CanTime(id))
        {
            return Errno.EOPNOTSUPP;
        }

        GuestTask? target = null;
        if (notify is { } how && !IsGood(task, how, out target))
        {
            return Errno.EINVAL;
        }

        Errno error = GuestClock.Find(task, id, toRead: false, out GuestClock clock);
        if (error != Errno.None)
        {
            return error;
        }

        PosixTimer? timer = task.Group.Timers.Create(clock, notify, target);
        if (timer is null)
        {
            return Errno.EAGAIN;
        }

        if (!task.Memory.Write(arguments.Address(2), timer.Id))
        {
            task.Group.Timers.Delete(timer.Id);
            return Errno.EFAULT;
        }

        return Errno.None;
    }

    private static bool CanTime(int id) => id < 0
        ? !GuestClock.IsDeviceClock(id)
        : id is CLOCK_REALTIME or CLOCK_MONOTONIC or CLOCK_BOOTTIME or CLOCK_TAI or CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID;

    private static bool IsGood(GuestTask task, in sigevent notify, out GuestTask? target)
    {
        target = null;
        if (notify.sigev_notify == SIGEV_NONE)
        {
            return true;
        }

        if (notify.sigev_notify == SIGEV_THREAD_ID)
        {
            lock (task.Machine.Tasks.Lock)
            {
                target = task.Machine.Tasks.FindTask(notify.sigev_notify_thread_id);
            }

            if (target?.Group != task.Group)
            {
                return false;
            }
        }

        return notify.sigev_notify is SIGEV_SIGNAL or SIGEV_THREAD or SIGEV_THREAD_ID && notify.sigev_signo is > 0 and <= SIGRTMAX;
    }

    private static SyscallResult TimerSettime(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.Address(2).IsNull)
        {
            return Errno.EINVAL;
        }

        Errno error = ReadSetting(task, arguments.Address(2), out TimerSetting setting);
        if (error != Errno.None)
        {
            return error;
        }

        PosixTimer? timer = task.Group.Timers.Find(arguments.Int(0));
        if (timer is null)
        {
            return Errno.EINVAL;
        }

        TimerSetting old = timer.Set(setting.Value, setting.Interval, (arguments.Int(1) & TIMER_ABSTIME) != 0);
        return arguments.Address(3).IsNull ? Errno.None : Write(task, arguments.Address(3), old);
    }

    private static SyscallResult TimerGettime(GuestTask task, in SyscallArguments arguments)
        => task.Group.Timers.Find(arguments.Int(0)) is { } timer ? Write(task, arguments.Address(1), timer.Get()) : Errno.EINVAL;

    private static SyscallResult TimerGetoverrun(GuestTask task, in SyscallArguments arguments)
        => task.Group.Timers.Find(arguments.Int(0)) is { } timer ? timer.Overrun : Errno.EINVAL;

    private static SyscallResult TimerDelete(GuestTask task, in SyscallArguments arguments)
        => task.Group.Timers.Delete(arguments.Int(0)) ? Errno.None : Errno.EINVAL;

    private static SyscallResult TimerfdCreate(GuestTask task, in SyscallArguments arguments)
    {
        int id = arguments.Int(0);
        int flags = arguments.Int(1);
        if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) != 0
            || id is not (CLOCK_REALTIME or CLOCK_MONOTONIC or CLOCK_BOOTTIME or CLOCK_REALTIME_ALARM or CLOCK_BOOTTIME_ALARM))
        {
            return Errno.EINVAL;
        }

        // The alarm clocks wake the host from its sleep: no guest has that privilege.
        if (id is CLOCK_REALTIME_ALARM or CLOCK_BOOTTIME_ALARM)
        {
            return Errno.EPERM;
        }

        GuestClock.Find(task, id, toRead: false, out GuestClock clock);
        TimerFd file = new(task.Machine, clock, O_RDWR | (flags & TFD_NONBLOCK));
        int fd = task.Files.Add(file, (flags & TFD_CLOEXEC) != 0);
        if (fd < 0)
        {
            file.Release();
        }

        return fd;
    }

    private static SyscallResult TimerfdSettime(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = ReadSetting(task, arguments.Address(2), out TimerSetting setting);
        if (error != Errno.None || (arguments.Int(1) & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0)
        {
            return error == Errno.EFAULT ? error : Errno.EINVAL;
        }

        using FileReference reference = task.Files.Get(arguments.Int(0));
        if (reference.File is not TimerFd file)
        {
            return reference.File is null or { IsPath: true } ? Errno.EBADF : Errno.EINVAL;
        }

        TimerSetting old = file.Set(setting.Value, setting.Interval, (arguments.Int(1) & TFD_TIMER_ABSTIME) != 0);
        return arguments.Address(3).IsNull ? Errno.None : Write(task, arguments.Address(3), old);
    }

    private static SyscallResult TimerfdGettime(GuestTask task, in SyscallArguments arguments)
    {
        using FileReference reference = task.Files.Get(arguments.Int(0));
        return reference.File is TimerFd file ? Write(task, arguments.Address(1), file.Get())
            : reference.File is null or { IsPath: true } ? Errno.EBADF
            : Errno.EINVAL;
    }

    private static Errno ReadSetting(GuestTask task, GuestAddress from, out TimerSetting setting)
    {
        setting = default;
        if (!task.Memory.Read(from, out itimerspec value))
        {
            return Errno.EFAULT;
        }

        if (!TimeCalls.IsValid(value.it_value) || !TimeCalls.IsValid(value.it_interval))
        {
            return Errno.EINVAL;
        }

        setting = new TimerSetting(Deadline.ToNanoseconds(value.it_value), Deadline.ToNanoseconds(value.it_interval));
        return Errno.None;
    }

    private static Errno Write(GuestTask task, GuestAddress to, TimerSetting setting)
    {
        itimerspec value = new()
        {
            it_interval = Deadline.ToTimespec(setting.Interval),
            it_value = Deadline.ToTimespec(setting.Value),
        };
        return task.Memory.Write(to, value) ? Errno.None : Errno.EFAULT;
    }

    private static bool IsValid(in timeval time) => time.tv_sec >= 0 && (ulong)time.tv_usec < 1_000_000;

    private static long ToNanoseconds(in timeval time)
        => Deadline.ToNanoseconds(new timespec { tv_sec = time.tv_sec, tv_nsec = time.tv_usec * Microsecond });

    private static timeval ToTimeval(long nanoseconds)
    {
        // Rounded up: what is left is never shown as nothing.
        long microseconds = (nanoseconds / Microsecond) + (nanoseconds % Microsecond == 0 ? 0 : 1);
        return new timeval { tv_sec = microseconds / 1_000_000, tv_usec = microseconds % 1_000_000 };
    }

    private static itimerval ToItimerval(TimerSetting setting)
        => new() { it_interval = ToTimeval(setting.Interval), it_value = ToTimeval(setting.Value) };
}
