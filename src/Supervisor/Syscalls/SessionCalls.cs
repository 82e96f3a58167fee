using System;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Terminals;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Sessions, process groups, the execution domain and the machine's names.</summary>
internal static unsafe class SessionCalls
{
    public static readonly Syscall[] Calls =
    [
        new(109, "setpgid", &Setpgid, K.Pid, K.Pid),
        new(111, "getpgrp", &Getpgrp),
        new(112, "setsid", &Setsid),
        new(121, "getpgid", &Getpgid, K.Pid),
        new(124, "getsid", &Getsid, K.Pid),
        new(135, "personality", &Personality, K.Hex)
        {
            Support = Support.Partial,
            Caveat = "ADDR_NO_RANDOMIZE and PER_LINUX32's uname have an effect, other flags are only kept",
        },
        new(153, "vhangup", &Vhangup),
        new(170, "sethostname", &Sethostname, K.InBuffer, K.Size),
        new(171, "setdomainname", &Setdomainname, K.InBuffer, K.Size),
    ];

    private static SyscallResult Getpgrp(GuestTask task, in SyscallArguments arguments) => task.Group.ProcessGroup;

    private static SyscallResult Getpgid(GuestTask task, in SyscallArguments arguments)
    {
        int pid = arguments.Int(0);
        lock (task.Machine.Tasks.Lock)
        {
            return Find(task, pid) is { } group ? group.ProcessGroup : Errno.ESRCH;
        }
    }

    private static SyscallResult Getsid(GuestTask task, in SyscallArguments arguments)
    {
        int pid = arguments.Int(0);
        lock (task.Machine.Tasks.Lock)
        {
            return Find(task, pid) is { } group ? group.Session : Errno.ESRCH;
        }
    }

    private static SyscallResult Setpgid(GuestTask task, in SyscallArguments arguments)
    {
        int pid = arguments.Int(0) == 0 ? task.Group.Tgid : arguments.Int(0);
        int processGroup = arguments.Int(1) == 0 ? pid : arguments.Int(1);
        if (processGroup < 0)
        {
            return Errno.EINVAL;
        }

        TaskList tasks = task.Machine.Tasks;
        lock (tasks.Lock)
        {
            if (tasks.FindGroup(pid) is not { } group)
            {
                return tasks.FindTask(pid) is null ? Errno.ESRCH : Errno.EINVAL;
            }

            if (group.Parent == task.Group)
            {
                if (group.Session != task.Group.Session)
                {
                    return Errno.EPERM;
                }

                if (group.HasExeced)
                {
                    return Errno.EACCES;
                }
            }
            else if (group != task.Group)
            {
                return Errno.ESRCH;
            }

            if (group.IsSessionLeader || (processGroup != pid && !tasks.HasProcessGroup(processGroup, task.Group.Session)))
            {
                return Errno.EPERM;
            }

            group.ProcessGroup = processGroup;
            return Errno.None;
        }
    }

    private static SyscallResult Setsid(GuestTask task, in SyscallArguments arguments)
    {
        ThreadGroup group = task.Group;
        lock (task.Machine.Tasks.Lock)
        {
            if (group.IsSessionLeader || task.Machine.Tasks.HasProcessGroup(group.Tgid, session: null))
            {
                return Errno.EPERM;
            }

            group.Session = group.ProcessGroup = group.Tgid;
            Terminal.Leave(group);
            return group.Tgid;
        }
    }

    private static SyscallResult Vhangup(GuestTask task, in SyscallArguments arguments)
    {
        if (!task.Credentials.Has(CAP_SYS_TTY_CONFIG))
        {
            return Errno.EPERM;
        }

        task.Group.Terminal?.HangUp();
        return Errno.None;
    }

    private static SyscallResult Personality(GuestTask task, in SyscallArguments arguments)
    {
        uint old = task.Personality;
        if (arguments.UInt(0) != uint.MaxValue)
        {
            task.Personality = arguments.UInt(0);
        }

        return old;
    }

    private static SyscallResult Sethostname(GuestTask task, in SyscallArguments arguments)
    {
        Span<byte> buffer = stackalloc byte[UtsNamespace.NameLength];
        Errno error = ReadName(task, arguments, ref buffer);
        if (error == Errno.None)
        {
            task.Machine.Name.SetNodeName(buffer);
        }

        return error;
    }

    private static SyscallResult Setdomainname(GuestTask task, in SyscallArguments arguments)
    {
        Span<byte> buffer = stackalloc byte[UtsNamespace.NameLength];
        Errno error = ReadName(task, arguments, ref buffer);
        if (error == Errno.None)
        {
            task.Machine.Name.SetDomainName(buffer);
        }

        return error;
    }

    private static Errno ReadName(GuestTask task, in SyscallArguments arguments, ref Span<byte> buffer)
    {
        if (!task.Credentials.Has(CAP_SYS_ADMIN))
        {
            return Errno.EPERM;
        }

        if (arguments.Int(1) is < 0 or > UtsNamespace.NameLength)
        {
            return Errno.EINVAL;
        }

        buffer = buffer[..arguments.Int(1)];
        return task.Memory.CopyIn(arguments.Address(0), buffer) == buffer.Length ? Errno.None : Errno.EFAULT;
    }

    /// <summary>The process of a thread id, 0 for the caller's own. Task list lock.</summary>
    private static ThreadGroup? Find(GuestTask task, int pid) => pid == 0 ? task.Group : task.Machine.Tasks.FindGroupOf(pid);
}
