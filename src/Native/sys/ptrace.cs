using System.Runtime.InteropServices;

using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>sys/ptrace.h</c> and <c>linux/ptrace.h</c>: requests, options and events.</summary>
public static partial class Linux
{
    // requests
    public const int PTRACE_TRACEME = 0;
    public const int PTRACE_PEEKTEXT = 1;
    public const int PTRACE_PEEKDATA = 2;
    public const int PTRACE_PEEKUSER = 3;
    public const int PTRACE_POKETEXT = 4;
    public const int PTRACE_POKEDATA = 5;
    public const int PTRACE_POKEUSER = 6;
    public const int PTRACE_CONT = 7;
    public const int PTRACE_KILL = 8;
    public const int PTRACE_SINGLESTEP = 9;
    public const int PTRACE_GETREGS = 12;
    public const int PTRACE_SETREGS = 13;
    public const int PTRACE_GETFPREGS = 14;
    public const int PTRACE_SETFPREGS = 15;
    public const int PTRACE_ATTACH = 16;
    public const int PTRACE_DETACH = 17;
    public const int PTRACE_SYSCALL = 24;
    public const int PTRACE_GET_THREAD_AREA = 25;
    public const int PTRACE_SET_THREAD_AREA = 26;
    public const int PTRACE_ARCH_PRCTL = 30;
    public const int PTRACE_SYSEMU = 31;
    public const int PTRACE_SYSEMU_SINGLESTEP = 32;
    public const int PTRACE_SINGLEBLOCK = 33;

    public const int PTRACE_SETOPTIONS = 0x4200;
    public const int PTRACE_GETEVENTMSG = 0x4201;
    public const int PTRACE_GETSIGINFO = 0x4202;
    public const int PTRACE_SETSIGINFO = 0x4203;
    public const int PTRACE_GETREGSET = 0x4204;
    public const int PTRACE_SETREGSET = 0x4205;
    public const int PTRACE_SEIZE = 0x4206;
    public const int PTRACE_INTERRUPT = 0x4207;
    public const int PTRACE_LISTEN = 0x4208;
    public const int PTRACE_PEEKSIGINFO = 0x4209;
    public const int PTRACE_GETSIGMASK = 0x420a;
    public const int PTRACE_SETSIGMASK = 0x420b;
    public const int PTRACE_SECCOMP_GET_FILTER = 0x420c;
    public const int PTRACE_SECCOMP_GET_METADATA = 0x420d;
    public const int PTRACE_GET_SYSCALL_INFO = 0x420e;
    public const int PTRACE_GET_RSEQ_CONFIGURATION = 0x420f;

    // options
    public const int PTRACE_O_TRACESYSGOOD = 0x1;
    public const int PTRACE_O_TRACEFORK = 0x2;
    public const int PTRACE_O_TRACEVFORK = 0x4;
    public const int PTRACE_O_TRACECLONE = 0x8;
    public const int PTRACE_O_TRACEEXEC = 0x10;
    public const int PTRACE_O_TRACEVFORKDONE = 0x20;
    public const int PTRACE_O_TRACEEXIT = 0x40;
    public const int PTRACE_O_TRACESECCOMP = 0x80;
    public const int PTRACE_O_EXITKILL = 0x100000;
    public const int PTRACE_O_SUSPEND_SECCOMP = 0x200000;
    public const int PTRACE_O_MASK = 0x3000ff;

    // events: status >> 16
    public const int PTRACE_EVENT_FORK = 1;
    public const int PTRACE_EVENT_VFORK = 2;
    public const int PTRACE_EVENT_CLONE = 3;
    public const int PTRACE_EVENT_EXEC = 4;
    public const int PTRACE_EVENT_VFORK_DONE = 5;
    public const int PTRACE_EVENT_EXIT = 6;
    public const int PTRACE_EVENT_SECCOMP = 7;
    public const int PTRACE_EVENT_STOP = 128;

    public const int PTRACE_SYSCALL_INFO_NONE = 0;
    public const int PTRACE_SYSCALL_INFO_ENTRY = 1;
    public const int PTRACE_SYSCALL_INFO_EXIT = 2;
    public const int PTRACE_SYSCALL_INFO_SECCOMP = 3;
    public const int PTRACE_PEEKSIGINFO_SHARED = 1;
    public const int PTRACE_EVENTMSG_SYSCALL_ENTRY = 1;
    public const int PTRACE_EVENTMSG_SYSCALL_EXIT = 2;

    // register sets
    public const int NT_PRSTATUS = 0x1;
    public const int NT_PRFPREG = 0x2;
    public const int NT_X86_XSTATE = 0x202;
}

/// <summary><c>sys/ptrace.h</c>, by system call and so with the kernel's semantics: PEEK requests store the word where
/// data points. Only the thread that traces may call.</summary>
public static unsafe partial class LibC
{
    /// <summary>Without a GC transition: for requests that look at or change a stopped tracee.</summary>
    public static Result ptrace(int request, int pid, nuint addr = 0, nuint data = 0) =>
        syscall_nonblocking(SYS_ptrace, request, pid, (nint)addr, (nint)data);

    /// <summary>The same with a GC transition: for requests that start the tracee. It may run on this CPU before
    /// the call returns, and a collection must not wait for that.</summary>
    public static Result ptrace_resume(int request, int pid, nuint addr = 0, nuint data = 0) =>
        syscall(SYS_ptrace, request, pid, (nint)addr, (nint)data);
}

/// <summary>What PTRACE_GET_SYSCALL_INFO fills in.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
public unsafe struct ptrace_syscall_info
{
    [FieldOffset(0)] public byte op;
    [FieldOffset(4)] public uint arch;
    [FieldOffset(8)] public ulong instruction_pointer;
    [FieldOffset(16)] public ulong stack_pointer;

    /// <summary>op = PTRACE_SYSCALL_INFO_ENTRY or _SECCOMP.</summary>
    [FieldOffset(24)] public ulong nr;
    [FieldOffset(32)] public fixed ulong args[6];

    /// <summary>op = PTRACE_SYSCALL_INFO_SECCOMP.</summary>
    [FieldOffset(80)] public uint ret_data;

    /// <summary>op = PTRACE_SYSCALL_INFO_EXIT.</summary>
    [FieldOffset(24)] public long rval;
    [FieldOffset(32)] public byte is_error;
}

/// <summary>The addr argument of PTRACE_PEEKSIGINFO.</summary>
public struct ptrace_peeksiginfo_args
{
    public ulong off;
    public uint flags;
    public int nr;
}
