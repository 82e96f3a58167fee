namespace UmlHost.Native;

/// <summary><c>sys/user.h</c>: where things are in the tracee's user area and FP state.</summary>
public static partial class Linux
{
    // POKEUSER addresses of general registers
    public const int USER_RBX = 40;
    public const int USER_RAX = 80;
    public const int USER_ORIG_RAX = 120;
    public const int USER_RIP = 128;
    public const int USER_RSP = 152;
    public const int USER_FS_BASE = 168;
    public const int USER_GS_BASE = 176;

    // POKEUSER address of debug register 0; the others follow, 8 bytes each
    public const int USER_DEBUGREG = 848;

    // xsave area
    public const int USER_FXSAVE_SIZE = 512;
    public const int USER_XSAVE_HEADER_OFFSET = 512;
    public const int USER_XSAVE_HEADER_SIZE = 64;
    public const int USER_XSAVE_MIN_SIZE = 576;

    // where the kernel leaves XCR0 in the FXSAVE image of NT_X86_XSTATE
    public const int USER_XSTATE_XCR0_OFFSET = 464;
}

/// <summary>What PTRACE_GETREGS fills in. The kernel's field names (<c>struct pt_regs</c>); a field's offset is also
/// its POKEUSER address.</summary>
public struct user_regs_struct
{
    public ulong r15;
    public ulong r14;
    public ulong r13;
    public ulong r12;
    public ulong rbp;
    public ulong rbx;
    public ulong r11;
    public ulong r10;
    public ulong r9;
    public ulong r8;
    public ulong rax;
    public ulong rcx;
    public ulong rdx;
    public ulong rsi;
    public ulong rdi;
    public ulong orig_rax;
    public ulong rip;
    public ulong cs;
    public ulong eflags;
    public ulong rsp;
    public ulong ss;
    public ulong fs_base;
    public ulong gs_base;
    public ulong ds;
    public ulong es;
    public ulong fs;
    public ulong gs;
}

/// <summary>The FXSAVE image: PTRACE_GETFPREGS, and the head of the xsave area.</summary>
public unsafe struct user_fpregs_struct
{
    public ushort cwd;
    public ushort swd;
    public ushort ftw;
    public ushort fop;
    public ulong rip;
    public ulong rdp;
    public uint mxcsr;
    public uint mxcr_mask;
    public fixed uint st_space[32];
    public fixed uint xmm_space[64];
    public fixed uint padding[24];
}
