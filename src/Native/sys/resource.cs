using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/resource.h</c>: limits and resource use.</summary>
public static partial class Linux
{
    public const int RLIMIT_CPU = 0;
    public const int RLIMIT_FSIZE = 1;
    public const int RLIMIT_DATA = 2;
    public const int RLIMIT_STACK = 3;
    public const int RLIMIT_CORE = 4;
    public const int RLIMIT_RSS = 5;
    public const int RLIMIT_NPROC = 6;
    public const int RLIMIT_NOFILE = 7;
    public const int RLIMIT_MEMLOCK = 8;
    public const int RLIMIT_AS = 9;
    public const int RLIMIT_LOCKS = 10;
    public const int RLIMIT_SIGPENDING = 11;
    public const int RLIMIT_MSGQUEUE = 12;
    public const int RLIMIT_NICE = 13;
    public const int RLIMIT_RTPRIO = 14;
    public const int RLIMIT_RTTIME = 15;
    public const int RLIM_NLIMITS = 16;

    public const ulong RLIM_INFINITY = ulong.MaxValue;

    public const int RUSAGE_SELF = 0;
    public const int RUSAGE_CHILDREN = -1;
    public const int RUSAGE_THREAD = 1;
    public const int PRIO_PROCESS = 0;
    public const int PRIO_PGRP = 1;
    public const int PRIO_USER = 2;
}

/// <summary><c>sys/resource.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result getrlimit(int resource, rlimit* rlim) =>
        Checked(__errno_location(), getrlimit_(resource, rlim));

    [LibraryImport(libc, EntryPoint = "getrlimit"), SuppressGCTransition]
    private static partial int getrlimit_(int resource, rlimit* rlim);

    public static Result setrlimit(int resource, rlimit* rlim) =>
        Checked(__errno_location(), setrlimit_(resource, rlim));

    [LibraryImport(libc, EntryPoint = "setrlimit"), SuppressGCTransition]
    private static partial int setrlimit_(int resource, rlimit* rlim);

    public static Result prlimit(int pid, int resource, rlimit* new_limit, rlimit* old_limit) =>
        Checked(__errno_location(), prlimit_(pid, resource, new_limit, old_limit));

    [LibraryImport(libc, EntryPoint = "prlimit"), SuppressGCTransition]
    private static partial int prlimit_(int pid, int resource, rlimit* new_limit, rlimit* old_limit);

    public static Result getrusage(int who, rusage* usage) => Checked(__errno_location(), getrusage_(who, usage));

    [LibraryImport(libc, EntryPoint = "getrusage"), SuppressGCTransition]
    private static partial int getrusage_(int who, rusage* usage);
}

public struct rlimit
{
    public ulong rlim_cur;
    public ulong rlim_max;
}

public struct rusage
{
    public timeval ru_utime;
    public timeval ru_stime;
    public long ru_maxrss;
    public long ru_ixrss;
    public long ru_idrss;
    public long ru_isrss;
    public long ru_minflt;
    public long ru_majflt;
    public long ru_nswap;
    public long ru_inblock;
    public long ru_oublock;
    public long ru_msgsnd;
    public long ru_msgrcv;
    public long ru_nsignals;
    public long ru_nvcsw;
    public long ru_nivcsw;
}
