using System;
using System.Runtime.CompilerServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Making, removing, renaming and changing files.</summary>
[SkipLocalsInit]
internal static unsafe class FileChanges
{
    public static readonly Syscall[] Calls =
    [
        new(76, "truncate", &Truncate, ArgumentKind.Path, ArgumentKind.Offset),
        new(77, "ftruncate", &FTruncate, ArgumentKind.Fd, ArgumentKind.Offset),
        new(82, "rename", &Rename, ArgumentKind.Path, ArgumentKind.Path),
        new(83, "mkdir", &MkDir, ArgumentKind.Path, ArgumentKind.Mode),
        new(84, "rmdir", &RmDir, ArgumentKind.Path),
        new(86, "link", &Link, ArgumentKind.Path, ArgumentKind.Path),
        new(87, "unlink", &Unlink, ArgumentKind.Path),
        new(88, "symlink", &SymLink, ArgumentKind.Path, ArgumentKind.Path),
        new(90, "chmod", &ChMod, ArgumentKind.Path, ArgumentKind.Mode),
        new(91, "fchmod", &FChMod, ArgumentKind.Fd, ArgumentKind.Mode),
        new(92, "chown", &ChOwn, ArgumentKind.Path, ArgumentKind.Uid, ArgumentKind.Uid),
        new(93, "fchown", &FChOwn, ArgumentKind.Fd, ArgumentKind.Uid, ArgumentKind.Uid),
        new(94, "lchown", &LChOwn, ArgumentKind.Path, ArgumentKind.Uid, ArgumentKind.Uid),
        new(133, "mknod", &MkNod, ArgumentKind.Path, ArgumentKind.ModeType, ArgumentKind.Device),
        new(258, "mkdirat", &MkDirAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Mode),
        new(259, "mknodat", &MkNodAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.ModeType, ArgumentKind.Device),
        new(260, "fchownat", &FChOwnAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Uid, ArgumentKind.Uid, ArgumentKind.AtFlags),
        new(263, "unlinkat", &UnlinkAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.AtRemoveFlags),
        new(264, "renameat", &RenameAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path),
        new(265, "linkat", &LinkAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.AtFlags),
        new(266, "symlinkat", &SymLinkAt, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path),
        new(268, "fchmodat", &FChModAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Mode),
        new(280, "utimensat", &UTimeNsAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.InTimespecs, ArgumentKind.AtFlags),
        new(316, "renameat2", &RenameAt2, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.RenameFlags),
        new(452, "fchmodat2", &FChModAt2, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Mode, ArgumentKind.AtFlags),
    ];

    private delegate Errno PathChange<TArguments>(FileSystem fileSystem, in PathName name, in TArguments arguments);

    private delegate Errno FileChange<TArguments>(OpenFile file, in TArguments arguments);

    private static SyscallResult MkDir(GuestTask task, in SyscallArguments args) =>
        MakeNode(task, AT_FDCWD, args.Address(0), S_IFDIR | (args.UInt(1) & 0x3ff), 0);

    private static SyscallResult MkDirAt(GuestTask task, in SyscallArguments args) =>
        MakeNode(task, args.Int(0), args.Address(1), S_IFDIR | (args.UInt(2) & 0x3ff), 0);

    private static SyscallResult MkNod(GuestTask task, in SyscallArguments args) =>
        MakeFile(task, AT_FDCWD, args.Address(0), args.UInt(1), args.UInt(2));

    private static SyscallResult MkNodAt(GuestTask task, in SyscallArguments args) =>
        MakeFile(task, args.Int(0), args.Address(1), args.UInt(2), args.UInt(3));

    private static SyscallResult MakeFile(GuestTask task, int directory, GuestAddress path, uint mode, uint device) =>
        (mode & S_IFMT) switch
        {
            0 => MakeNode(task, directory, path, mode | S_IFREG, 0),
            S_IFREG or S_IFCHR or S_IFBLK or S_IFIFO or S_IFSOCK => MakeNode(task, directory, path, mode, device),
            S_IFDIR => Errno.EPERM,
            _ => Errno.EINVAL,
        };

    private static SyscallResult MakeNode(GuestTask task, int directory, GuestAddress path, uint mode, ulong device) =>
        Change(task, directory, path, (Mode: mode & ~task.Fs.Umask, Device: device),
            static (FileSystem files, in PathName name, in (uint Mode, ulong Device) node) => files.MakeNode(name, node.Mode, node.Device));

    private static SyscallResult Unlink(GuestTask task, in SyscallArguments args) => Remove(task, AT_FDCWD, args.Address(0), directory: false);

    private static SyscallResult RmDir(GuestTask task, in SyscallArguments args) => Remove(task, AT_FDCWD, args.Address(0), directory: true);

    private static SyscallResult UnlinkAt(GuestTask task, in SyscallArguments args) =>
        (args.Int(2) & ~AT_REMOVEDIR) != 0 ? Errno.EINVAL : Remove(task, args.Int(0), args.Address(1), args.Int(2) != 0);

