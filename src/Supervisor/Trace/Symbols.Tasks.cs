using static UmlHost.Native.Linux;

namespace UmlHost.Trace;

// Names about tasks, signals and time.
internal static partial class Symbols
{
    public static readonly SymbolTable SigHow = SymbolTable.Values(
    [
        S(SIG_BLOCK), S(SIG_UNBLOCK), S(SIG_SETMASK),
    ]);

    public static readonly SymbolTable ClockId = SymbolTable.Values(
    [
        S(CLOCK_REALTIME), S(CLOCK_MONOTONIC), S(CLOCK_PROCESS_CPUTIME_ID), S(CLOCK_THREAD_CPUTIME_ID),
        S(CLOCK_MONOTONIC_RAW), S(CLOCK_REALTIME_COARSE), S(CLOCK_MONOTONIC_COARSE), S(CLOCK_BOOTTIME),
        S(CLOCK_REALTIME_ALARM), S(CLOCK_BOOTTIME_ALARM), S(CLOCK_TAI),
    ]);

    public static readonly SymbolTable TimerFlags = SymbolTable.Flags(
    [
        S(TIMER_ABSTIME), S(TFD_TIMER_CANCEL_ON_SET),
    ]);

    public static readonly SymbolTable Itimer = SymbolTable.Values(
    [
        S(ITIMER_REAL), S(ITIMER_VIRTUAL), S(ITIMER_PROF),
    ]);

    public static readonly SymbolTable WaitOptions = SymbolTable.Flags(
    [
        S(WNOHANG), S(WUNTRACED), S(WEXITED), S(WCONTINUED), S(WNOWAIT), S(__WNOTHREAD), S(__WALL), S(__WCLONE),
    ]);

    public static readonly SymbolTable WaitIdType = SymbolTable.Values(
    [
        S(P_ALL), S(P_PID), S(P_PGID), S(P_PIDFD),
    ]);

    public static readonly SymbolTable UnshareFlags = SymbolTable.Flags(
    [
        S(CLONE_NEWTIME), S(CLONE_VM), S(CLONE_FS), S(CLONE_FILES), S(CLONE_SIGHAND), S(CLONE_PIDFD),
        S(CLONE_PTRACE), S(CLONE_VFORK), S(CLONE_PARENT), S(CLONE_THREAD), S(CLONE_NEWNS), S(CLONE_SYSVSEM),
        S(CLONE_SETTLS), S(CLONE_PARENT_SETTID), S(CLONE_CHILD_CLEARTID), S(CLONE_DETACHED), S(CLONE_UNTRACED),
        S(CLONE_CHILD_SETTID), S(CLONE_NEWCGROUP), S(CLONE_NEWUTS), S(CLONE_NEWIPC), S(CLONE_NEWUSER),
        S(CLONE_NEWPID), S(CLONE_NEWNET), S(CLONE_IO), S(CLONE_CLEAR_SIGHAND), S(CLONE_INTO_CGROUP),
    ]);

    public static readonly SymbolTable CloseRangeFlags = SymbolTable.Flags(
    [
        S(CLOSE_RANGE_UNSHARE), S(CLOSE_RANGE_CLOEXEC),
    ]);

    public static readonly SymbolTable PidfdFlags = SymbolTable.Flags(
    [
        S(0x800, "PIDFD_NONBLOCK"), S(0x80, "PIDFD_THREAD"),
    ]);

    public static readonly SymbolTable FutexOp = SymbolTable.Values(
    [
        S(FUTEX_WAIT), S(FUTEX_WAKE), S(FUTEX_FD), S(FUTEX_REQUEUE), S(FUTEX_CMP_REQUEUE), S(FUTEX_WAKE_OP),
        S(FUTEX_LOCK_PI), S(FUTEX_UNLOCK_PI), S(FUTEX_TRYLOCK_PI), S(FUTEX_WAIT_BITSET), S(FUTEX_WAKE_BITSET),
        S(FUTEX_WAIT_REQUEUE_PI), S(FUTEX_CMP_REQUEUE_PI), S(FUTEX_LOCK_PI2),
    ]);

