using UmlHost.Native;

namespace UmlHost.Syscalls;

/// <summary>What the task loop does after a handler returned.</summary>
internal enum SyscallOutcome
{
    /// <summary>Write the value or -errno to the guest's rax and go on.</summary>
    Return,

    /// <summary>The handler set the whole register file itself (rt_sigreturn, execve) or the task is ending
    /// (exit): rax is left alone.</summary>
    NoReturn,

    /// <summary>Ended by a signal; run again after a handler installed with SA_RESTART (ERESTARTSYS).</summary>
    RestartSys,

    /// <summary>Ended by a signal; run again only if no handler ran (ERESTARTNOHAND).</summary>
    RestartNoHand,

    /// <summary>Ended by a signal; run again in any case, after the handler if there is one (ERESTARTNOINTR).
    /// </summary>
    RestartNoIntr,

    /// <summary>Ended by a signal; go on through restart_syscall with what is left of the timeout
    /// (ERESTART_RESTARTBLOCK).</summary>
    RestartBlock,
}

/// <summary>The result of one guest system call: a raw value or an errno, and how the guest goes on.
/// Handlers return <c>Errno.EINVAL</c> or a number; both convert.</summary>
internal readonly struct SyscallResult(long raw, SyscallOutcome outcome = SyscallOutcome.Return)
{
    /// <summary>What goes to rax: the value, or -errno.</summary>
    public readonly long Raw = raw;

    public readonly SyscallOutcome Outcome = outcome;

    public static SyscallResult Zero => default;

    public static SyscallResult NoReturn => new(0, SyscallOutcome.NoReturn);

    public static SyscallResult RestartSys => new(-(long)Errno.EINTR, SyscallOutcome.RestartSys);

    public static SyscallResult RestartNoHand => new(-(long)Errno.EINTR, SyscallOutcome.RestartNoHand);

    public static SyscallResult RestartNoIntr => new(-(long)Errno.EINTR, SyscallOutcome.RestartNoIntr);

    public static SyscallResult RestartBlock => new(-(long)Errno.EINTR, SyscallOutcome.RestartBlock);

    public bool Failed => (ulong)Raw > unchecked((ulong)-4096L);

    public Errno Error => Failed ? (Errno)(int)-Raw : Errno.None;

    public static implicit operator SyscallResult(Errno error) => new(-(long)error);

    public static implicit operator SyscallResult(long value) => new(value);

    /// <summary>A host call's result, handed on to the guest: value or errno.</summary>
    public static implicit operator SyscallResult(Result host) => new(host.Raw);
}
