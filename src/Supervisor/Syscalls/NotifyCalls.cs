using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>inotify.</summary>
internal static unsafe class NotifyCalls
{
    private const uint KnownMask = IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW
        | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT;

    public static readonly Syscall[] Calls =
    [
        new(253, "inotify_init", &Init),
        new(254, "inotify_add_watch", &AddWatch, ArgumentKind.Fd, ArgumentKind.Path, ArgumentKind.InotifyMask)
        {
            Support = Support.Partial,
            Caveat = "changes that the host makes are not seen; no IN_UNMOUNT",
        },
        new(255, "inotify_rm_watch", &RemoveWatch, ArgumentKind.Fd, ArgumentKind.Int),
        new(294, "inotify_init1", &Init1, ArgumentKind.InotifyFlags),
    ];

    private static SyscallResult Init(GuestTask task, in SyscallArguments args) => Init(task, 0);

    private static SyscallResult Init1(GuestTask task, in SyscallArguments args) =>
        (args.Int(0) & ~(IN_NONBLOCK | IN_CLOEXEC)) != 0 ? Errno.EINVAL : Init(task, args.Int(0));

    private static SyscallResult Init(GuestTask task, int flags)
    {
        if (Inotify.Create(flags & IN_NONBLOCK) is not { } file)
        {
            return Errno.EMFILE;
        }

        int fd = task.Files.Add(file, (flags & IN_CLOEXEC) != 0);
        if (fd < 0)
        {
            file.Release();
        }

        return (long)fd;
    }

    private static SyscallResult AddWatch(GuestTask task, in SyscallArguments args)
    {
        uint mask = args.UInt(2);
        if ((mask & KnownMask) == 0 || (mask & ~KnownMask) != 0)
        {
            return Errno.EINVAL;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { } file)
        {
            return Errno.EBADF;
        }

        if ((mask & (IN_MASK_ADD | IN_MASK_CREATE)) == (IN_MASK_ADD | IN_MASK_CREATE) || file is not Inotify owner)
        {
            return Errno.EINVAL;
        }

        Errno error = Paths.Find(task, AT_FDCWD, args.Address(1), follow: (mask & IN_DONT_FOLLOW) == 0, out VfsPath place);
        if (error == Errno.None && (mask & IN_ONLYDIR) != 0 && !place.Inode!.IsDirectory)
        {
            error = Errno.ENOTDIR;
        }

        if (error == Errno.None)
        {
            error = Permissions.Check(place, task.Credentials, R_OK);
        }

        return error != Errno.None ? error : FsNotify.Watch(owner, place, mask);
    }

    private static SyscallResult RemoveWatch(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { } file ? Errno.EBADF
            : file is not Inotify owner ? Errno.EINVAL
            : FsNotify.Unwatch(owner, args.Int(1));
    }
}
