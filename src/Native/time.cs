using System.Runtime.InteropServices;

using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>time.h</c>: clocks.</summary>
public static partial class Linux
{
    public const int CLOCK_REALTIME = 0;
    public const int CLOCK_MONOTONIC = 1;
    public const int CLOCK_PROCESS_CPUTIME_ID = 2;
    public const int CLOCK_THREAD_CPUTIME_ID = 3;
    public const int CLOCK_MONOTONIC_RAW = 4;
    public const int CLOCK_REALTIME_COARSE = 5;
    public const int CLOCK_MONOTONIC_COARSE = 6;
    public const int CLOCK_BOOTTIME = 7;
    public const int CLOCK_REALTIME_ALARM = 8;
    public const int CLOCK_BOOTTIME_ALARM = 9;
    public const int CLOCK_TAI = 11;
    public const int MAX_CLOCKS = 16;
    public const int TIMER_ABSTIME = 1;
}

/// <summary><c>time.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result clock_gettime(int clockid, timespec* tp) =>
        Checked(__errno_location(), clock_gettime_(clockid, tp));

    [LibraryImport(libc, EntryPoint = "clock_gettime"), SuppressGCTransition]
    private static partial int clock_gettime_(int clockid, timespec* tp);

    public static Result clock_getres(int clockid, timespec* res) =>
        Checked(__errno_location(), clock_getres_(clockid, res));

    [LibraryImport(libc, EntryPoint = "clock_getres"), SuppressGCTransition]
    private static partial int clock_getres_(int clockid, timespec* res);

    public static Result clock_nanosleep(int clockid, int flags, timespec* request, timespec* remain) =>
        syscall(SYS_clock_nanosleep, clockid, flags, (nint)request, (nint)remain);
}

public struct timespec
{
    public long tv_sec;
    public long tv_nsec;
}

public struct itimerspec
{
    public timespec it_interval;
    public timespec it_value;
}
