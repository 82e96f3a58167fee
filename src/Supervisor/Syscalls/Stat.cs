using System;
using System.Runtime.CompilerServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>What is known of files: stat and its kin, access, readlink, statfs.</summary>
[SkipLocalsInit]
internal static unsafe class Stat
{
    public static readonly Syscall[] Calls =
    [
        new(4, "stat", &StatPath, ArgumentKind.Path, ArgumentKind.OutStat),
        new(5, "fstat", &FStat, ArgumentKind.Fd, ArgumentKind.OutStat),
        new(6, "lstat", &LStat, ArgumentKind.Path, ArgumentKind.OutStat),
        new(21, "access", &Access, ArgumentKind.Path, ArgumentKind.AccessMode),
        new(89, "readlink", &ReadLink, ArgumentKind.Path, ArgumentKind.OutBuffer, ArgumentKind.Size),
        new(137, "statfs", &StatFs, ArgumentKind.Path, ArgumentKind.OutStatfs),
        new(138, "fstatfs", &FStatFs, ArgumentKind.Fd, ArgumentKind.OutStatfs),
        new(262, "newfstatat", &FStatAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.OutStat, ArgumentKind.AtFlags),
        new(267, "readlinkat", &ReadLinkAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.OutBuffer, ArgumentKind.Size),
        new(269, "faccessat", &FAccessAt, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.AccessMode),
        new(332, "statx", &StatX, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.AtFlags, ArgumentKind.StatxMask, ArgumentKind.OutStatx),
        new(439, "faccessat2", &FAccessAt2, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.AccessMode, ArgumentKind.AtAccessFlags),
    ];

    private static SyscallResult StatPath(GuestTask task, in SyscallArguments args) =>
        At(task, AT_FDCWD, args.Address(0), args.Address(1), 0);

    private static SyscallResult LStat(GuestTask task, in SyscallArguments args) =>
        At(task, AT_FDCWD, args.Address(0), args.Address(1), AT_SYMLINK_NOFOLLOW);

    private static SyscallResult FStatAt(GuestTask task, in SyscallArguments args) =>
        At(task, args.Int(0), args.Address(1), args.Address(2), args.Int(3));

