using System.Runtime.InteropServices;

using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>signal.h</c>: signals, flags and the si_code values (kernel numbering: SIGRTMIN is 32).</summary>
public static partial class Linux
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGILL = 4;
    public const int SIGTRAP = 5;
    public const int SIGABRT = 6;
    public const int SIGIOT = 6;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGSEGV = 11;
    public const int SIGUSR2 = 12;
    public const int SIGPIPE = 13;
    public const int SIGALRM = 14;
    public const int SIGTERM = 15;
    public const int SIGSTKFLT = 16;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTSTP = 20;
    public const int SIGTTIN = 21;
    public const int SIGTTOU = 22;
    public const int SIGURG = 23;
    public const int SIGXCPU = 24;
    public const int SIGXFSZ = 25;
    public const int SIGVTALRM = 26;
    public const int SIGPROF = 27;
    public const int SIGWINCH = 28;
    public const int SIGIO = 29;
    public const int SIGPOLL = 29;
    public const int SIGPWR = 30;
    public const int SIGSYS = 31;
    public const int SIGRTMIN = 32;
    public const int SIGRTMAX = 64;
    public const int _NSIG = 64;

    public const int SIG_BLOCK = 0;
    public const int SIG_UNBLOCK = 1;
    public const int SIG_SETMASK = 2;
    public const int SIG_DFL = 0;
    public const int SIG_IGN = 1;

    public const int SA_NOCLDSTOP = 0x1;
    public const int SA_NOCLDWAIT = 0x2;
    public const int SA_SIGINFO = 0x4;
    public const int SA_UNSUPPORTED = 0x400;
    public const int SA_EXPOSE_TAGBITS = 0x800;
    public const int SA_RESTORER = 0x4000000;
    public const int SA_ONSTACK = 0x8000000;
    public const int SA_RESTART = 0x10000000;
    public const int SA_NODEFER = 0x40000000;

    public const uint SA_RESETHAND = 0x80000000;

    public const int SS_ONSTACK = 1;
    public const int SS_DISABLE = 2;
    public const int MINSIGSTKSZ = 2048;
    public const int SIGSTKSZ = 8192;

    public const uint SS_AUTODISARM = 0x80000000;

    // si_code
    public const int SI_USER = 0;
    public const int SI_KERNEL = 128;
    public const int SI_QUEUE = -1;
    public const int SI_TIMER = -2;
    public const int SI_MESGQ = -3;
    public const int SI_ASYNCIO = -4;
    public const int SI_SIGIO = -5;
    public const int SI_TKILL = -6;
    public const int SI_DETHREAD = -7;
    public const int SI_ASYNCNL = -60;

    public const int ILL_ILLOPC = 1;
    public const int ILL_ILLOPN = 2;
    public const int ILL_ILLADR = 3;
    public const int ILL_ILLTRP = 4;
    public const int ILL_PRVOPC = 5;
    public const int ILL_PRVREG = 6;
    public const int ILL_COPROC = 7;
    public const int ILL_BADSTK = 8;

    public const int FPE_INTDIV = 1;
    public const int FPE_INTOVF = 2;
    public const int FPE_FLTDIV = 3;
    public const int FPE_FLTOVF = 4;
    public const int FPE_FLTUND = 5;
    public const int FPE_FLTRES = 6;
    public const int FPE_FLTINV = 7;
    public const int FPE_FLTSUB = 8;
    public const int FPE_FLTUNK = 14;
    public const int FPE_CONDTRAP = 15;

    public const int SEGV_MAPERR = 1;
    public const int SEGV_ACCERR = 2;
    public const int SEGV_BNDERR = 3;
    public const int SEGV_PKUERR = 4;
    public const int BUS_ADRALN = 1;
    public const int BUS_ADRERR = 2;
    public const int BUS_OBJERR = 3;
    public const int BUS_MCEERR_AR = 4;
    public const int BUS_MCEERR_AO = 5;

    public const int TRAP_BRKPT = 1;
    public const int TRAP_TRACE = 2;
    public const int TRAP_BRANCH = 3;
    public const int TRAP_HWBKPT = 4;
    public const int TRAP_UNK = 5;
    public const int TRAP_PERF = 6;
    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;
    public const int CLD_TRAPPED = 4;
    public const int CLD_STOPPED = 5;
    public const int CLD_CONTINUED = 6;

    public const int POLL_IN = 1;
    public const int POLL_OUT = 2;
    public const int POLL_MSG = 3;
    public const int POLL_ERR = 4;
    public const int POLL_PRI = 5;
    public const int POLL_HUP = 6;
    public const int SYS_SECCOMP = 1;
    public const int SYS_USER_DISPATCH = 2;

    public const int SIGEV_SIGNAL = 0;
    public const int SIGEV_NONE = 1;
    public const int SIGEV_THREAD = 2;
    public const int SIGEV_THREAD_ID = 4;

    public static ulong sigmask(int sig) => 1UL << (sig - 1);
}