    public static readonly SymbolTable Resource = SymbolTable.Values(
    [
        S(RLIMIT_CPU), S(RLIMIT_FSIZE), S(RLIMIT_DATA), S(RLIMIT_STACK), S(RLIMIT_CORE), S(RLIMIT_RSS),
        S(RLIMIT_NPROC), S(RLIMIT_NOFILE), S(RLIMIT_MEMLOCK), S(RLIMIT_AS), S(RLIMIT_LOCKS), S(RLIMIT_SIGPENDING),
        S(RLIMIT_MSGQUEUE), S(RLIMIT_NICE), S(RLIMIT_RTPRIO), S(RLIMIT_RTTIME),
    ]);

    public static readonly SymbolTable RusageWho = SymbolTable.Values(
    [
        S(RUSAGE_SELF), S(RUSAGE_CHILDREN), S(RUSAGE_THREAD),
    ]);

    public static readonly SymbolTable PriorityWhich = SymbolTable.Values(
    [
        S(PRIO_PROCESS), S(PRIO_PGRP), S(PRIO_USER),
    ]);

    public static readonly SymbolTable ArchPrctlCode = SymbolTable.Values(
    [
        S(ARCH_SET_GS), S(ARCH_SET_FS), S(ARCH_GET_FS), S(ARCH_GET_GS), S(ARCH_GET_CPUID), S(ARCH_SET_CPUID),
        S(ARCH_GET_XCOMP_SUPP), S(ARCH_GET_XCOMP_PERM), S(ARCH_REQ_XCOMP_PERM), S(ARCH_GET_XCOMP_GUEST_PERM),
        S(ARCH_REQ_XCOMP_GUEST_PERM), S(ARCH_MAP_VDSO_X32), S(ARCH_MAP_VDSO_32), S(ARCH_MAP_VDSO_64),
        S(ARCH_GET_UNTAG_MASK), S(ARCH_ENABLE_TAGGED_ADDR), S(ARCH_GET_MAX_TAG_BITS), S(ARCH_SHSTK_ENABLE),
        S(ARCH_SHSTK_DISABLE), S(ARCH_SHSTK_LOCK), S(ARCH_SHSTK_UNLOCK), S(ARCH_SHSTK_STATUS),
    ]);

    public static readonly SymbolTable PrctlOption = SymbolTable.Values(
    [
        S(PR_CAPBSET_DROP), S(PR_CAPBSET_READ), S(PR_CAP_AMBIENT), S(PR_GET_AUXV), S(PR_GET_CHILD_SUBREAPER),
        S(PR_GET_DUMPABLE), S(PR_GET_ENDIAN), S(PR_GET_FPEMU), S(PR_GET_FPEXC), S(PR_GET_IO_FLUSHER),
        S(PR_GET_KEEPCAPS), S(PR_GET_MDWE), S(PR_GET_NAME), S(PR_GET_NO_NEW_PRIVS), S(PR_GET_PDEATHSIG),
        S(PR_GET_SECCOMP), S(PR_GET_SECUREBITS), S(PR_GET_SPECULATION_CTRL), S(PR_GET_THP_DISABLE),
        S(PR_GET_TID_ADDRESS), S(PR_GET_TIMERSLACK), S(PR_GET_TIMING), S(PR_GET_TSC), S(PR_GET_UNALIGN),
        S(PR_MCE_KILL), S(PR_MCE_KILL_GET), S(PR_SCHED_CORE), S(PR_SET_CHILD_SUBREAPER), S(PR_SET_DUMPABLE),
        S(PR_SET_ENDIAN), S(PR_SET_FPEMU), S(PR_SET_FPEXC), S(PR_SET_IO_FLUSHER), S(PR_SET_KEEPCAPS), S(PR_SET_MDWE),
        S(PR_SET_MM), S(PR_SET_NAME), S(PR_SET_NO_NEW_PRIVS), S(PR_SET_PDEATHSIG), S(PR_SET_PTRACER),
        S(PR_SET_SECCOMP), S(PR_SET_SECUREBITS), S(PR_SET_SPECULATION_CTRL), S(PR_SET_SYSCALL_USER_DISPATCH),
        S(PR_SET_THP_DISABLE), S(PR_SET_TIMERSLACK), S(PR_SET_TIMING), S(PR_SET_TSC), S(PR_SET_UNALIGN),
        S(PR_SET_VMA), S(PR_TASK_PERF_EVENTS_DISABLE), S(PR_TASK_PERF_EVENTS_ENABLE),
    ]);

