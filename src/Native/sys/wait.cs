using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>sys/wait.h</c>: options and what a wait status says.</summary>
public static partial class Linux
{
    public const int WNOHANG = 0x1;
    public const int WUNTRACED = 0x2;
    public const int WSTOPPED = 0x2;
    public const int WEXITED = 0x4;
    public const int WCONTINUED = 0x8;
    public const int WNOWAIT = 0x1000000;

    public const int __WNOTHREAD = 0x20000000;
    public const int __WALL = 0x40000000;

    public const uint __WCLONE = 0x80000000;

    public const int P_ALL = 0;
    public const int P_PID = 1;
    public const int P_PGID = 2;
    public const int P_PIDFD = 3;

    public static bool WIFEXITED(int status) => (status & 0x7f) == 0;

    public static int WEXITSTATUS(int status) => (status >> 8) & 0xff;

    public static bool WIFSIGNALED(int status) => (sbyte)((status & 0x7f) + 1) >> 1 > 0;

    public static int WTERMSIG(int status) => status & 0x7f;

    public static bool WCOREDUMP(int status) => (status & 0x80) != 0;

    public static bool WIFSTOPPED(int status) => (status & 0xff) == 0x7f;

    public static int WSTOPSIG(int status) => (status >> 8) & 0xff;

    public static bool WIFCONTINUED(int status) => status == 0xffff;

    /// <summary>The PTRACE_EVENT_ code of a ptrace stop; 0 for a plain one.</summary>
    public static int WPTEVENT(int status) => status >> 16;

    /// <summary>The status of a normal end (W_EXITCODE).</summary>
    public static int W_EXITCODE(int ret, int sig) => (ret << 8) | sig;

    public static int W_STOPCODE(int sig) => (sig << 8) | 0x7f;
}

/// <summary><c>sys/wait.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result wait4(int pid, int* status, int options, rusage* usage) =>
        syscall(SYS_wait4, pid, (nint)status, options, (nint)usage);

    /// <summary>The kernel's waitid, which also reports resource use.</summary>
    public static Result waitid(int idtype, int id, siginfo_t* info, int options, rusage* usage) =>
        syscall(SYS_waitid, idtype, id, (nint)info, options, (nint)usage);
}
