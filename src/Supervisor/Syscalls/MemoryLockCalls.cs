using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>mlock and its family.</summary>
internal static unsafe class MemoryLockCalls
{
    public static readonly Syscall[] Calls =
    [
        new(149, "mlock", &Mlock, K.Pointer, K.Size),
        new(150, "munlock", &Munlock, K.Pointer, K.Size),
        new(151, "mlockall", &Mlockall, K.MlockallFlags),
        new(152, "munlockall", &Munlockall),
        new(325, "mlock2", &Mlock2, K.Pointer, K.Size, K.Mlock2Flags),
    ];

    /// <summary>Bytes that a task may have locked: RLIMIT_MEMLOCK, or all ones with CAP_IPC_LOCK.</summary>
    public static ulong LimitOf(GuestTask task)
        => task.Credentials.Has(CAP_IPC_LOCK) ? ulong.MaxValue : task.Group.Limits[RLIMIT_MEMLOCK].rlim_cur;

    private static SyscallResult Mlock(GuestTask task, in SyscallArguments arguments)
        => LimitOf(task) == 0 ? Errno.EPERM : task.Memory.Lock(arguments.Address(0), arguments.ULong(1), VmaFlags.Locked, LimitOf(task));

    private static SyscallResult Mlock2(GuestTask task, in SyscallArguments arguments)
    {
        int flags = arguments.Int(2);
        if ((flags & ~MLOCK_ONFAULT) != 0)
        {
            return Errno.EINVAL;
        }

        VmaFlags lockFlags = VmaFlags.Locked | (flags != 0 ? VmaFlags.LockOnFault : 0);
        return LimitOf(task) == 0 ? Errno.EPERM : task.Memory.Lock(arguments.Address(0), arguments.ULong(1), lockFlags, LimitOf(task));
    }

    private static SyscallResult Munlock(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Lock(arguments.Address(0), arguments.ULong(1), VmaFlags.None, ulong.MaxValue);

    private static SyscallResult Mlockall(GuestTask task, in SyscallArguments arguments)
    {
        int flags = arguments.Int(0);
        if ((flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 || flags is 0 or MCL_ONFAULT)
        {
            return Errno.EINVAL;
        }

        ulong limit = LimitOf(task);
        return limit == 0 ? Errno.EPERM : task.Memory.LockAll(flags, limit);
    }

    private static SyscallResult Munlockall(GuestTask task, in SyscallArguments arguments)
    {
        task.Memory.UnlockAll();
        return Errno.None;
    }
}
