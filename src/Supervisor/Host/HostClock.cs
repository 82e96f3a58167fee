using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The host's clocks, which are the guests' clocks.</summary>
internal static unsafe class HostClock
{
    /// <summary>Reads a clock that is the same for every process; EINVAL for one that is not.</summary>
    public static Errno Get(int clock, out timespec now)
    {
        fixed (timespec* to = &now)
        {
            return IsGlobal(clock) ? LibC.clock_gettime(clock, to).Error : Invalid(to);
        }
    }

    public static Errno Resolution(int clock, out timespec resolution)
    {
        fixed (timespec* to = &resolution)
        {
            return IsGlobal(clock) ? LibC.clock_getres(clock, to).Error : Invalid(to);
        }
    }

    private static bool IsGlobal(int clock) => clock is CLOCK_REALTIME or CLOCK_MONOTONIC or CLOCK_MONOTONIC_RAW
        or CLOCK_REALTIME_COARSE or CLOCK_MONOTONIC_COARSE or CLOCK_BOOTTIME or CLOCK_TAI
        or CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID;

    private static Errno Invalid(timespec* to)
    {
        *to = default;
        return Errno.EINVAL;
    }
}
