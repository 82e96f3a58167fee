using System;
using System.Runtime.CompilerServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Opening and closing files.</summary>
[SkipLocalsInit]
internal static unsafe class OpenClose
{
    public static readonly Syscall[] Calls =
    [
        new(2, "open", &Open, ArgumentKind.Path, ArgumentKind.OpenFlags, ArgumentKind.Mode),
        new(3, "close", &Close, ArgumentKind.Fd),
        new(85, "creat", &Create, ArgumentKind.Path, ArgumentKind.Mode),
        new(257, "openat", &OpenAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.OpenFlags, ArgumentKind.Mode),
        new(436, "close_range", &CloseRange, ArgumentKind.UInt, ArgumentKind.UInt, ArgumentKind.CloseRangeFlags)
        {
            Support = Support.Partial,
            Caveat = "CLOSE_RANGE_UNSHARE gives EINVAL",
        },
    ];

    /// <summary>VALID_OPEN_FLAGS: open ignores any other.</summary>
    private const int ValidFlags = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | FASYNC
        | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE;

    private const int PathFlags = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;

    private static SyscallResult Open(GuestTask task, in SyscallArguments args) =>
        Open(task, AT_FDCWD, args.Address(0), args.Int(1), args.UInt(2));

    private static SyscallResult OpenAt(GuestTask task, in SyscallArguments args) =>
        Open(task, args.Int(0), args.Address(1), args.Int(2), args.UInt(3));

    private static SyscallResult Create(GuestTask task, in SyscallArguments args) =>
        Open(task, AT_FDCWD, args.Address(0), O_CREAT | O_WRONLY | O_TRUNC, args.UInt(1));

    private static SyscallResult Open(GuestTask task, int directory, GuestAddress address, int flags, uint mode)
    {
        flags &= ValidFlags;
        const int TemporaryFile = O_TMPFILE & ~O_DIRECTORY;
        if ((flags & O_PATH) != 0)
        {
            flags &= PathFlags;
        }
        else if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT)
            || ((flags & TemporaryFile) != 0 && ((flags & O_DIRECTORY) == 0 || (flags & O_ACCMODE) == O_RDONLY)))
        {
            return Errno.EINVAL;
        }
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, address, path);
        if (length < 0)
        {
            return (long)length;
        }
        int fd = task.Files.Reserve((flags & O_CLOEXEC) != 0);
        if (fd < 0)
        {
            return (long)fd;
        }
        Errno error = Errno.EBADF;
        using FileReference start = task.Fs.Start(task.Files, directory, path[..length]);
        if (start.File is not null
            && task.Fs.FileSystem.Open(new PathName(start.File, path[..length]), flags, mode & 0xfff & ~task.Fs.Umask, out error) is { } file)
        {
            task.Files.Install(fd, file);
            return (long)fd;
        }
        task.Files.Unreserve(fd);
        return error;
    }

    private static SyscallResult Close(GuestTask task, in SyscallArguments args) => task.Files.Remove(args.Int(0));

    private static SyscallResult CloseRange(GuestTask task, in SyscallArguments args)
    {
        uint first = args.UInt(0), last = args.UInt(1);
        if ((args.UInt(2) & ~(uint)CLOSE_RANGE_CLOEXEC) != 0 || first > last)
        {
            return Errno.EINVAL;
        }
        task.Files.RemoveRange(first, last, onlyMark: (args.UInt(2) & CLOSE_RANGE_CLOEXEC) != 0);
        return SyscallResult.Zero;
    }
}
