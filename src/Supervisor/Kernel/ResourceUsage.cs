using UmlHost.Native;

namespace UmlHost.Kernel;

/// <summary>CPU time and faults, as getrusage counts them. Task list lock.</summary>
internal sealed class ResourceUsage
{
    public long UserNanoseconds { get; set; }

    public long SystemNanoseconds { get; set; }

    public long MinorFaults { get; set; }

    public long MajorFaults { get; set; }

    /// <summary>Most resident memory, in KiB.</summary>
    public long MaxResident { get; set; }

    public void Add(ResourceUsage other)
    {
        UserNanoseconds += other.UserNanoseconds;
        SystemNanoseconds += other.SystemNanoseconds;
        MinorFaults += other.MinorFaults;
        MajorFaults += other.MajorFaults;
        MaxResident = long.Max(MaxResident, other.MaxResident);
    }

    public rusage ToRusage(ResourceUsage? also = null)
    {
        return new rusage
        {
            ru_utime = ToTimeval(UserNanoseconds + (also?.UserNanoseconds ?? 0)),
            ru_stime = ToTimeval(SystemNanoseconds + (also?.SystemNanoseconds ?? 0)),
            ru_minflt = MinorFaults + (also?.MinorFaults ?? 0),
            ru_majflt = MajorFaults + (also?.MajorFaults ?? 0),
            ru_maxrss = long.Max(MaxResident, also?.MaxResident ?? 0),
        };
    }

    private static timeval ToTimeval(long nanoseconds)
        => new() { tv_sec = nanoseconds / Deadline.NanosecondsPerSecond, tv_usec = nanoseconds % Deadline.NanosecondsPerSecond / 1000 };
}
