namespace UmlHost.Native;

/// <summary><c>asm/sigcontext.h</c> and <c>asm/ucontext.h</c>: the guest's signal frame.</summary>
public static partial class Linux
{
    public const int FP_XSTATE_MAGIC1 = 0x46505853;
    public const int FP_XSTATE_MAGIC2 = 0x46505845;

    public const int FP_XSTATE_MAGIC2_SIZE = 4;

    public const int UC_FP_XSTATE = 0x1;
    public const int UC_SIGCONTEXT_SS = 0x2;
    public const int UC_STRICT_RESTORE_SS = 0x4;

    // trapno
    public const int X86_TRAP_DE = 0;
    public const int X86_TRAP_DB = 1;
    public const int X86_TRAP_BP = 3;
    public const int X86_TRAP_OF = 4;
    public const int X86_TRAP_BR = 5;
    public const int X86_TRAP_UD = 6;
    public const int X86_TRAP_NM = 7;
    public const int X86_TRAP_SS = 12;
    public const int X86_TRAP_GP = 13;
    public const int X86_TRAP_PF = 14;
    public const int X86_TRAP_MF = 16;
    public const int X86_TRAP_AC = 17;
    public const int X86_TRAP_XF = 19;

    // page fault error code (err)
    public const int X86_PF_PROT = 0x1;
    public const int X86_PF_WRITE = 0x2;
    public const int X86_PF_USER = 0x4;
    public const int X86_PF_RSVD = 0x8;
    public const int X86_PF_INSTR = 0x10;
    public const int X86_PF_PK = 0x20;

    // eflags
    public const int X86_EFLAGS_CF = 0x1;
    public const int X86_EFLAGS_FIXED = 0x2;
    public const int X86_EFLAGS_PF = 0x4;
    public const int X86_EFLAGS_AF = 0x10;
    public const int X86_EFLAGS_ZF = 0x40;
    public const int X86_EFLAGS_SF = 0x80;
    public const int X86_EFLAGS_TF = 0x100;
    public const int X86_EFLAGS_IF = 0x200;
    public const int X86_EFLAGS_DF = 0x400;
    public const int X86_EFLAGS_OF = 0x800;
    public const int X86_EFLAGS_RF = 0x10000;
    public const int X86_EFLAGS_AC = 0x40000;

    // user segment selectors
    public const int __USER_CS = 0x33;
    public const int __USER_DS = 0x2b;
    public const int __USER32_CS = 0x23;
}

/// <summary>The registers in a signal frame (kernel layout).</summary>
public unsafe struct sigcontext
{
    public ulong r8;
    public ulong r9;
    public ulong r10;
    public ulong r11;
    public ulong r12;
    public ulong r13;
    public ulong r14;
    public ulong r15;
    public ulong rdi;
    public ulong rsi;
    public ulong rbp;
    public ulong rbx;
    public ulong rdx;
    public ulong rax;
    public ulong rcx;
    public ulong rsp;
    public ulong rip;
    public ulong eflags;
    public ushort cs;
    public ushort gs;
    public ushort fs;
    public ushort ss;
    public ulong err;
    public ulong trapno;
    public ulong oldmask;
    public ulong cr2;

    /// <summary>Address of the FXSAVE or xsave area; 0 for none.</summary>
    public ulong fpstate;
    public fixed ulong reserved1[8];
}

/// <summary>The kernel's <c>struct ucontext</c>: the mask is 8 bytes and last.</summary>
public struct ucontext
{
    public ulong uc_flags;
    public ulong uc_link;
    public stack_t uc_stack;
    public sigcontext uc_mcontext;
    public ulong uc_sigmask;
}

/// <summary>What a handler of the guest's starts with on its stack.</summary>
public struct rt_sigframe
{
    public ulong pretcode;
    public ucontext uc;
    public siginfo_t info;
}

/// <summary>What the kernel puts at offset 464 of the FXSAVE image in a signal frame.</summary>
public unsafe struct _fpx_sw_bytes
{
    public uint magic1;

    /// <summary>Of the whole area, with FP_XSTATE_MAGIC2 at its end.</summary>
    public uint extended_size;
    public ulong xfeatures;
    public uint xstate_size;
    public fixed uint padding[7];
}

/// <summary>The xsave header, at offset 512 of an xsave area.</summary>
public unsafe struct _xsave_hdr
{
    public ulong xfeatures;
    public fixed ulong reserved1[2];
    public fixed ulong reserved2[5];
}
