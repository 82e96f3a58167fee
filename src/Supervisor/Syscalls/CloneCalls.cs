using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>New tasks: fork, vfork, clone, clone3, and unshare.</summary>
internal static unsafe class CloneCalls
{
    private const int CloneArgsVersion0 = 64;
    private const uint PageSize = 4096;
    private const ulong ExitSignalMask = 0xff;

    public static readonly Syscall[] Calls =
    [
        new(56, "clone", &Clone, K.CloneFlags, K.Pointer, K.OutInt, K.OutInt, K.Hex),
        new(57, "fork", &Fork),
        new(58, "vfork", &Vfork),
        new(272, "unshare", &Unshare, K.UnshareFlags),
        new(435, "clone3", &Clone3, K.CloneArgs, K.Size),
    ];

    private static SyscallResult Fork(GuestTask task, in SyscallArguments arguments)
        => task.Clone(new CloneArguments { ExitSignal = SIGCHLD });

    private static SyscallResult Vfork(GuestTask task, in SyscallArguments arguments)
        => task.Clone(new CloneArguments { Flags = CLONE_VFORK | CLONE_VM, ExitSignal = SIGCHLD });

    private static SyscallResult Clone(GuestTask task, in SyscallArguments arguments)
    {
        ulong flags = arguments.UInt(0) & ~ExitSignalMask;
        CloneArguments clone = new()
        {
            Flags = flags,
            ExitSignal = arguments.Int(0) & (int)ExitSignalMask,
            Stack = arguments.Address(1),
            ParentTid = arguments.Address(2),
            ChildTid = arguments.Address(3),
            PidFd = arguments.Address(2),
            Tls = arguments.ULong(4),
        };

        // The pidfd would go where the parent's tid goes.
        return clone.Has(CLONE_PIDFD) && clone.Has(CLONE_PARENT_SETTID) ? Errno.EINVAL : CloneChecked(task, clone);
    }

    private static SyscallResult Clone3(GuestTask task, in SyscallArguments arguments)
    {
        ulong size = arguments.ULong(1);
        if (size > PageSize)
        {
            return Errno.E2BIG;
        }

        if (size < CloneArgsVersion0)
        {
            return Errno.EINVAL;
        }

        clone_args args = default;
        Errno error = UserStructure.Read(task.Memory, arguments.Address(0), size, ref args);
        if (error != Errno.None)
        {
            return error;
        }

        const ulong Known = 0x1_ffff_ffff | (ulong)CLONE_INTO_CGROUP;
        if ((args.flags & ~Known) != 0 || (args.flags & (CLONE_DETACHED | (ExitSignalMask & ~(ulong)CLONE_NEWTIME))) != 0
            || args.exit_signal > SignalHandlers.Count
            || (args.flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && args.exit_signal != 0
            || (args.stack == 0) != (args.stack_size == 0)
            || (args.set_tid == 0) != (args.set_tid_size == 0)
            || ((args.flags & (ulong)CLONE_CLEAR_SIGHAND) != 0 && (args.flags & CLONE_SIGHAND) != 0))
        {
            return Errno.EINVAL;
        }

        if ((args.flags & (ulong)CLONE_INTO_CGROUP) != 0 || args.set_tid_size != 0)
        {
            return Errno.EPERM;
        }

        return CloneChecked(task, new CloneArguments
        {
            Flags = args.flags,
            ExitSignal = (int)args.exit_signal,
            Stack = args.stack == 0 ? default : new GuestAddress(args.stack + args.stack_size),
            ParentTid = new GuestAddress(args.parent_tid),
            ChildTid = new GuestAddress(args.child_tid),
            PidFd = new GuestAddress(args.pidfd),
            Tls = args.tls,
        });
    }

    private static SyscallResult CloneChecked(GuestTask task, in CloneArguments clone)
    {
        if (clone.ExitSignal > SignalHandlers.Count)
        {
            return Errno.EINVAL;
        }

        return clone.Has(CLONE_SETTLS) && clone.Tls >= GuestAddress.TaskSize.Value ? Errno.EPERM : task.Clone(clone);
    }

    private static SyscallResult Unshare(GuestTask task, in SyscallArguments arguments)
    {
        const ulong Own = CLONE_FS | CLONE_FILES | CLONE_SYSVSEM;
        const ulong Alone = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
        const ulong Namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID
            | CLONE_NEWNET | CLONE_NEWTIME;
        ulong flags = arguments.ULong(0);
        if ((flags & ~(Own | Alone | Namespaces)) != 0)
        {
            return Errno.EINVAL;
        }

        if ((flags & Namespaces) != 0)
        {
            return Errno.EPERM;
        }

        if ((flags & Alone) != 0 && (task.Group.Tasks.Count > 1 || ((flags & CLONE_VM) != 0 && task.Memory.IsShared)))
        {
            return Errno.EINVAL;
        }

        task.Unshare((flags & CLONE_FS) != 0, (flags & CLONE_FILES) != 0);
        return Errno.None;
    }
}