    private static SyscallResult FStat(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is null)
        {
            return Errno.EBADF;
        }
        Errno error = reference.File.Stat(out stat status);
        return CopyOut(task, args.Address(1), error, status);
    }

    private static SyscallResult At(GuestTask task, int directory, GuestAddress address, GuestAddress result, int flags)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, address, path, mayBeEmpty: (flags & AT_EMPTY_PATH) != 0);
        if (length < 0)
        {
            return (long)length;
        }
        if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) != 0)
        {
            return Errno.EINVAL;
        }
        stat status = default;
        if (length == 0 && directory != AT_FDCWD)
        {
            using FileReference reference = task.Files.Get(directory);
            return reference.File is { } file ? CopyOut(task, result, file.Stat(out status), status) : Errno.EBADF;
        }
        Errno error = Find(task, directory, path[..length], (flags & AT_SYMLINK_NOFOLLOW) == 0, out VfsPath place);
        error = error == Errno.None ? place.Inode!.Stat(out status) : error;
        return CopyOut(task, result, error, status);
    }

    private static SyscallResult StatX(GuestTask task, in SyscallArguments args)
    {
        int flags = args.Int(2);
        uint mask = args.UInt(3);
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, args.Address(1), path, mayBeEmpty: (flags & AT_EMPTY_PATH) != 0);
        if (length < 0)
        {
            return (long)length;
        }
        if ((mask & STATX__RESERVED) != 0 || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE
            || (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) != 0)
        {
            return Errno.EINVAL;
        }
        statx status = default;
        uint hints = (uint)(flags & (AT_STATX_SYNC_TYPE | AT_NO_AUTOMOUNT));
        Errno error;
        VfsPath place;
        if (length == 0 && args.Int(0) != AT_FDCWD)
        {
            using FileReference reference = task.Files.Get(args.Int(0));
            if (reference.File is not { } file)
            {
                return Errno.EBADF;
            }
            error = file.Statx(hints, mask, out status);
            place = file.Place;
        }
        else
        {
            error = Find(task, args.Int(0), path[..length], (flags & AT_SYMLINK_NOFOLLOW) == 0, out place);
            error = error == Errno.None ? place.Inode!.Statx(hints, mask, out status) : error;
        }
        if (error == Errno.None && !place.IsNone)
        {
            status.stx_attributes_mask |= STATX_ATTR_MOUNT_ROOT;
            status.stx_attributes |= place.Dentry == place.Mount.Root ? STATX_ATTR_MOUNT_ROOT : 0u;
            status.stx_mask |= STATX_MNT_ID;
            status.stx_mnt_id = (ulong)place.Mount.Id;
        }
        return CopyOut(task, args.Address(4), error, status);
    }

    private static SyscallResult StatFs(GuestTask task, in SyscallArguments args)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, args.Address(0), path);
        if (length < 0)
        {
            return (long)length;
        }
        statfs status = default;
        Errno error = Vfs.Find(task, task.Fs.WorkingDirectory, path[..length], follow: true, out VfsPath place);
        error = error == Errno.None ? Vfs.StatFs(place, out status) : error;
        return CopyOut(task, args.Address(1), error, status);
    }

    private static SyscallResult FStatFs(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is null)
        {
            return Errno.EBADF;
        }
        Errno error = reference.File.StatFs(out statfs status);
        return CopyOut(task, args.Address(1), error, status);
    }

    private static SyscallResult Access(GuestTask task, in SyscallArguments args) =>
        Access(task, AT_FDCWD, args.Address(0), args.Int(1), 0);

    private static SyscallResult FAccessAt(GuestTask task, in SyscallArguments args) =>
        Access(task, args.Int(0), args.Address(1), args.Int(2), 0);

    private static SyscallResult FAccessAt2(GuestTask task, in SyscallArguments args) =>
        Access(task, args.Int(0), args.Address(1), args.Int(2), args.Int(3));

    private static SyscallResult Access(GuestTask task, int directory, GuestAddress address, int mode, int flags)
    {
        if ((mode & ~(R_OK | W_OK | X_OK)) != 0 || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        {
            return Errno.EINVAL;
        }
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, address, path, mayBeEmpty: (flags & AT_EMPTY_PATH) != 0);
        if (length < 0)
        {
            return (long)length;
        }
        Credentials who = Vfs.ForAccess(task.Credentials, (flags & AT_EACCESS) != 0);
        if (length == 0 && directory != AT_FDCWD)
        {
            using FileReference reference = task.Files.Get(directory);
            return reference.File is { } file ? file.CheckAccess(who, mode) : Errno.EBADF;
        }
        // Search permission, too, is that of these credentials.
        Errno error = Find(task, directory, path[..length], (flags & AT_SYMLINK_NOFOLLOW) == 0, out VfsPath place, who);
        return error == Errno.None ? Vfs.Access(place, who, mode) : error;
    }

    private static SyscallResult ReadLink(GuestTask task, in SyscallArguments args) =>
        ReadLink(task, AT_FDCWD, args.Address(0), args.Address(1), args.Int(2));

    private static SyscallResult ReadLinkAt(GuestTask task, in SyscallArguments args) =>
        ReadLink(task, args.Int(0), args.Address(1), args.Address(2), args.Int(3));

    private static SyscallResult ReadLink(GuestTask task, int directory, GuestAddress address, GuestAddress result, int size)
    {
        if (size <= 0)
        {
            return Errno.EINVAL;
        }
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = task.Memory.ReadString(address, path);
        if (length < 0)
        {
            return (long)length;
        }
        Span<byte> target = stackalloc byte[Math.Min(size, PATH_MAX)];
        VfsPath place;
        if (length == 0)
        {
            using FileReference reference = task.Files.Get(directory);
            if (directory == AT_FDCWD || reference.File is { Inode.IsSymbolicLink: false } or { Inode: null })
            {
                return Errno.ENOENT;
            }
            if (reference.File is not { } file)
            {
                return Errno.EBADF;
            }
            place = file.Place;
        }
        else
        {
            Errno error = Find(task, directory, path[..length], follow: false, out place);
            if (error != Errno.None)
            {
                return error;
            }
        }
        Result read = place.Inode!.IsSymbolicLink ? place.Inode.ReadLink(task, target) : new Result(-(long)Errno.EINVAL);
        return read.Failed || task.Memory.CopyOut(result, target[..read.Int]) == read.Int ? read : Errno.EFAULT;
    }

    /// <summary>An empty path is the start itself.</summary>
    private static Errno Find(GuestTask task, int directory, ReadOnlySpan<byte> path, bool follow, out VfsPath place, Credentials? who = null)
    {
        place = default;
        Errno error = Paths.Start(task, directory, path, out VfsPath start);
        if (error == Errno.None && path.IsEmpty)
        {
            place = start;
            return Errno.None;
        }
        return error == Errno.None ? Vfs.Find(task, start, path, follow, out place, who) : error;
    }

    private static SyscallResult CopyOut<T>(GuestTask task, GuestAddress address, Errno error, in T value) where T : unmanaged =>
        error != Errno.None ? error : task.Memory.Write(address, value) ? SyscallResult.Zero : Errno.EFAULT;
}
