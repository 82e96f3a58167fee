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
        new(132, "utime", &UTime, ArgumentKind.Path, ArgumentKind.Pointer),
        new(133, "mknod", &MkNod, ArgumentKind.Path, ArgumentKind.ModeType, ArgumentKind.Device),
        new(235, "utimes", &UTimes, ArgumentKind.Path, ArgumentKind.InTimevals),
        new(258, "mkdirat", &MkDirAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Mode),
        new(259, "mknodat", &MkNodAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.ModeType, ArgumentKind.Device),
        new(260, "fchownat", &FChOwnAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Uid, ArgumentKind.Uid, ArgumentKind.AtFlags),
        new(261, "futimesat", &FUTimesAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.InTimevals),
        new(263, "unlinkat", &UnlinkAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.AtRemoveFlags),
        new(264, "renameat", &RenameAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path),
        new(265, "linkat", &LinkAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.AtFlags),
        new(266, "symlinkat", &SymLinkAt, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path),
        new(268, "fchmodat", &FChModAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Mode),
        new(280, "utimensat", &UTimeNsAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.InTimespecs, ArgumentKind.AtFlags),
        new(316, "renameat2", &RenameAt2, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.RenameFlags),
        new(452, "fchmodat2", &FChModAt2, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.Mode, ArgumentKind.AtFlags),
    ];

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
            0 => MakeNode(task, directory, path, S_IFREG | (mode & 0xfff), 0),
            S_IFREG or S_IFIFO or S_IFSOCK => MakeNode(task, directory, path, mode & (S_IFMT | 0xfff), 0),
            S_IFCHR or S_IFBLK => MakeNode(task, directory, path, mode & (S_IFMT | 0xfff), NodeDevice(device)),
            S_IFDIR => Errno.EPERM,
            _ => Errno.EINVAL,
        };

    /// <summary>From mknod's encoding (new_decode_dev) to st_rdev's.</summary>
    private static ulong NodeDevice(uint device) => makedev((device & 0xfff00) >> 8, (device & 0xff) | ((device >> 12) & 0xfff00));

    private static SyscallResult MakeNode(GuestTask task, int directory, GuestAddress address, uint mode, ulong device, byte[]? target = null)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        Errno error = ReadStart(task, directory, address, path, out int length, out VfsPath start);
        return error == Errno.None ? Vfs.MakeNode(task, start, path[..length], mode, device, target) : error;
    }

    private static SyscallResult SymLink(GuestTask task, in SyscallArguments args) =>
        SymLink(task, args.Address(0), AT_FDCWD, args.Address(1));

    private static SyscallResult SymLinkAt(GuestTask task, in SyscallArguments args) =>
        SymLink(task, args.Address(0), args.Int(1), args.Address(2));

    private static SyscallResult SymLink(GuestTask task, GuestAddress targetAddress, int directory, GuestAddress path)
    {
        Span<byte> target = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, targetAddress, target);
        return length < 0 ? (long)length : MakeNode(task, directory, path, S_IFLNK | 0x1ff, 0, target[..length].ToArray());
    }

    private static SyscallResult Unlink(GuestTask task, in SyscallArguments args) => Remove(task, AT_FDCWD, args.Address(0), directory: false);

    private static SyscallResult RmDir(GuestTask task, in SyscallArguments args) => Remove(task, AT_FDCWD, args.Address(0), directory: true);

    private static SyscallResult UnlinkAt(GuestTask task, in SyscallArguments args) =>
        (args.Int(2) & ~AT_REMOVEDIR) != 0 ? Errno.EINVAL : Remove(task, args.Int(0), args.Address(1), args.Int(2) != 0);

    private static SyscallResult Remove(GuestTask task, int from, GuestAddress address, bool directory)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        Errno error = ReadStart(task, from, address, path, out int length, out VfsPath start);
        return error == Errno.None ? Vfs.Remove(task, start, path[..length], directory) : error;
    }

    private static SyscallResult Link(GuestTask task, in SyscallArguments args) =>
        Link(task, AT_FDCWD, args.Address(0), AT_FDCWD, args.Address(1), 0);

    private static SyscallResult LinkAt(GuestTask task, in SyscallArguments args) =>
        (args.Int(4) & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0
            ? Errno.EINVAL
            : Link(task, args.Int(0), args.Address(1), args.Int(2), args.Address(3), args.Int(4));

    private static SyscallResult Link(GuestTask task, int oldDirectory, GuestAddress oldAddress, int newDirectory, GuestAddress newAddress, int flags)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, oldAddress, path, mayBeEmpty: (flags & AT_EMPTY_PATH) != 0);
        if (length < 0)
        {
            return (long)length;
        }

        Errno error = Paths.Start(task, oldDirectory, path[..length], out VfsPath existing);
        if (error == Errno.None && length == 0)
        {
            // Linux asks for CAP_DAC_READ_SEARCH, or that the descriptor was opened by the caller.
            error = !task.Credentials.Has(CAP_DAC_READ_SEARCH) || existing.IsNone ? Errno.ENOENT : Errno.None;
        }
        else if (error == Errno.None)
        {
            error = Vfs.Find(task, existing, path[..length], (flags & AT_SYMLINK_FOLLOW) != 0, out existing);
        }

        VfsPath start = default;
        if (error == Errno.None)
        {
            error = ReadStart(task, newDirectory, newAddress, path, out length, out start);
        }

        return error == Errno.None ? Vfs.Link(task, existing, start, path[..length]) : error;
    }

    private static SyscallResult Rename(GuestTask task, in SyscallArguments args) =>
        Rename(task, AT_FDCWD, args.Address(0), AT_FDCWD, args.Address(1), 0);

    private static SyscallResult RenameAt(GuestTask task, in SyscallArguments args) =>
        Rename(task, args.Int(0), args.Address(1), args.Int(2), args.Address(3), 0);

    private static SyscallResult RenameAt2(GuestTask task, in SyscallArguments args)
    {
        int flags = args.Int(4);
        return (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0
            || ((flags & RENAME_EXCHANGE) != 0 && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0)
            ? Errno.EINVAL
            : Rename(task, args.Int(0), args.Address(1), args.Int(2), args.Address(3), (uint)flags);
    }

    private static SyscallResult Rename(GuestTask task, int oldDirectory, GuestAddress oldAddress, int newDirectory, GuestAddress newAddress, uint flags)
    {
        Span<byte> old = stackalloc byte[PATH_MAX], path = stackalloc byte[PATH_MAX];
        Errno error = ReadStart(task, oldDirectory, oldAddress, old, out int oldLength, out VfsPath oldStart);
        if (error != Errno.None)
        {
            return error;
        }

        error = ReadStart(task, newDirectory, newAddress, path, out int length, out VfsPath start);
        return error == Errno.None ? Vfs.Rename(task, oldStart, old[..oldLength], start, path[..length], flags) : error;
    }

    private static SyscallResult Truncate(GuestTask task, in SyscallArguments args)
    {
        if (args.Long(1) < 0)
        {
            return Errno.EINVAL;
        }

        Errno error = Paths.Find(task, AT_FDCWD, args.Address(0), follow: true, out VfsPath place);
        return error == Errno.None ? Vfs.Truncate(task, place, args.Long(1)) : error;
    }

    private static SyscallResult FTruncate(GuestTask task, in SyscallArguments args)
    {
        if (args.Long(1) < 0)
        {
            return Errno.EINVAL;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : file.Type != S_IFREG || !file.CanWrite ? Errno.EINVAL
            : Modified(file, file.Truncate(task, args.Long(1)));
    }

    private static Errno Modified(OpenFile file, Errno result)
    {
        if (result == Errno.None)
        {
            FsNotify.Modified(file);
        }

        return result;
    }

    private static SyscallResult ChMod(GuestTask task, in SyscallArguments args) =>
        SetMode(task, AT_FDCWD, args.Address(0), args.UInt(1), 0);

    private static SyscallResult FChModAt(GuestTask task, in SyscallArguments args) =>
        SetMode(task, args.Int(0), args.Address(1), args.UInt(2), 0);

    private static SyscallResult FChModAt2(GuestTask task, in SyscallArguments args) =>
        (args.Int(3) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0
            ? Errno.EINVAL
            : SetMode(task, args.Int(0), args.Address(1), args.UInt(2), args.Int(3));

    private static SyscallResult SetMode(GuestTask task, int directory, GuestAddress address, uint mode, int flags)
    {
        Errno error = FindToChange(task, directory, address, flags, out VfsPath place, out FileReference reference);
        using FileReference held = reference;
        return error != Errno.None ? error
            : held.File is { Inode: null } file ? file.SetMode(mode & 0xfff)
            : Vfs.SetMode(task, place, mode & 0xfff);
    }

    private static SyscallResult FChMod(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : file.Place.IsNone ? file.SetMode(args.UInt(1) & 0xfff)
            : Vfs.SetMode(task, file.Place, args.UInt(1) & 0xfff);
    }

    private static SyscallResult ChOwn(GuestTask task, in SyscallArguments args) =>
        SetOwner(task, AT_FDCWD, args.Address(0), args.UInt(1), args.UInt(2), 0);

    private static SyscallResult LChOwn(GuestTask task, in SyscallArguments args) =>
        SetOwner(task, AT_FDCWD, args.Address(0), args.UInt(1), args.UInt(2), AT_SYMLINK_NOFOLLOW);

    private static SyscallResult FChOwnAt(GuestTask task, in SyscallArguments args) =>
        (args.Int(4) & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0
            ? Errno.EINVAL
            : SetOwner(task, args.Int(0), args.Address(1), args.UInt(2), args.UInt(3), args.Int(4));

    private static SyscallResult SetOwner(GuestTask task, int directory, GuestAddress address, uint user, uint group, int flags)
    {
        Errno error = FindToChange(task, directory, address, flags, out VfsPath place, out FileReference reference);
        using FileReference held = reference;
        return error != Errno.None ? error
            : held.File is { Inode: null } file ? file.SetOwner(user, group)
            : Vfs.SetOwner(task, place, user, group);
    }

    private static SyscallResult FChOwn(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : file.Place.IsNone ? file.SetOwner(args.UInt(1), args.UInt(2))
            : Vfs.SetOwner(task, file.Place, args.UInt(1), args.UInt(2));
    }

    private static SyscallResult UTime(GuestTask task, in SyscallArguments args)
    {
        (timespec Accessed, timespec Modified) times = (new() { tv_nsec = UTIME_NOW }, new() { tv_nsec = UTIME_NOW });
        if (!args.Address(1).IsNull
            && (!task.Memory.Read(args.Address(1), out times.Accessed.tv_sec) || !task.Memory.Read(args.Address(1) + sizeof(long), out times.Modified.tv_sec)))
        {
            return Errno.EFAULT;
        }

        if (!args.Address(1).IsNull)
        {
            times.Accessed.tv_nsec = times.Modified.tv_nsec = 0;
        }

        return SetTimes(task, AT_FDCWD, args.Address(0), times, 0);
    }

    private static SyscallResult UTimes(GuestTask task, in SyscallArguments args) =>
        UTimes(task, AT_FDCWD, args.Address(0), args.Address(1));

    private static SyscallResult FUTimesAt(GuestTask task, in SyscallArguments args) =>
        UTimes(task, args.Int(0), args.Address(1), args.Address(2));

    private static SyscallResult UTimes(GuestTask task, int directory, GuestAddress path, GuestAddress from)
    {
        (timespec Accessed, timespec Modified) times = (new() { tv_nsec = UTIME_NOW }, new() { tv_nsec = UTIME_NOW });
        if (!from.IsNull)
        {
            if (!task.Memory.Read(from, out times.Accessed) || !task.Memory.Read(from + (ulong)sizeof(timespec), out times.Modified))
            {
                return Errno.EFAULT;
            }

            // struct timeval has the same layout, with microseconds.
            if (times.Accessed.tv_nsec is < 0 or >= 1_000_000 || times.Modified.tv_nsec is < 0 or >= 1_000_000)
            {
                return Errno.EINVAL;
            }

            times.Accessed.tv_nsec *= 1000;
            times.Modified.tv_nsec *= 1000;
        }

        if (path.IsNull && directory != AT_FDCWD)
        {
            using FileReference reference = task.Files.Get(directory);
            return reference.File is { IsPath: false } file ? SetTimes(task, file, times) : Errno.EBADF;
        }

        return SetTimes(task, directory, path, times, 0);
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
            return reference.File is { IsPath: false } file ? SetTimes(task, file, times) : Errno.EBADF;
        }

        return (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0
            ? Errno.EINVAL
            : SetTimes(task, args.Int(0), args.Address(1), times, flags);
    }

    private static SyscallResult SetTimes(GuestTask task, OpenFile file, in (timespec Accessed, timespec Modified) times) =>
        file.Place.IsNone ? file.SetTimes(times.Accessed, times.Modified) : Vfs.SetTimes(task, file.Place, times.Accessed, times.Modified);

    private static SyscallResult SetTimes(GuestTask task, int directory, GuestAddress address, in (timespec Accessed, timespec Modified) times, int flags)
    {
        Errno error = FindToChange(task, directory, address, flags, out VfsPath place, out FileReference reference);
        using FileReference held = reference;
        return error != Errno.None ? error
            : held.File is { Inode: null } file ? file.SetTimes(times.Accessed, times.Modified)
            : Vfs.SetTimes(task, place, times.Accessed, times.Modified);
    }

    private static bool IsTime(in timespec time) => time.tv_nsec is (>= 0 and < 1_000_000_000) or UTIME_NOW or UTIME_OMIT;

    /// <summary>Reads a path, and finds where it starts.</summary>
    /// <param name="path">PATH_MAX bytes.</param>
    private static Errno ReadStart(GuestTask task, int directory, GuestAddress address, Span<byte> path, out int length, out VfsPath start)
    {
        start = default;
        length = Paths.Read(task, address, path);
        return length < 0 ? (Errno)(-length) : Paths.Start(task, directory, path[..length], out start);
    }

    /// <summary>Finds what a change of attributes is to be made to.</summary>
    /// <param name="flags">AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.</param>
    /// <param name="reference">With an empty path, the descriptor's file, which may have no place.</param>
    private static Errno FindToChange(GuestTask task, int directory, GuestAddress address, int flags, out VfsPath place, out FileReference reference)
    {
        place = default;
        reference = default;
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, address, path, mayBeEmpty: (flags & AT_EMPTY_PATH) != 0);
        if (length < 0)
        {
            return (Errno)(-length);
        }

        if (length > 0 || directory == AT_FDCWD)
        {
            Errno error = Paths.Start(task, directory, path[..length], out place);
            return error == Errno.None && length > 0 ? Vfs.Find(task, place, path[..length], (flags & AT_SYMLINK_NOFOLLOW) == 0, out place) : error;
        }

        reference = task.Files.Get(directory);
        if (reference.File is not { } file)
        {
            return Errno.EBADF;
        }

        place = file.Place;
        return place.IsNone && file.Inode is not null ? Errno.EROFS : Errno.None;
    }
}
