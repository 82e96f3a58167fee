namespace UmlHost.Native;

/// <summary><c>sys/time.h</c>: interval timers.</summary>
public static partial class Linux
{
    public const int ITIMER_REAL = 0;
    public const int ITIMER_VIRTUAL = 1;
    public const int ITIMER_PROF = 2;
}

public struct timeval
{
    public long tv_sec;
    public long tv_usec;
}

public struct itimerval
{
    public timeval it_interval;
    public timeval it_value;
}

public struct timezone
{
    public int tz_minuteswest;
    public int tz_dsttime;
}

/// <summary><c>sys/times.h</c>, in clock ticks.</summary>
public struct tms
{
    public long tms_utime;
    public long tms_stime;
    public long tms_cutime;
    public long tms_cstime;
}
