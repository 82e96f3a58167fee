using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>What clone, clone3, fork and vfork ask for (Linux's kernel_clone_args).</summary>
internal readonly record struct CloneArguments
{
    private const ulong Namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER
        | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;

    /// <summary>CLONE_*, without the exit signal.</summary>
    public ulong Flags { get; init; }

    /// <summary>What the parent gets when the child ends; 0 for none.</summary>
    public int ExitSignal { get; init; }

    /// <summary>The child's stack pointer; null keeps the parent's.</summary>
    public GuestAddress Stack { get; init; }

    public ulong Tls { get; init; }

    public GuestAddress ParentTid { get; init; }

    public GuestAddress ChildTid { get; init; }

    /// <summary>Where the pidfd of CLONE_PIDFD goes.</summary>
    public GuestAddress PidFd { get; init; }

    public bool Has(long flag) => (Flags & (ulong)flag) != 0;

    /// <summary>What does not go together, in Linux's order.</summary>
    public Errno Check()
    {
        if ((Has(CLONE_NEWNS) || Has(CLONE_NEWUSER)) && Has(CLONE_FS))
        {
            return Errno.EINVAL;
        }

        if ((Has(CLONE_THREAD) && !Has(CLONE_SIGHAND)) || (Has(CLONE_SIGHAND) && !Has(CLONE_VM)))
        {
            return Errno.EINVAL;
        }

        if (Has(CLONE_THREAD) && (Has(CLONE_NEWUSER) || Has(CLONE_NEWPID)))
        {
            return Errno.EINVAL;
        }

        if (Has(CLONE_PIDFD) && Has(CLONE_DETACHED))
        {
            return Errno.EINVAL;
        }

        // There is one namespace of each kind, and nobody may make another.
        return (Flags & Namespaces) != 0 ? Errno.EPERM : Errno.None;
    }
}
