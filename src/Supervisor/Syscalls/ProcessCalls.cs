using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>The end of a process, its limits, and the thread's own registers.</summary>
internal static unsafe class ProcessCalls
{
    public static readonly Syscall[] Calls =
    [
        new(60, "exit", &Exit, K.Int),
        new(231, "exit_group", &ExitGroup, K.Int),
        new(97, "getrlimit", &Getrlimit, K.Resource, K.OutRlimit),
        new(160, "setrlimit", &Setrlimit, K.Resource, K.InRlimit),
        new(302, "prlimit64", &Prlimit, K.Pid, K.Resource, K.InRlimit, K.OutRlimit),
        new(158, "arch_prctl", &ArchPrctl, K.ArchPrctlCode, K.ArchPrctlArgument),
        new(218, "set_tid_address", &SetTidAddress, K.Pointer),
    ];

    private static SyscallResult Exit(GuestTask task, in SyscallArguments arguments)
    {
        task.ExitStatus = W_EXITCODE(arguments.Int(0) & 0xff, 0);
        task.IsExiting = true;
        return SyscallResult.NoReturn;
    }

    private static SyscallResult ExitGroup(GuestTask task, in SyscallArguments arguments)
    {
        task.Group.Exit(W_EXITCODE(arguments.Int(0) & 0xff, 0));
        return SyscallResult.NoReturn;
    }

    private static SyscallResult Getrlimit(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.UInt(0) >= ResourceLimits.Count)
        {
            return Errno.EINVAL;
        }

        return task.Memory.Write(arguments.Address(1), task.Group.Limits[arguments.Int(0)]) ? Errno.None : Errno.EFAULT;
    }

    private static SyscallResult Setrlimit(GuestTask task, in SyscallArguments arguments)
    {
        if (!task.Memory.Read(arguments.Address(1), out rlimit value))
        {
            return Errno.EFAULT;
        }

        return arguments.UInt(0) >= ResourceLimits.Count ? Errno.EINVAL : Set(task, arguments.Int(0), value, out _);
    }

    private static SyscallResult Prlimit(GuestTask task, in SyscallArguments arguments)
    {
        int pid = arguments.Int(0);
        bool set = !arguments.Address(2).IsNull;
        rlimit value = default;
        if (set && !task.Memory.Read(arguments.Address(2), out value))
        {
            return Errno.EFAULT;
        }

        if (pid != 0 && pid != task.Group.Tgid)
        {
            return Errno.ESRCH;
        }

        if (arguments.UInt(1) >= ResourceLimits.Count)
        {
            return Errno.EINVAL;
        }

        rlimit old = task.Group.Limits[arguments.Int(1)];
        if (set)
        {
            Errno error = Set(task, arguments.Int(1), value, out old);
            if (error != Errno.None)
            {
                return error;
            }
        }

        return arguments.Address(3).IsNull || task.Memory.Write(arguments.Address(3), old) ? Errno.None : Errno.EFAULT;
    }

    private static Errno Set(GuestTask task, int resource, rlimit value, out rlimit old)
    {
        Errno error = task.Group.Limits.Set(resource, value, task.Credentials.IsCapable(CAP_SYS_RESOURCE), out old);
        if (error == Errno.None)
        {
            switch (resource)
            {
                case RLIMIT_NOFILE:
                    task.Files.Limit = (int)ulong.Min(value.rlim_cur, Fs.FdTable.Maximum);
                    break;
                case RLIMIT_STACK:
                    task.Memory.StackLimit = value.rlim_cur;
                    break;
                case RLIMIT_DATA:
                    task.Memory.DataLimit = value.rlim_cur;
                    break;
            }
        }

        return error;
    }

    private static SyscallResult ArchPrctl(GuestTask task, in SyscallArguments arguments)
    {
        ref user_regs_struct registers = ref task.Host.Registers;
        ulong address = arguments.ULong(1);
        switch (arguments.Int(0))
        {
            case ARCH_SET_FS:
                if (address >= GuestAddress.TaskSize.Value)
                {
                    return Errno.EPERM;
                }

                registers.fs_base = address;
                task.Host.RegistersChanged();
                return Errno.None;
            case ARCH_SET_GS:
                if (address >= GuestAddress.TaskSize.Value)
                {
                    return Errno.EPERM;
                }

                registers.gs_base = address;
                task.Host.RegistersChanged();
                return Errno.None;
            case ARCH_GET_FS:
                return task.Memory.Write(arguments.Address(1), registers.fs_base) ? Errno.None : Errno.EFAULT;
            case ARCH_GET_GS:
                return task.Memory.Write(arguments.Address(1), registers.gs_base) ? Errno.None : Errno.EFAULT;
            case ARCH_GET_CPUID:
                return 1;
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult SetTidAddress(GuestTask task, in SyscallArguments arguments)
    {
        task.ClearChildTid = arguments.Address(0);
        return task.Tid;
    }
}