/// <summary><c>signal.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result sigaction(int signum, sigaction* act, sigaction* oldact) =>
        Checked(__errno_location(), sigaction_(signum, act, oldact));

    [LibraryImport(libc, EntryPoint = "sigaction"), SuppressGCTransition]
    private static partial int sigaction_(int signum, sigaction* act, sigaction* oldact);

    /// <summary>Of the calling thread.</summary>
    public static Result sigprocmask(int how, sigset_t* set, sigset_t* oldset) =>
        Checked(__errno_location(), sigprocmask_(how, set, oldset));

    [LibraryImport(libc, EntryPoint = "sigprocmask"), SuppressGCTransition]
    private static partial int sigprocmask_(int how, sigset_t* set, sigset_t* oldset);

    public static Result sigaltstack(stack_t* ss, stack_t* old_ss) =>
        Checked(__errno_location(), sigaltstack_(ss, old_ss));

    [LibraryImport(libc, EntryPoint = "sigaltstack"), SuppressGCTransition]
    private static partial int sigaltstack_(stack_t* ss, stack_t* old_ss);

    public static Result kill(int pid, int sig) => Checked(__errno_location(), kill_(pid, sig));

    [LibraryImport(libc, EntryPoint = "kill"), SuppressGCTransition]
    private static partial int kill_(int pid, int sig);

    public static Result tgkill(int tgid, int tid, int sig) =>
        syscall_nonblocking(SYS_tgkill, tgid, tid, sig);
}

/// <summary>glibc's signal set; the kernel's is its first word.</summary>
public unsafe struct sigset_t
{
    public fixed ulong __val[16];
}

/// <summary>glibc's <c>struct sigaction</c>, for LibC.sigaction.</summary>
public struct sigaction
{
    public nuint sa_handler;
    public sigset_t sa_mask;
    public int sa_flags;
    public nuint sa_restorer;
}

/// <summary>The kernel's <c>struct sigaction</c>: what a guest passes to rt_sigaction.</summary>
public struct kernel_sigaction
{
    public ulong handler;
    public ulong flags;
    public ulong restorer;
    public ulong mask;
}

public struct stack_t
{
    public ulong ss_sp;
    public int ss_flags;
    public ulong ss_size;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
public struct sigval
{
    [FieldOffset(0)] public int sival_int;
    [FieldOffset(0)] public ulong sival_ptr;
}

/// <summary>Which fields count depends on si_signo and si_code.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct siginfo_t
{
    [FieldOffset(0)] public int si_signo;
    [FieldOffset(4)] public int si_errno;
    [FieldOffset(8)] public int si_code;

    // kill, sigqueue, SIGCHLD
    [FieldOffset(16)] public int si_pid;
    [FieldOffset(20)] public uint si_uid;
    [FieldOffset(24)] public sigval si_value;

    // SIGCHLD
    [FieldOffset(24)] public int si_status;
    [FieldOffset(32)] public long si_utime;
    [FieldOffset(40)] public long si_stime;

    // POSIX timers
    [FieldOffset(16)] public int si_timerid;
    [FieldOffset(20)] public int si_overrun;

    // faults
    [FieldOffset(16)] public ulong si_addr;
    [FieldOffset(24)] public short si_addr_lsb;
    [FieldOffset(32)] public ulong si_lower;
    [FieldOffset(40)] public ulong si_upper;
    [FieldOffset(32)] public uint si_pkey;

    // SIGIO
    [FieldOffset(16)] public long si_band;
    [FieldOffset(24)] public int si_fd;

    // SIGSYS
    [FieldOffset(16)] public ulong si_call_addr;
    [FieldOffset(24)] public int si_syscall;
    [FieldOffset(28)] public uint si_arch;
}

/// <summary>Head of the kernel's <c>struct sigevent</c>, 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct sigevent
{
    [FieldOffset(0)] public sigval sigev_value;
    [FieldOffset(8)] public int sigev_signo;
    [FieldOffset(12)] public int sigev_notify;
    [FieldOffset(16)] public int sigev_notify_thread_id;
}