    private static SyscallResult Remove(GuestTask task, int start, GuestAddress path, bool directory) =>
        Change(task, start, path, directory,
            static (FileSystem files, in PathName name, in bool directory) => directory ? files.RemoveDirectory(name) : files.Unlink(name));

    private static SyscallResult Truncate(GuestTask task, in SyscallArguments args) =>
        args.Long(1) < 0 ? Errno.EINVAL : Change(task, AT_FDCWD, args.Address(0), args.Long(1),
            static (FileSystem files, in PathName name, in long length) => files.Truncate(name, length));

    private static SyscallResult FTruncate(GuestTask task, in SyscallArguments args)
    {
        if (args.Long(1) < 0)
        {
            return Errno.EINVAL;
        }
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : file.Type != S_IFREG || !file.CanWrite ? Errno.EINVAL
            : file.Truncate(args.Long(1));
    }

    private static SyscallResult ChMod(GuestTask task, in SyscallArguments args) =>
        SetMode(task, AT_FDCWD, args.Address(0), args.UInt(1), 0);

    private static SyscallResult FChModAt(GuestTask task, in SyscallArguments args) =>
        SetMode(task, args.Int(0), args.Address(1), args.UInt(2), 0);

    private static SyscallResult FChModAt2(GuestTask task, in SyscallArguments args) =>
        (args.Int(3) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0
            ? Errno.EINVAL
            : SetMode(task, args.Int(0), args.Address(1), args.UInt(2), args.Int(3));

    private static SyscallResult SetMode(GuestTask task, int directory, GuestAddress path, uint mode, int flags) =>
        Change(task, directory, path, (Mode: mode & 0xfff, Follow: (flags & AT_SYMLINK_NOFOLLOW) == 0),
            static (FileSystem files, in PathName name, in (uint Mode, bool Follow) to) => files.SetMode(name, to.Follow, to.Mode),
            (flags & AT_EMPTY_PATH) == 0 ? null : static (OpenFile file, in (uint Mode, bool Follow) to) => file.SetMode(to.Mode));

    private static SyscallResult FChMod(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is { IsPath: false } file ? file.SetMode(args.UInt(1) & 0xfff) : Errno.EBADF;
    }

    private static SyscallResult ChOwn(GuestTask task, in SyscallArguments args) =>
        SetOwner(task, AT_FDCWD, args.Address(0), args.UInt(1), args.UInt(2), 0);

    private static SyscallResult LChOwn(GuestTask task, in SyscallArguments args) =>
        SetOwner(task, AT_FDCWD, args.Address(0), args.UInt(1), args.UInt(2), AT_SYMLINK_NOFOLLOW);

    private static SyscallResult FChOwnAt(GuestTask task, in SyscallArguments args) =>
        (args.Int(4) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0
            ? Errno.EINVAL
            : SetOwner(task, args.Int(0), args.Address(1), args.UInt(2), args.UInt(3), args.Int(4));

    private static SyscallResult SetOwner(GuestTask task, int directory, GuestAddress path, uint user, uint group, int flags) =>
        Change(task, directory, path, (User: user, Group: group, Follow: (flags & AT_SYMLINK_NOFOLLOW) == 0),
            static (FileSystem files, in PathName name, in (uint User, uint Group, bool Follow) to) => files.SetOwner(name, to.Follow, to.User, to.Group),
            (flags & AT_EMPTY_PATH) == 0 ? null
                : static (OpenFile file, in (uint User, uint Group, bool Follow) to) => file.SetOwner(to.User, to.Group));

    private static SyscallResult FChOwn(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is { IsPath: false } file ? file.SetOwner(args.UInt(1), args.UInt(2)) : Errno.EBADF;
    }

    private static SyscallResult UTimeNsAt(GuestTask task, in SyscallArguments args)
    {
        (timespec Accessed, timespec Modified) times = (new() { tv_nsec = UTIME_NOW }, new() { tv_nsec = UTIME_NOW });
        if (!args.Address(2).IsNull)
        {
            if (!task.Memory.Read(args.Address(2), out times.Accessed)
                || !task.Memory.Read(args.Address(2) + (ulong)sizeof(timespec), out times.Modified))
            {
                return Errno.EFAULT;
            }
            if (times.Accessed.tv_nsec == UTIME_OMIT && times.Modified.tv_nsec == UTIME_OMIT)
            {
                return SyscallResult.Zero;
            }
            if (!IsTime(times.Accessed) || !IsTime(times.Modified))
            {
                return Errno.EINVAL;
            }
        }
        int flags = args.Int(3);
        if (args.Address(1).IsNull && args.Int(0) != AT_FDCWD)
        {
            if (flags != 0)
            {
                return Errno.EINVAL;
            }
            using FileReference reference = task.Files.Get(args.Int(0));
            return reference.File is { IsPath: false } file ? file.SetTimes(times.Accessed, times.Modified) : Errno.EBADF;
        }
        if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        {
            return Errno.EINVAL;
        }
        return Change(task, args.Int(0), args.Address(1), (Times: times, Follow: (flags & AT_SYMLINK_NOFOLLOW) == 0),
            static (FileSystem files, in PathName name, in ((timespec Accessed, timespec Modified) Times, bool Follow) to) =>
                files.SetTimes(name, to.Follow, to.Times.Accessed, to.Times.Modified),
            (flags & AT_EMPTY_PATH) == 0 ? null
                : static (OpenFile file, in ((timespec Accessed, timespec Modified) Times, bool Follow) to) =>
                    file.SetTimes(to.Times.Accessed, to.Times.Modified));
    }

    private static bool IsTime(in timespec time) => time.tv_nsec is (>= 0 and < 1_000_000_000) or UTIME_NOW or UTIME_OMIT;

    private static SyscallResult SymLink(GuestTask task, in SyscallArguments args) =>
        SymLink(task, args.Address(0), AT_FDCWD, args.Address(1));

    private static SyscallResult SymLinkAt(GuestTask task, in SyscallArguments args) =>
        SymLink(task, args.Address(0), args.Int(1), args.Address(2));

    private static SyscallResult SymLink(GuestTask task, GuestAddress targetAddress, int directory, GuestAddress pathAddress)
    {
        Span<byte> target = stackalloc byte[PATH_MAX];
        int targetLength = Paths.Read(task, targetAddress, target);
        if (targetLength < 0)
        {
            return (long)targetLength;
        }
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, pathAddress, path);
        if (length < 0)
        {
            return (long)length;
        }
        using FileReference start = task.Fs.Start(task.Files, directory, path[..length]);
        return start.File is null
            ? Errno.EBADF
            : task.Fs.FileSystem.SymbolicLink(target[..targetLength], new PathName(start.File, path[..length]));
    }

    private static SyscallResult Link(GuestTask task, in SyscallArguments args) =>
        Two(task, AT_FDCWD, args.Address(0), AT_FDCWD, args.Address(1), linking: true, 0);

    private static SyscallResult LinkAt(GuestTask task, in SyscallArguments args) =>
        (args.Int(4) & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0
            ? Errno.EINVAL
            : Two(task, args.Int(0), args.Address(1), args.Int(2), args.Address(3), linking: true, args.Int(4));

    private static SyscallResult Rename(GuestTask task, in SyscallArguments args) =>
        Two(task, AT_FDCWD, args.Address(0), AT_FDCWD, args.Address(1), linking: false, 0);

    private static SyscallResult RenameAt(GuestTask task, in SyscallArguments args) =>
        Two(task, args.Int(0), args.Address(1), args.Int(2), args.Address(3), linking: false, 0);

    private static SyscallResult RenameAt2(GuestTask task, in SyscallArguments args)
    {
        int flags = args.Int(4);
        return (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0
            || ((flags & RENAME_EXCHANGE) != 0 && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0)
            ? Errno.EINVAL
            : Two(task, args.Int(0), args.Address(1), args.Int(2), args.Address(3), linking: false, flags);
    }

    /// <summary>The calls with two paths: link and rename.</summary>
    /// <param name="flags">AT_* for a link, RENAME_* otherwise.</param>
    private static SyscallResult Two(GuestTask task, int oldDirectory, GuestAddress oldAddress, int newDirectory, GuestAddress newAddress, bool linking, int flags)
    {
        Span<byte> old = stackalloc byte[PATH_MAX];
        int oldLength = Paths.Read(task, oldAddress, old, mayBeEmpty: linking && (flags & AT_EMPTY_PATH) != 0);
        if (oldLength < 0)
        {
            return (long)oldLength;
        }
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, newAddress, path);
        if (length < 0)
        {
            return (long)length;
        }
        using FileReference oldStart = task.Fs.Start(task.Files, oldDirectory, old[..oldLength]);
        using FileReference start = task.Fs.Start(task.Files, newDirectory, path[..length]);
        if (oldStart.File is null || start.File is null)
        {
            return Errno.EBADF;
        }
        PathName name = new(start.File, path[..length]);
        // A descriptor as the old name is a walk to where it is.
        PathName oldName = new(oldStart.File, oldLength == 0 ? "."u8 : old[..oldLength]);
        FileSystem files = task.Fs.FileSystem;
        return linking ? files.Link(oldName, (flags & AT_SYMLINK_FOLLOW) != 0, name) : files.Rename(oldName, name, (uint)flags);
    }

    /// <summary>Reads a path, and makes a change there, or, where the path is empty and may be, to the descriptor's
    /// file.</summary>
    /// <param name="own">Null where the path must not be empty.</param>
    private static SyscallResult Change<TArguments>(
        GuestTask task, int directory, GuestAddress address, in TArguments arguments, PathChange<TArguments> change, FileChange<TArguments>? own = null)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, address, path, mayBeEmpty: own is not null);
        if (length < 0)
        {
            return (long)length;
        }
        using FileReference start = task.Fs.Start(task.Files, directory, path[..length]);
        return start.File is null ? Errno.EBADF
            : length == 0 ? own!(start.File, arguments)
            : change(task.Fs.FileSystem, new PathName(start.File, path[..length]), arguments);
    }
}
