using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Clocks.</summary>
internal static unsafe class TimeCalls
{
    public static readonly Syscall[] Calls =
    [
        new(96, "gettimeofday", &Gettimeofday, K.OutTimeval, K.OutTimezone),
        new(201, "time", &Time, K.OutLong),
        new(228, "clock_gettime", &ClockGettime, K.ClockId, K.OutTimespec),
        new(229, "clock_getres", &ClockGetres, K.ClockId, K.OutTimespec),
    ];

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

    private static SyscallResult Time(GuestTask task, in SyscallArguments arguments)
    {
        HostClock.Get(CLOCK_REALTIME_COARSE, out timespec now);
        return arguments.Address(0).IsNull || task.Memory.Write(arguments.Address(0), now.tv_sec) ? now.tv_sec : Errno.EFAULT;
    }

    private static SyscallResult ClockGettime(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = HostClock.Get(arguments.Int(0), out timespec now);
        return error != Errno.None ? error
            : task.Memory.Write(arguments.Address(1), now) ? Errno.None
            : Errno.EFAULT;
    }

    private static SyscallResult ClockGetres(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = HostClock.Resolution(arguments.Int(0), out timespec resolution);
        return error != Errno.None ? error
            : arguments.Address(1).IsNull || task.Memory.Write(arguments.Address(1), resolution) ? Errno.None
            : Errno.EFAULT;
    }
}
