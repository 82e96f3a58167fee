using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The host's clocks, which are the guests' clocks, and the CPU time of the supervisor's own threads.
/// </summary>
internal static unsafe class HostClock
{
    /// <summary>The CPU clock of the process with id 0, which is the calling one, as it is counted in ticks.</summary>
    private const int TickClock = ~0 << 3;

    /// <summary>Reads a clock that is the same for every process; EINVAL for one that is not, and for one that this
    /// host does not have.</summary>
    public static Errno Get(int clock, out timespec now)
    {
        fixed (timespec* to = &now)
        {
            *to = default;
            return IsGlobal(clock) ? LibC.clock_gettime(clock, to).Error : Errno.EINVAL;
        }
    }

    public static Errno Resolution(int clock, out timespec resolution)
    {
        fixed (timespec* to = &resolution)
        {
            *to = default;
            return IsGlobal(clock) ? LibC.clock_getres(clock, to).Error : Errno.EINVAL;
        }
    }

    /// <summary>The resolution of CPU time that is counted in ticks (CPUCLOCK_PROF, CPUCLOCK_VIRT).</summary>
    public static timespec TickResolution()
    {
        timespec resolution;
        LibC.clock_getres(TickClock, &resolution);
        return resolution;
    }

    /// <summary>The host id of the calling thread.</summary>
    public static int CurrentThread() => LibC.gettid();

    /// <summary>ns of CPU that a thread of the supervisor has had; 0 if it is gone.</summary>
    public static long ThreadCpuTime(int tid)
    {
        const int PerThread = 4;
        const int Scheduler = 2;
        timespec time;
        return LibC.clock_gettime((~tid << 3) | PerThread | Scheduler, &time).Failed ? 0 : (time.tv_sec * 1_000_000_000) + time.tv_nsec;
    }

    /// <summary>Reads the state of the host's clock discipline.</summary>
    /// <param name="state">The kernel's struct timex; its modes must not ask for a change.</param>
    public static Result Discipline(ref timex state)
    {
        fixed (timex* at = &state)
        {
            return LibC.adjtimex(at);
        }
    }

    private static bool IsGlobal(int clock) => clock is CLOCK_REALTIME or CLOCK_MONOTONIC or CLOCK_MONOTONIC_RAW
        or CLOCK_REALTIME_COARSE or CLOCK_MONOTONIC_COARSE or CLOCK_BOOTTIME or CLOCK_TAI
        or CLOCK_REALTIME_ALARM or CLOCK_BOOTTIME_ALARM;
}
