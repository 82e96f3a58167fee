using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/prctl.h</c>.</summary>
public static partial class Linux
{
    public const int PR_SET_PDEATHSIG = 1;
    public const int PR_GET_PDEATHSIG = 2;
    public const int PR_GET_DUMPABLE = 3;
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_GET_UNALIGN = 5;
    public const int PR_SET_UNALIGN = 6;
    public const int PR_GET_KEEPCAPS = 7;
    public const int PR_SET_KEEPCAPS = 8;
    public const int PR_GET_FPEMU = 9;
    public const int PR_SET_FPEMU = 10;
    public const int PR_GET_FPEXC = 11;
    public const int PR_SET_FPEXC = 12;
    public const int PR_GET_TIMING = 13;
    public const int PR_SET_TIMING = 14;
    public const int PR_TIMING_STATISTICAL = 0;
    public const int PR_TIMING_TIMESTAMP = 1;
    public const int PR_SET_NAME = 15;
    public const int PR_GET_NAME = 16;
    public const int PR_GET_ENDIAN = 19;
    public const int PR_SET_ENDIAN = 20;
    public const int PR_GET_SECCOMP = 21;
    public const int PR_SET_SECCOMP = 22;
    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_GET_TSC = 25;
    public const int PR_SET_TSC = 26;
    public const int PR_TSC_ENABLE = 1;
    public const int PR_TSC_SIGSEGV = 2;
    public const int PR_GET_SECUREBITS = 27;
    public const int PR_SET_SECUREBITS = 28;
    public const int PR_SET_TIMERSLACK = 29;
    public const int PR_GET_TIMERSLACK = 30;
    public const int PR_TASK_PERF_EVENTS_DISABLE = 31;
    public const int PR_TASK_PERF_EVENTS_ENABLE = 32;
    public const int PR_MCE_KILL = 33;
    public const int PR_MCE_KILL_GET = 34;
    public const int PR_SET_MM = 35;
    public const int PR_SET_MM_START_CODE = 1;
    public const int PR_SET_MM_END_CODE = 2;
    public const int PR_SET_MM_START_DATA = 3;
    public const int PR_SET_MM_END_DATA = 4;
    public const int PR_SET_MM_START_STACK = 5;
    public const int PR_SET_MM_START_BRK = 6;
    public const int PR_SET_MM_BRK = 7;
    public const int PR_SET_MM_ARG_START = 8;
    public const int PR_SET_MM_ARG_END = 9;
    public const int PR_SET_MM_ENV_START = 10;
    public const int PR_SET_MM_ENV_END = 11;
    public const int PR_SET_MM_AUXV = 12;
    public const int PR_SET_MM_EXE_FILE = 13;
    public const int PR_SET_MM_MAP = 14;
    public const int PR_SET_MM_MAP_SIZE = 15;
    public const int PR_SET_PTRACER = 1499557217;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int PR_GET_CHILD_SUBREAPER = 37;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_GET_NO_NEW_PRIVS = 39;
    public const int PR_GET_TID_ADDRESS = 40;
    public const int PR_SET_THP_DISABLE = 41;
    public const int PR_GET_THP_DISABLE = 42;
    public const int PR_CAP_AMBIENT = 47;
    public const int PR_CAP_AMBIENT_IS_SET = 1;
    public const int PR_CAP_AMBIENT_RAISE = 2;
    public const int PR_CAP_AMBIENT_LOWER = 3;
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    public const int PR_GET_SPECULATION_CTRL = 52;
    public const int PR_SET_SPECULATION_CTRL = 53;
    public const int PR_SPEC_STORE_BYPASS = 0;
    public const int PR_SPEC_INDIRECT_BRANCH = 1;
    public const int PR_SPEC_L1D_FLUSH = 2;
    public const int PR_SPEC_NOT_AFFECTED = 0;
    public const int PR_SPEC_PRCTL = 1;
    public const int PR_SPEC_ENABLE = 2;
    public const int PR_SPEC_DISABLE = 4;
    public const int PR_SPEC_FORCE_DISABLE = 8;
    public const int PR_SPEC_DISABLE_NOEXEC = 16;
    public const int PR_SET_IO_FLUSHER = 57;
    public const int PR_GET_IO_FLUSHER = 58;
    public const int PR_SET_SYSCALL_USER_DISPATCH = 59;
    public const int PR_SYS_DISPATCH_OFF = 0;
    public const int PR_SYS_DISPATCH_ON = 1;
    public const int PR_SCHED_CORE = 62;
    public const int PR_SET_MDWE = 65;
    public const int PR_GET_MDWE = 66;
    public const int PR_SET_VMA = 1398164801;
    public const int PR_SET_VMA_ANON_NAME = 0;
    public const int PR_GET_AUXV = 1096112214;
}

/// <summary><c>sys/prctl.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result prctl(int option, nuint arg2 = 0, nuint arg3 = 0, nuint arg4 = 0, nuint arg5 = 0) =>
        Checked(__errno_location(), prctl_(option, arg2, arg3, arg4, arg5));

    [LibraryImport(libc, EntryPoint = "prctl"), SuppressGCTransition]
    private static partial int prctl_(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);
}
