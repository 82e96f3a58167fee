using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Waiting for children.</summary>
internal static unsafe class WaitCalls
{
    public static readonly Syscall[] Calls =
    [
        new(61, "wait4", &Wait4, K.Pid, K.OutWaitStatus, K.WaitOptions, K.OutRusage),
        new(247, "waitid", &Waitid, K.WaitIdType, K.Pid, K.OutSigInfo, K.WaitOptions, K.OutRusage),
    ];

    private static SyscallResult Wait4(GuestTask task, in SyscallArguments arguments)
    {
        int pid = arguments.Int(0);
        int options = arguments.Int(2);
        if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) != 0)
        {
            return Errno.EINVAL;
        }

        if (pid == int.MinValue)
        {
            return Errno.ESRCH;
        }

        (int type, int id) = pid switch
        {
            -1 => (P_ALL, 0),
            < 0 => (P_PGID, -pid),
            0 => (P_PGID, task.Group.ProcessGroup),
            _ => (P_PID, pid),
        };
        Errno error = task.WaitChild(new ChildSelector(type, id, options | WEXITED), out ChildEvent found);
        if (error == Errno.EINTR)
        {
            return SyscallResult.RestartSys;
        }

        if (error != Errno.None)
        {
            return error;
        }

        if (found.Pid != 0
            && ((!arguments.Address(1).IsNull && !task.Memory.Write(arguments.Address(1), found.Status))
                || (!arguments.Address(3).IsNull && !task.Memory.Write(arguments.Address(3), found.Usage))))
        {
            return Errno.EFAULT;
        }

        return found.Pid;
    }

    private static SyscallResult Waitid(GuestTask task, in SyscallArguments arguments)
    {
        int type = arguments.Int(0);
        int id = arguments.Int(1);
        int options = arguments.Int(3);
        bool nonblocking = false;
        if ((options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) != 0
            || (options & (WEXITED | WSTOPPED | WCONTINUED)) == 0)
        {
            return Errno.EINVAL;
        }

        switch (type)
        {
            case P_ALL:
                break;
            case P_PID when id > 0:
                break;
            case P_PGID when id >= 0:
                id = id == 0 ? task.Group.ProcessGroup : id;
                break;
            case P_PIDFD when id >= 0:
                Errno found = PidFd.Find(task, id, out ThreadGroup? group, out nonblocking);
                if (found != Errno.None)
                {
                    return found;
                }

                type = P_PID;
                id = group!.Tgid;
                break;
            default:
                return Errno.EINVAL;
        }

        Errno error = task.WaitChild(new ChildSelector(type, id, nonblocking ? options | WNOHANG : options), out ChildEvent child);
        if (error == Errno.None && child.Pid == 0 && (options & WNOHANG) == 0)
        {
            return Errno.EAGAIN;
        }

        if (error == Errno.EINTR)
        {
            return SyscallResult.RestartSys;
        }

        if (error != Errno.None)
        {
            return error;
        }

        if (child.Pid != 0 && !arguments.Address(4).IsNull && !task.Memory.Write(arguments.Address(4), child.Usage))
        {
            return Errno.EFAULT;
        }

        return arguments.Address(2).IsNull || task.Memory.Write(arguments.Address(2), Info(child)) ? Errno.None : Errno.EFAULT;
    }

    /// <summary>All zeros where WNOHANG found nothing.</summary>
    private static siginfo_t Info(in ChildEvent child)
    {
        siginfo_t info = default;
        if (child.Pid != 0)
        {
            info.si_signo = SIGCHLD;
            info.si_code = child.Code;
            info.si_pid = child.Pid;
            info.si_uid = child.Uid;
            info.si_status = child.Code switch
            {
                CLD_EXITED => WEXITSTATUS(child.Status),
                CLD_KILLED or CLD_DUMPED => WTERMSIG(child.Status),
                CLD_CONTINUED => SIGCONT,
                _ => WSTOPSIG(child.Status),
            };
        }

        return info;
    }
}