    public static readonly SymbolTable PtraceRequest = SymbolTable.Values(
    [
        S(PTRACE_ARCH_PRCTL), S(PTRACE_ATTACH), S(PTRACE_CONT), S(PTRACE_DETACH), S(PTRACE_GETEVENTMSG),
        S(PTRACE_GETFPREGS), S(PTRACE_GETREGS), S(PTRACE_GETREGSET), S(PTRACE_GETSIGINFO), S(PTRACE_GETSIGMASK),
        S(PTRACE_GET_RSEQ_CONFIGURATION), S(PTRACE_GET_SYSCALL_INFO), S(PTRACE_GET_THREAD_AREA), S(PTRACE_INTERRUPT),
        S(PTRACE_KILL), S(PTRACE_LISTEN), S(PTRACE_PEEKDATA), S(PTRACE_PEEKSIGINFO), S(PTRACE_PEEKTEXT),
        S(PTRACE_PEEKUSER), S(PTRACE_POKEDATA), S(PTRACE_POKETEXT), S(PTRACE_POKEUSER), S(PTRACE_SECCOMP_GET_FILTER),
        S(PTRACE_SECCOMP_GET_METADATA), S(PTRACE_SEIZE), S(PTRACE_SETFPREGS), S(PTRACE_SETOPTIONS),
        S(PTRACE_SETREGS), S(PTRACE_SETREGSET), S(PTRACE_SETSIGINFO), S(PTRACE_SETSIGMASK),
        S(PTRACE_SET_THREAD_AREA), S(PTRACE_SINGLEBLOCK), S(PTRACE_SINGLESTEP), S(PTRACE_SYSCALL), S(PTRACE_SYSEMU),
        S(PTRACE_SYSEMU_SINGLESTEP), S(PTRACE_TRACEME),
    ]);

    public static readonly SymbolTable SeccompOperation = SymbolTable.Values(
    [
        S(0, "SECCOMP_SET_MODE_STRICT"), S(1, "SECCOMP_SET_MODE_FILTER"), S(2, "SECCOMP_GET_ACTION_AVAIL"),
        S(3, "SECCOMP_GET_NOTIF_SIZES"),
    ]);

