using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>flock, and the commands of fcntl for record locks and leases.</summary>
internal static unsafe class FileLockCalls
{
    /// <summary>LOCK_MAND, of which Linux knows nothing any more but that it is no error.</summary>
    private const int Mandatory = 32;

    public static readonly Syscall[] Calls =
    [
        new(73, "flock", &Flock, ArgumentKind.Fd, ArgumentKind.FlockOperation),
    ];

    /// <summary>F_GETLK, F_SETLK, F_SETLKW and their like for open file descriptions.</summary>
    public static SyscallResult Record(GuestTask task, int fd, OpenFile file, int command, GuestAddress address)
    {
        if (!task.Memory.Read(address, out flock wanted))
        {
            return Errno.EFAULT;
        }

        bool asking = command is F_GETLK or F_OFD_GETLK;
        bool ofDescription = command is F_OFD_GETLK or F_OFD_SETLK or F_OFD_SETLKW;
        if (asking && command != F_OFD_GETLK && wanted.l_type is not (F_RDLCK or F_WRLCK))
        {
            return Errno.EINVAL;
        }

        Errno error = Range(file, wanted, out long start, out long end);
        if (error != Errno.None)
        {
            return error;
        }

        if (!asking && ((wanted.l_type == F_RDLCK && !file.CanRead) || (wanted.l_type == F_WRLCK && !file.CanWrite)))
        {
            return Errno.EBADF;
        }

        if (ofDescription && wanted.l_pid != 0)
        {
            return Errno.EINVAL;
        }

        FileLock request = new(ofDescription ? file : task.Files, ofDescription ? -1 : task.Group.Tgid, Whole: false, wanted.l_type, start, end);
        if (asking)
        {
            wanted.l_type = F_UNLCK;
            if (file.Locks?.Test(request) is { } held)
            {
                wanted.l_type = held.Type;
                wanted.l_whence = SEEK_SET;
                wanted.l_start = held.Start;
                wanted.l_len = held.End == long.MaxValue ? 0 : held.End - held.Start + 1;
                wanted.l_pid = held.Pid;
            }

            return task.Memory.Write(address, wanted) ? SyscallResult.Zero : Errno.EFAULT;
        }

        if (wanted.l_type == F_UNLCK && file.Locks is null)
        {
            return SyscallResult.Zero;
        }

        SyscallResult result = file.MakeLocks().Set(task, request, command is F_SETLKW or F_OFD_SETLKW);
        if (!ofDescription && !result.Failed && wanted.l_type != F_UNLCK)
        {
            // Closed meanwhile by another thread, which found no lock to give back.
            using FileReference now = task.Files.Get(fd);
            if (now.File != file)
            {
                file.Locks?.Forget(task.Files);
                return Errno.EBADF;
            }
        }

        return result;
    }

    /// <summary>F_SETLEASE: no file system here has leases.</summary>
    public static Errno SetLease(GuestTask task, OpenFile file, int type) =>
        type is not (F_RDLCK or F_WRLCK or F_UNLCK) ? Errno.EINVAL
        : type == F_UNLCK ? Errno.EAGAIN
        : file.Stat(out stat status) == Errno.None && status.st_uid != task.Credentials.FileUid && !task.Credentials.Has(CAP_LEASE) ? Errno.EACCES
        : Errno.EINVAL;

    private static SyscallResult Flock(GuestTask task, in SyscallArguments args)
    {
        int operation = args.Int(1);
        if ((operation & Mandatory) != 0)
        {
            return SyscallResult.Zero;
        }

        int type = (operation & ~LOCK_NB) switch
        {
            LOCK_SH => F_RDLCK,
            LOCK_EX => F_WRLCK,
            LOCK_UN => F_UNLCK,
            _ => -1,
        };
        if (type < 0)
        {
            return Errno.EINVAL;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file || (type != F_UNLCK && !file.CanRead && !file.CanWrite) ? Errno.EBADF
            : type == F_UNLCK && file.Locks is null ? SyscallResult.Zero
            : file.MakeLocks().Set(task, new FileLock(file, task.Group.Tgid, Whole: true, (short)type, 0, long.MaxValue), (operation & LOCK_NB) == 0);
    }

    /// <summary>The bytes that a struct flock means (flock_to_posix_lock).</summary>
    private static Errno Range(OpenFile file, in flock wanted, out long start, out long end)
    {
        start = end = 0;
        switch (wanted.l_whence)
        {
            case SEEK_SET:
                break;
            case SEEK_CUR:
                SyscallResult position = file.Seek(0, SEEK_CUR);
                start = position.Failed ? 0 : position.Raw;
                break;
            case SEEK_END:
                start = file.Stat(out stat status) == Errno.None ? status.st_size : 0;
                break;
            default:
                return Errno.EINVAL;
        }

        if (wanted.l_start > long.MaxValue - start)
        {
            return Errno.EOVERFLOW;
        }

        start += wanted.l_start;
        if (start < 0)
        {
            return Errno.EINVAL;
        }

        end = long.MaxValue;
        if (wanted.l_len > 0)
        {
            if (wanted.l_len - 1 > long.MaxValue - start)
            {
                return Errno.EOVERFLOW;
            }

            end = start + wanted.l_len - 1;
        }
        else if (wanted.l_len < 0)
        {
            if (start + wanted.l_len < 0)
            {
                return Errno.EINVAL;
            }

            end = start - 1;
            start += wanted.l_len;
        }

        return wanted.l_type is F_RDLCK or F_WRLCK or F_UNLCK ? Errno.None : Errno.EINVAL;
    }
}
