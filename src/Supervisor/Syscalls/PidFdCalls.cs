using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Proc;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Processes by file descriptor.</summary>
internal static unsafe class PidFdCalls
{
    public static readonly Syscall[] Calls =
    [
        new(424, "pidfd_send_signal", &PidfdSendSignal, K.Fd, K.Signal, K.InSigInfo, K.Hex),
        new(434, "pidfd_open", &PidfdOpen, K.Pid, K.PidfdFlags) { Support = Support.Partial, Caveat = "no PIDFD_THREAD" },
        new(438, "pidfd_getfd", &PidfdGetfd, K.Fd, K.Fd, K.UInt),
    ];

    private static SyscallResult PidfdSendSignal(GuestTask task, in SyscallArguments arguments)
    {
        int signal = arguments.Int(1);
        uint scope = arguments.UInt(3);
        if (scope is not (0 or PIDFD_SIGNAL_THREAD or PIDFD_SIGNAL_THREAD_GROUP or PIDFD_SIGNAL_PROCESS_GROUP))
        {
            return Errno.EINVAL;
        }

        Errno error = PidFd.Find(task, arguments.Int(0), out ThreadGroup? group);
        if (error != Errno.None)
        {
            // From before there was pidfd_open: a directory of /proc is a process, too, to this call alone.
            using FileReference reference = task.Files.Get(arguments.Int(0));
            group = (reference.File?.Inode as ProcessDirectory)?.Process;
            if (group is null)
            {
                return error;
            }
        }

        siginfo_t info = SignalSender.UserInfo(task, signal, scope == PIDFD_SIGNAL_THREAD ? SI_TKILL : SI_USER);
        if (!arguments.Address(2).IsNull)
        {
            if (!task.Memory.Read(arguments.Address(2), out int claimed))
            {
                return Errno.EFAULT;
            }

            error = KillCalls.ReadInfo(task, arguments.Address(2), signal, out info);
            if (error != Errno.None)
            {
                return error;
            }

            if (claimed != signal)
            {
                return Errno.EINVAL;
            }

            if ((group != task.Group || scope == PIDFD_SIGNAL_PROCESS_GROUP) && KillCalls.IsForgery(info))
            {
                return Errno.EPERM;
            }
        }

        lock (task.Machine.Tasks.Lock)
        {
            return scope == PIDFD_SIGNAL_PROCESS_GROUP ? KillCalls.KillGroup(task, group!.Tgid, signal, info)
                : group!.IsReaped ? Errno.ESRCH
                : scope == PIDFD_SIGNAL_THREAD ? KillCalls.SendToThread(task, group.Tgid, group.Tgid, signal, info)
                : KillCalls.Send(task, group, signal, info);
        }
    }

    private static SyscallResult PidfdOpen(GuestTask task, in SyscallArguments arguments)
    {
        int pid = arguments.Int(0);
        int flags = arguments.Int(1);
        if ((flags & ~PIDFD_NONBLOCK) != 0 || pid <= 0)
        {
            return Errno.EINVAL;
        }

        ThreadGroup? group;
        lock (task.Machine.Tasks.Lock)
        {
            group = task.Machine.Tasks.FindGroup(pid);
            if (group is null)
            {
                return task.Machine.Tasks.FindTask(pid) is null ? Errno.ESRCH : Errno.ENOENT;
            }
        }

        return Open(task, new PidFd(group, flags));
    }

    private static SyscallResult PidfdGetfd(GuestTask task, in SyscallArguments arguments)
    {
        if (arguments.UInt(2) != 0)
        {
            return Errno.EINVAL;
        }

        Errno error = PidFd.Find(task, arguments.Int(0), out ThreadGroup? group);
        if (error != Errno.None)
        {
            return error;
        }

        FdTable files;
        lock (task.Machine.Tasks.Lock)
        {
            if (group!.Tasks.Count == 0)
            {
                return Errno.ESRCH;
            }

            GuestTask target = group.Tasks[0];
            if (!task.MayAccess(target))
            {
                return Errno.EPERM;
            }

            files = target.Files;
        }

        using FileReference reference = files.Get(arguments.Int(1));
        return reference.File is { } file ? Open(task, file.Acquire()) : Errno.EBADF;
    }

    /// <summary>Gives a file, with its reference, a descriptor that exec closes.</summary>
    private static SyscallResult Open(GuestTask task, OpenFile file)
    {
        int fd = task.Files.Add(file, closeOnExec: true);
        if (fd < 0)
        {
            file.Release();
        }

        return fd;
    }
}