    public static readonly SymbolTable MembarrierCommand = SymbolTable.Values(
    [
        S(MEMBARRIER_CMD_GLOBAL), S(MEMBARRIER_CMD_GLOBAL_EXPEDITED), S(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
        S(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ), S(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
        S(MEMBARRIER_CMD_QUERY), S(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED),
        S(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED), S(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ),
        S(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE),
    ]);

    public static readonly SymbolTable KcmpType = SymbolTable.Values(
    [
        S(0, "KCMP_FILE"), S(1, "KCMP_VM"), S(2, "KCMP_FILES"), S(3, "KCMP_FS"), S(4, "KCMP_SIGHAND"),
        S(5, "KCMP_IO"), S(6, "KCMP_SYSVSEM"), S(7, "KCMP_EPOLL_TFD"),
    ]);

    public static readonly SymbolTable RandomFlags = SymbolTable.Flags(
    [
        S(GRND_NONBLOCK), S(GRND_RANDOM), S(GRND_INSECURE),
    ]);

    public static readonly SymbolTable SignalNames = SymbolTable.Values(
    [
        S(SIGHUP), S(SIGINT), S(SIGQUIT), S(SIGILL), S(SIGTRAP), S(SIGABRT), S(SIGBUS), S(SIGFPE), S(SIGKILL),
        S(SIGUSR1), S(SIGSEGV), S(SIGUSR2), S(SIGPIPE), S(SIGALRM), S(SIGTERM), S(SIGSTKFLT), S(SIGCHLD), S(SIGCONT),
        S(SIGSTOP), S(SIGTSTP), S(SIGTTIN), S(SIGTTOU), S(SIGURG), S(SIGXCPU), S(SIGXFSZ), S(SIGVTALRM), S(SIGPROF),
        S(SIGWINCH), S(SIGIO), S(SIGPWR), S(SIGSYS),
    ]);

    public static readonly SymbolTable SigActionFlags = SymbolTable.Flags(
    [
        S(SA_RESTORER), S(SA_ONSTACK), S(SA_RESTART), S(SA_NODEFER), S(SA_RESETHAND), S(SA_SIGINFO),
        S(SA_NOCLDSTOP), S(SA_NOCLDWAIT), S(SA_UNSUPPORTED), S(SA_EXPOSE_TAGBITS),
    ]);

    public static readonly SymbolTable StackFlags = SymbolTable.Flags(
    [
        S(SS_ONSTACK), S(SS_DISABLE), S(SS_AUTODISARM),
    ]);

    public static readonly SymbolTable SigEventKind = SymbolTable.Values(
    [
        S(SIGEV_SIGNAL), S(SIGEV_NONE), S(SIGEV_THREAD), S(SIGEV_THREAD_ID),
    ]);

    public static readonly SymbolTable SignalSource = SymbolTable.Values(
    [
        S(SI_USER), S(SI_KERNEL), S(SI_QUEUE), S(SI_TIMER), S(SI_MESGQ), S(SI_ASYNCIO), S(SI_SIGIO), S(SI_TKILL),
        S(SI_DETHREAD), S(SI_ASYNCNL),
    ]);

    public static readonly SymbolTable ChildCode = SymbolTable.Values(
    [
        S(CLD_EXITED), S(CLD_KILLED), S(CLD_DUMPED), S(CLD_TRAPPED), S(CLD_STOPPED), S(CLD_CONTINUED),
    ]);

    public static readonly SymbolTable SegvCode = SymbolTable.Values(
    [
        S(SEGV_MAPERR), S(SEGV_ACCERR), S(SEGV_BNDERR), S(SEGV_PKUERR),
    ]);

    public static readonly SymbolTable BusCode = SymbolTable.Values(
    [
        S(BUS_ADRALN), S(BUS_ADRERR), S(BUS_OBJERR), S(BUS_MCEERR_AR), S(BUS_MCEERR_AO),
    ]);

    public static readonly SymbolTable FpeCode = SymbolTable.Values(
    [
        S(FPE_INTDIV), S(FPE_INTOVF), S(FPE_FLTDIV), S(FPE_FLTOVF), S(FPE_FLTUND), S(FPE_FLTRES), S(FPE_FLTINV),
        S(FPE_FLTSUB), S(FPE_FLTUNK), S(FPE_CONDTRAP),
    ]);

    public static readonly SymbolTable IllCode = SymbolTable.Values(
    [
        S(ILL_ILLOPC), S(ILL_ILLOPN), S(ILL_ILLADR), S(ILL_ILLTRP), S(ILL_PRVOPC), S(ILL_PRVREG), S(ILL_COPROC),
        S(ILL_BADSTK),
    ]);

    public static readonly SymbolTable TrapCode = SymbolTable.Values(
    [
        S(TRAP_BRKPT), S(TRAP_TRACE), S(TRAP_BRANCH), S(TRAP_HWBKPT), S(TRAP_UNK), S(TRAP_PERF),
    ]);

    public static readonly SymbolTable SysCode = SymbolTable.Values(
    [
        S(SYS_SECCOMP), S(SYS_USER_DISPATCH),
    ]);

    public static readonly SymbolTable SchedulingPolicy = SymbolTable.Values(
    [
        S(SCHED_NORMAL), S(SCHED_FIFO), S(SCHED_RR), S(SCHED_BATCH), S(SCHED_IDLE), S(SCHED_DEADLINE),
    ]);
}
