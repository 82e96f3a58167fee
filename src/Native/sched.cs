using System.Runtime.InteropServices;

using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>sched.h</c>: clone flags, policies.</summary>
public static partial class Linux
{
    public const int CSIGNAL = 0xff;
    public const int CLONE_VM = 0x100;
    public const int CLONE_FS = 0x200;
    public const int CLONE_FILES = 0x400;
    public const int CLONE_SIGHAND = 0x800;
    public const int CLONE_PIDFD = 0x1000;
    public const int CLONE_PTRACE = 0x2000;
    public const int CLONE_VFORK = 0x4000;
    public const int CLONE_PARENT = 0x8000;
    public const int CLONE_THREAD = 0x10000;
    public const int CLONE_NEWNS = 0x20000;
    public const int CLONE_SYSVSEM = 0x40000;
    public const int CLONE_SETTLS = 0x80000;
    public const int CLONE_PARENT_SETTID = 0x100000;
    public const int CLONE_CHILD_CLEARTID = 0x200000;
    public const int CLONE_DETACHED = 0x400000;
    public const int CLONE_UNTRACED = 0x800000;
    public const int CLONE_CHILD_SETTID = 0x1000000;
    public const int CLONE_NEWCGROUP = 0x2000000;
    public const int CLONE_NEWUTS = 0x4000000;
    public const int CLONE_NEWIPC = 0x8000000;
    public const int CLONE_NEWUSER = 0x10000000;
    public const int CLONE_NEWPID = 0x20000000;
    public const int CLONE_NEWNET = 0x40000000;
    public const uint CLONE_IO = 0x80000000;
    public const int CLONE_NEWTIME = 0x80;
    public const long CLONE_CLEAR_SIGHAND = 0x100000000;
    public const long CLONE_INTO_CGROUP = 0x200000000;

    public const int CLONE_ARGS_SIZE_VER0 = 64;
    public const int CLONE_ARGS_SIZE_VER1 = 80;
    public const int CLONE_ARGS_SIZE_VER2 = 88;
    public const int SCHED_NORMAL = 0;
    public const int SCHED_FIFO = 1;
    public const int SCHED_RR = 2;
    public const int SCHED_BATCH = 3;
    public const int SCHED_IDLE = 5;
    public const int SCHED_DEADLINE = 6;
    public const int SCHED_RESET_ON_FORK = 1073741824;
}

/// <summary><c>sched.h</c>. Affinity is set and read by system call: a mask of any size, the length read returned.</summary>
public static unsafe partial class LibC
{
    public static Result sched_setaffinity(int pid, nuint cpusetsize, void* mask) =>
        syscall(SYS_sched_setaffinity, pid, (nint)cpusetsize, (nint)mask);

    /// <summary>Returns the bytes written.</summary>
    public static Result sched_getaffinity(int pid, nuint cpusetsize, void* mask) =>
        syscall_nonblocking(SYS_sched_getaffinity, pid, (nint)cpusetsize, (nint)mask);

    public static Result sched_yield() => Checked(sched_yield_());

    [LibraryImport(libc, EntryPoint = "sched_yield", SetLastError = true)]
    private static partial int sched_yield_();

    public static Result sched_getcpu() => Checked(__errno_location(), sched_getcpu_());

    [LibraryImport(libc, EntryPoint = "sched_getcpu"), SuppressGCTransition]
    private static partial int sched_getcpu_();
}

/// <summary>Argument of clone3, version 2.</summary>
public struct clone_args
{
    public ulong flags;
    public ulong pidfd;
    public ulong child_tid;
    public ulong parent_tid;
    public ulong exit_signal;
    public ulong stack;
    public ulong stack_size;
    public ulong tls;
    public ulong set_tid;
    public ulong set_tid_size;
    public ulong cgroup;
}

public struct sched_param
{
    public int sched_priority;
}
