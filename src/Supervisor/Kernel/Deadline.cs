using UmlHost.Host;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>When a wait ends at the latest: a point in time on a clock.</summary>
/// <param name="Clock">CLOCK_MONOTONIC or CLOCK_REALTIME (which follows when the clock is set).</param>
/// <param name="Nanoseconds">Absolute; long.MaxValue is never.</param>
internal readonly record struct Deadline(int Clock, long Nanoseconds)
{
    public const long NanosecondsPerSecond = 1_000_000_000;

    public static Deadline Never => new(CLOCK_MONOTONIC, long.MaxValue);

    public bool IsNever => Nanoseconds == long.MaxValue;

    /// <summary>So many ns from now; too many is never.</summary>
    public static Deadline After(long nanoseconds)
    {
        long now = Now(CLOCK_MONOTONIC);
        return new Deadline(CLOCK_MONOTONIC, nanoseconds >= long.MaxValue - now ? long.MaxValue : now + nanoseconds);
    }

    public static long Now(int clock)
    {
        HostClock.Get(clock, out timespec now);
        return ToNanoseconds(now);
    }

    /// <summary>Saturates: a time too far away is never.</summary>
    public static long ToNanoseconds(in timespec time)
        => time.tv_sec >= long.MaxValue / NanosecondsPerSecond ? long.MaxValue : (time.tv_sec * NanosecondsPerSecond) + time.tv_nsec;

    public static timespec ToTimespec(long nanoseconds)
        => new() { tv_sec = nanoseconds / NanosecondsPerSecond, tv_nsec = nanoseconds % NanosecondsPerSecond };

    /// <summary>What is left of the time, in ns; never negative.</summary>
    public long Remaining => IsNever ? long.MaxValue : long.Max(0, Nanoseconds - Now(Clock));
}
