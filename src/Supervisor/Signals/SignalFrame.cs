using System;
using System.Runtime.CompilerServices;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>What a handler finds on its stack, and what rt_sigreturn goes back to: the frame of x86_64 Linux.</summary>
[SkipLocalsInit]
internal static unsafe class SignalFrame
{
    private const ulong RedZone = 128;
    private const ulong StackAlignment = 16;
    private const ulong FpAlignment = 64;

    /// <summary>The flags that a program may set with popf; all others stay what they are.</summary>
    private const ulong UserFlags = X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF
        | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_RF | X86_EFLAGS_AC;

    /// <summary>Makes the guest run a handler, with FP state as a program starts with.</summary>
    /// <param name="mask">What rt_sigreturn restores.</param>
    /// <returns>False if the frame cannot be written: the guest's registers are as before.</returns>
    public static bool Push(GuestTask task, in siginfo_t info, in kernel_sigaction action, ulong mask)
    {
        // Linux on x86_64 knows no other way back; here the vDSO has one.
        ulong restorer = (action.flags & SA_RESTORER) != 0 ? action.restorer : (task.Machine.Vdso?.Restorer(task.Memory) ?? default).Value;
        if (restorer == 0 && (action.flags & SA_RESTORER) == 0)
        {
            return false;
        }

        ref user_regs_struct registers = ref task.Host.Registers;
        stack_t stack = task.AlternateStack;
        bool onAlternate = IsOn(stack, registers.rsp);
        ulong sp = registers.rsp - RedZone;
        if ((action.flags & SA_ONSTACK) != 0 && stack.ss_size != 0 && !IsOn(stack, sp))
        {
            sp = stack.ss_sp + stack.ss_size;
            onAlternate = true;
        }

        XState xstate = XState.Of(task.Host);
        int fpSize = xstate.UserSize + FP_XSTATE_MAGIC2_SIZE;
        ulong fpState = (sp - (ulong)fpSize) & ~(FpAlignment - 1);
        sp = ((fpState - (ulong)sizeof(rt_sigframe)) & ~(StackAlignment - 1)) - 8;
        if (onAlternate && !Contains(stack, sp))
        {
            return false;
        }

        Span<byte> image = stackalloc byte[XState.BufferSize(task.Host)];
        task.Host.GetFpState(image);
        xstate.ToFrame(image);
        if (task.Memory.CopyOut(new GuestAddress(fpState), image[..fpSize]) != fpSize)
        {
            return false;
        }

        rt_sigframe frame = default;
        frame.pretcode = restorer;
        frame.uc.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | (registers.cs == __USER_CS ? UC_STRICT_RESTORE_SS : 0ul);
        frame.uc.uc_stack = stack;
        if (stack.ss_size == 0)
        {
            frame.uc.uc_stack.ss_flags |= SS_DISABLE;
        }

        Save(task, ref frame.uc.uc_mcontext);
        frame.uc.uc_mcontext.oldmask = mask;
        frame.uc.uc_mcontext.fpstate = fpState;
        frame.uc.uc_sigmask = mask;

        // The siginfo is last, and only for those that asked for it.
        bool withInfo = (action.flags & SA_SIGINFO) != 0;
        if (withInfo)
        {
            frame.info = info;
        }

        int size = sizeof(rt_sigframe) - (withInfo ? 0 : sizeof(siginfo_t));
        if (task.Memory.CopyOut(new GuestAddress(sp), new ReadOnlySpan<byte>(&frame, size)) != size)
        {
            return false;
        }

        registers.rdi = (ulong)info.si_signo;
        registers.rsi = sp + (ulong)(sizeof(ulong) + sizeof(ucontext));
        registers.rdx = sp + sizeof(ulong);
        registers.rax = 0;
        registers.rip = action.handler;
        registers.rsp = sp;
        registers.cs = __USER_CS;
        registers.ss = __USER_DS;
        registers.eflags &= ~(ulong)(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
        task.Host.RegistersChanged();

        xstate.Initial(image);
        task.Host.SetFpState(image);
        if ((stack.ss_flags & unchecked((int)SS_AUTODISARM)) != 0)
        {
            task.AlternateStack = default;
        }

        return true;
    }

    /// <summary>rt_sigreturn: goes back to what the frame on the stack says.</summary>
    /// <returns>False if there is no such frame, or its FP state is not one: SIGSEGV.</returns>
    public static bool Pop(GuestTask task)
    {
        // The handler's return took the first word.
        if (!task.Memory.Read(new GuestAddress(task.Host.Registers.rsp), out ucontext context))
        {
            return false;
        }

        task.SetBlocked(context.uc_sigmask);
        task.RestartBlock = default;
        Restore(task, context.uc_mcontext, (context.uc_flags & UC_STRICT_RESTORE_SS) != 0);
        if (!RestoreFpState(task, context.uc_mcontext.fpstate))
        {
            return false;
        }

        // What sigaltstack would refuse is no reason to fail.
        _ = SetAlternateStack(task, context.uc_stack);
        return true;
    }

    /// <summary>sigaltstack. EPERM while the task is on the present one, EINVAL, ENOMEM if it is too small.</summary>
    public static Errno SetAlternateStack(GuestTask task, stack_t stack)
    {
        const int AutoDisarm = unchecked((int)SS_AUTODISARM);
        const ulong SmallestStack = 2048;

        if (IsOn(task.AlternateStack, task.Host.Registers.rsp))
        {
            return Errno.EPERM;
        }

        int mode = stack.ss_flags & ~AutoDisarm;
        if (mode is not (SS_DISABLE or SS_ONSTACK or 0))
        {
            return Errno.EINVAL;
        }

        if (mode == SS_DISABLE)
        {
            stack.ss_sp = 0;
            stack.ss_size = 0;
        }
        else if (stack.ss_size < SmallestStack)
        {
            return Errno.ENOMEM;
        }

        task.AlternateStack = stack;
        return Errno.None;
    }

    /// <summary>Whether a task with this stack pointer counts as being on its alternate stack; never with
    /// SS_AUTODISARM, which takes the stack away for the time.</summary>
    public static bool IsOn(in stack_t stack, ulong sp) => (stack.ss_flags & unchecked((int)SS_AUTODISARM)) == 0 && Contains(stack, sp);

    private static bool Contains(in stack_t stack, ulong sp) => sp > stack.ss_sp && sp - stack.ss_sp <= stack.ss_size;

    private static void Save(GuestTask task, ref sigcontext context)
    {
        ref user_regs_struct registers = ref task.Host.Registers;
        context.r8 = registers.r8;
        context.r9 = registers.r9;
        context.r10 = registers.r10;
        context.r11 = registers.r11;
        context.r12 = registers.r12;
        context.r13 = registers.r13;
        context.r14 = registers.r14;
        context.r15 = registers.r15;
        context.rdi = registers.rdi;
        context.rsi = registers.rsi;
        context.rbp = registers.rbp;
        context.rbx = registers.rbx;
        context.rdx = registers.rdx;
        context.rax = registers.rax;
        context.rcx = registers.rcx;
        context.rsp = registers.rsp;
        context.rip = registers.rip;
        context.eflags = registers.eflags;
        context.cs = (ushort)registers.cs;
        context.ss = (ushort)registers.ss;
        context.err = task.LastFault.ErrorCode;
        context.trapno = task.LastFault.TrapNumber;
        context.cr2 = task.LastFault.Address;
    }

    private static void Restore(GuestTask task, in sigcontext context, bool strictStackSegment)
    {
        ref user_regs_struct registers = ref task.Host.Registers;
        registers.r8 = context.r8;
        registers.r9 = context.r9;
        registers.r10 = context.r10;
        registers.r11 = context.r11;
        registers.r12 = context.r12;
        registers.r13 = context.r13;
        registers.r14 = context.r14;
        registers.r15 = context.r15;
        registers.rdi = context.rdi;
        registers.rsi = context.rsi;
        registers.rbp = context.rbp;
        registers.rbx = context.rbx;
        registers.rdx = context.rdx;
        registers.rax = context.rax;
        registers.rcx = context.rcx;
        registers.rsp = context.rsp;
        registers.rip = context.rip;
        registers.eflags = (registers.eflags & ~UserFlags) | (context.eflags & UserFlags);

        // A selector of the kernel's own would be refused by the host: the privilege is always the user's.
        registers.cs = context.cs | 3u;
        registers.ss = strictStackSegment || registers.cs != __USER_CS ? context.ss | 3u : __USER_DS;
        task.Host.RegistersChanged();
    }

    private static bool RestoreFpState(GuestTask task, ulong address)
    {
        Span<byte> image = stackalloc byte[XState.BufferSize(task.Host)];
        XState xstate = XState.Of(task.Host);
        if (address == 0)
        {
            xstate.Initial(image);
        }
        else
        {
            image.Clear();
            int legacy = task.Memory.CopyIn(new GuestAddress(address), image[..USER_FXSAVE_SIZE]);
            if (legacy != USER_FXSAVE_SIZE)
            {
                return false;
            }

            // Without both magic numbers, around what may be a shorter area than today's, only FP and SSE count.
            int size = xstate.AreaSize(image);
            uint magic2 = 0;
            if (size != 0 && !task.Memory.Read(new GuestAddress(address + (ulong)size), out magic2))
            {
                return false;
            }

            if (magic2 != FP_XSTATE_MAGIC2)
            {
                size = 0;
            }

            if (address % (size == 0 ? StackAlignment : FpAlignment) != 0)
            {
                return false;
            }

            int rest = size - USER_FXSAVE_SIZE;
            if (size != 0 && task.Memory.CopyIn(new GuestAddress(address + USER_FXSAVE_SIZE), image.Slice(USER_FXSAVE_SIZE, rest)) != rest)
            {
                return false;
            }

            xstate.FromFrame(image, size);
        }

        // Refuses reserved bits in MXCSR and in the header, as the instruction would.
        return !task.Host.SetFpState(image).Failed;
    }
}
