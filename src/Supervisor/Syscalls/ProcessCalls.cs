using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>The end of a process and its limits.</summary>
internal static unsafe class ProcessCalls
{
    public static readonly Syscall[] Calls =
    [
        new(60, "exit", &Exit, K.Int),
        new(231, "exit_group", &ExitGroup, K.Int),
        new(97, "getrlimit", &Getrlimit, K.Resource, K.OutRlimit),
        new(160, "setrlimit", &Setrlimit, K.Resource, K.InRlimit),
        new(302, "prlimit64", &Prlimit, K.Pid, K.Resource, K.InRlimit, K.OutRlimit),
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

        return arguments.UInt(0) >= ResourceLimits.Count ? Errno.EINVAL : Set(task, task.Group, arguments.Int(0), value, out _);
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

        ThreadGroup? group = task.Group;
        if (pid != 0 && pid != task.Group.Tgid)
        {
            lock (task.Machine.Tasks.Lock)
            {
                // A zombie has no limits any more.
                GuestTask? target = task.Machine.Tasks.FindTask(pid);
                group = target?.Group;
                if (target is not null && group != task.Group && !task.Credentials.IsSameUser(target.Credentials) && !task.Credentials.Has(CAP_SYS_RESOURCE))
                {
                    return Errno.EPERM;
                }
            }
        }

        if (group is null)
        {
            return Errno.ESRCH;
        }

        if (arguments.UInt(1) >= ResourceLimits.Count)
        {
            return Errno.EINVAL;
        }

        rlimit old = group.Limits[arguments.Int(1)];
        if (set)
        {
            Errno error = Set(task, group, arguments.Int(1), value, out old);
            if (error != Errno.None)
            {
                return error;
            }
        }

        return arguments.Address(3).IsNull || task.Memory.Write(arguments.Address(3), old) ? Errno.None : Errno.EFAULT;
    }

    private static Errno Set(GuestTask task, ThreadGroup group, int resource, rlimit value, out rlimit old)
    {
        if (resource == RLIMIT_NOFILE && value.rlim_max > Fs.FdTable.Maximum)
        {
            old = default;
            return value.rlim_cur > value.rlim_max ? Errno.EINVAL : Errno.EPERM;
        }

        Errno error = group.Limits.Set(resource, value, task.Credentials.Has(CAP_SYS_RESOURCE), out old);
        if (error == Errno.None && resource == RLIMIT_CPU)
        {
            group.ApplyCpuLimit();
        }
        else if (error == Errno.None && resource is RLIMIT_NOFILE or RLIMIT_STACK or RLIMIT_DATA or RLIMIT_AS)
        {
            lock (task.Machine.Tasks.Lock)
            {
                foreach (GuestTask member in group.Tasks)
                {
                    Apply(member, resource, value);
                }
            }
        }

        return error;
    }

    private static void Apply(GuestTask task, int resource, in rlimit value)
    {
        switch (resource)
        {
            case RLIMIT_NOFILE:
                task.Files.Limit = (int)ulong.Min(value.rlim_cur, Fs.FdTable.Maximum);
                break;
            case RLIMIT_STACK:
                task.Memory.StackLimit = value.rlim_cur;
                break;
            case RLIMIT_AS:
                task.Memory.AddressSpaceLimit = value.rlim_cur;
                break;
            case RLIMIT_DATA:
                task.Memory.DataLimit = value.rlim_cur;
                break;
        }
    }

    private static SyscallResult SetTidAddress(GuestTask task, in SyscallArguments arguments)
    {
        task.ClearChildTid = arguments.Address(0);
        return task.Tid;
    }
}
