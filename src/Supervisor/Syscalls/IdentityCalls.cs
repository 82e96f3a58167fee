using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Who a task is and what machine it is on.</summary>
internal static unsafe class IdentityCalls
{
    public static readonly Syscall[] Calls =
    [
        new(39, "getpid", &Getpid),
        new(110, "getppid", &Getppid),
        new(186, "gettid", &Gettid),
        new(102, "getuid", &Getuid),
        new(104, "getgid", &Getgid),
        new(107, "geteuid", &Geteuid),
        new(108, "getegid", &Getegid),
        new(115, "getgroups", &Getgroups, K.Int, K.OutUids),
        new(118, "getresuid", &Getresuid, K.OutInt, K.OutInt, K.OutInt),
        new(120, "getresgid", &Getresgid, K.OutInt, K.OutInt, K.OutInt),
        new(63, "uname", &Uname, K.OutUtsname),
    ];

    private static SyscallResult Getpid(GuestTask task, in SyscallArguments arguments) => task.Group.Tgid;

    private static SyscallResult Getppid(GuestTask task, in SyscallArguments arguments) => task.Group.ParentTgid;

    private static SyscallResult Gettid(GuestTask task, in SyscallArguments arguments) => task.Tid;

    private static SyscallResult Getuid(GuestTask task, in SyscallArguments arguments) => task.Credentials.Uid;

    private static SyscallResult Getgid(GuestTask task, in SyscallArguments arguments) => task.Credentials.Gid;

    private static SyscallResult Geteuid(GuestTask task, in SyscallArguments arguments) => task.Credentials.EffectiveUid;

    private static SyscallResult Getegid(GuestTask task, in SyscallArguments arguments) => task.Credentials.EffectiveGid;

    private static SyscallResult Getgroups(GuestTask task, in SyscallArguments arguments)
    {
        uint[] groups = task.Credentials.Groups;
        int size = arguments.Int(0);
        if (size < 0 || (size != 0 && size < groups.Length))
        {
            return Errno.EINVAL;
        }

        if (size != 0)
        {
            System.ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<uint>(groups);
            if (task.Memory.CopyOut(arguments.Address(1), bytes) != bytes.Length)
            {
                return Errno.EFAULT;
            }
        }

        return groups.Length;
    }

    private static SyscallResult Getresuid(GuestTask task, in SyscallArguments arguments)
        => WriteThree(task, arguments, task.Credentials.Uid, task.Credentials.EffectiveUid, task.Credentials.SavedUid);

    private static SyscallResult Getresgid(GuestTask task, in SyscallArguments arguments)
        => WriteThree(task, arguments, task.Credentials.Gid, task.Credentials.EffectiveGid, task.Credentials.SavedGid);

    private static SyscallResult WriteThree(GuestTask task, in SyscallArguments arguments, uint real, uint effective, uint saved)
        => task.Memory.Write(arguments.Address(0), real)
            && task.Memory.Write(arguments.Address(1), effective)
            && task.Memory.Write(arguments.Address(2), saved)
            ? Errno.None
            : Errno.EFAULT;

    private static SyscallResult Uname(GuestTask task, in SyscallArguments arguments)
    {
        utsname name = task.Machine.Name.Get();
        if ((task.Personality & PER_MASK) == PER_LINUX32)
        {
            "i686\0"u8.CopyTo(new System.Span<byte>(name.machine, 65));
        }

        return task.Memory.Write(arguments.Address(0), name) ? Errno.None : Errno.EFAULT;
    }
}
