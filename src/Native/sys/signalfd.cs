using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/signalfd.h</c>.</summary>
public static partial class Linux
{
    public const int SFD_CLOEXEC = 0x80000;
    public const int SFD_NONBLOCK = 0x800;
}

/// <summary><c>sys/signalfd.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result signalfd(int fd, sigset_t* mask, int flags) => Checked(signalfd_(fd, mask, flags));

    [LibraryImport(libc, EntryPoint = "signalfd", SetLastError = true)]
    private static partial int signalfd_(int fd, sigset_t* mask, int flags);
}

/// <summary>What a read of a signalfd gives.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct signalfd_siginfo
{
    public uint ssi_signo;
    public int ssi_errno;
    public int ssi_code;
    public uint ssi_pid;
    public uint ssi_uid;
    public int ssi_fd;
    public uint ssi_tid;
    public uint ssi_band;
    public uint ssi_overrun;
    public uint ssi_trapno;
    public int ssi_status;
    public int ssi_int;
    public ulong ssi_ptr;
    public ulong ssi_utime;
    public ulong ssi_stime;
    public ulong ssi_addr;
    public ushort ssi_addr_lsb;
    public int ssi_syscall;
    public ulong ssi_call_addr;
    public uint ssi_arch;
}
