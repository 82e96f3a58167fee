using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Processes by file descriptor.</summary>
internal static unsafe class PidFdCalls
{
    public static readonly Syscall[] Calls =
    [
        new(434, "pidfd_open", &PidfdOpen, K.Pid, K.PidfdFlags) { Support = Support.Partial, Caveat = "no PIDFD_THREAD" },
        new(438, "pidfd_getfd", &PidfdGetfd, K.Fd, K.Fd, K.UInt),
    ];

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
