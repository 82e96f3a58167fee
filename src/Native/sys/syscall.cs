using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/syscall.h</c>: numbers of the calls that the host side makes itself or asks its children to make. The
/// guest's whole table is in Syscalls/.</summary>
public static partial class Linux
{
    public const int SYS_read = 0;
    public const int SYS_write = 1;
    public const int SYS_open = 2;
    public const int SYS_close = 3;
    public const int SYS_stat = 4;
    public const int SYS_fstat = 5;
    public const int SYS_lstat = 6;
    public const int SYS_poll = 7;
    public const int SYS_lseek = 8;
    public const int SYS_mmap = 9;
    public const int SYS_mprotect = 10;
    public const int SYS_munmap = 11;
    public const int SYS_brk = 12;
    public const int SYS_rt_sigaction = 13;
    public const int SYS_rt_sigprocmask = 14;
    public const int SYS_rt_sigreturn = 15;
    public const int SYS_ioctl = 16;
    public const int SYS_pread64 = 17;
    public const int SYS_pwrite64 = 18;
    public const int SYS_madvise = 28;
    public const int SYS_mincore = 27;
    public const int SYS_mremap = 25;
    public const int SYS_getpid = 39;
    public const int SYS_gettid = 186;
    public const int SYS_exit = 60;
    public const int SYS_exit_group = 231;
    public const int SYS_clone = 56;
    public const int SYS_fork = 57;
    public const int SYS_vfork = 58;
    public const int SYS_execve = 59;
    public const int SYS_wait4 = 61;
    public const int SYS_waitid = 247;
    public const int SYS_kill = 62;
    public const int SYS_tgkill = 234;
    public const int SYS_futex = 202;
    public const int SYS_ptrace = 101;
    public const int SYS_capget = 125;
    public const int SYS_prctl = 157;
    public const int SYS_arch_prctl = 158;
    public const int SYS_getcwd = 79;
    public const int SYS_getdents64 = 217;
    public const int SYS_openat = 257;
    public const int SYS_openat2 = 437;
    public const int SYS_faccessat2 = 439;
    public const int SYS_sched_setaffinity = 203;
    public const int SYS_sched_getaffinity = 204;
    public const int SYS_clock_nanosleep = 230;
    public const int SYS_restart_syscall = 219;
    public const int SYS_set_tid_address = 218;
    public const int SYS_memfd_create = 319;
    public const int SYS_seccomp = 317;
    public const int SYS_clone3 = 435;
    public const int SYS_close_range = 436;
    public const int SYS_process_vm_readv = 310;
    public const int SYS_process_vm_writev = 311;
    public const int SYS_pidfd_open = 434;
    public const int SYS_sigaltstack = 131;
    public const int SYS_pkey_mprotect = 329;
    public const int SYS_sched_rr_get_interval = 148;
    public const int SYS_adjtimex = 159;
    public const int SYS_sched_setattr = 314;
    public const int SYS_sched_getattr = 315;
    public const int SYS_getcpu = 309;
    public const int SYS_membarrier = 324;
    public const int SYS_modify_ldt = 154;
}

/// <summary><c>syscall(2)</c>, for calls that glibc has no function for, or one that means something else.</summary>
public static unsafe partial class LibC
{
    public static Result syscall(nint nr, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0) =>
        Checked(syscall_(nr, a, b, c, d, e, f));

    /// <summary>Without a GC transition: for calls that never block.</summary>
    public static Result syscall_nonblocking(
        nint nr, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0) =>
        Checked(__errno_location(), syscall_nonblocking_(nr, a, b, c, d, e, f));

    // Variadic in C, but written in assembly and deaf to %al, so a plain call is right.
    [LibraryImport(libc, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_(nint nr, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport(libc, EntryPoint = "syscall"), SuppressGCTransition]
    private static partial nint syscall_nonblocking_(nint nr, nint a, nint b, nint c, nint d, nint e, nint f);
}
