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
        using FileReference start = task.Fs.Start(task.Files, directory, path[..length]);
        if (start.File is null)
        {
            return Errno.EBADF;
        }
        Errno error = length == 0
            ? start.File.Stat(out stat status)
            : task.Fs.FileSystem.Stat(new PathName(start.File, path[..length]), (flags & AT_SYMLINK_NOFOLLOW) == 0, out status);
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
        using FileReference start = task.Fs.Start(task.Files, args.Int(0), path[..length]);
        if (start.File is null)
        {
            return Errno.EBADF;
        }
        uint hints = (uint)(flags & (AT_STATX_SYNC_TYPE | AT_NO_AUTOMOUNT));
        Errno error = length == 0
            ? start.File.Statx(hints, mask, out statx status)
            : task.Fs.FileSystem.Statx(new PathName(start.File, path[..length]), (flags & AT_SYMLINK_NOFOLLOW) == 0, hints, mask, out status);
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
        using FileReference start = task.Fs.WorkingDirectory;
        Errno error = task.Fs.FileSystem.StatFs(new PathName(start.File!, path[..length]), out statfs status);
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
        using FileReference start = task.Fs.Start(task.Files, directory, path[..length]);
        bool effective = (flags & AT_EACCESS) != 0;
        return start.File is null ? Errno.EBADF
            : length == 0 ? start.File.CheckAccess(mode, effective)
            : task.Fs.FileSystem.Access(new PathName(start.File, path[..length]), mode, effective, (flags & AT_SYMLINK_NOFOLLOW) == 0);
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
        using FileReference start = task.Fs.Start(task.Files, directory, path[..length]);
        if (start.File is null)
        {
            return Errno.EBADF;
        }
        Span<byte> target = stackalloc byte[Math.Min(size, PATH_MAX)];
        Result read = length == 0
            ? start.File.ReadLink(target)
            : task.Fs.FileSystem.ReadLink(new PathName(start.File, path[..length]), target);
        return read.Failed || task.Memory.CopyOut(result, target[..read.Int]) == read.Int ? read : Errno.EFAULT;
    }

    private static SyscallResult CopyOut<T>(GuestTask task, GuestAddress address, Errno error, in T value) where T : unmanaged =>
        error != Errno.None ? error : task.Memory.Write(address, value) ? SyscallResult.Zero : Errno.EFAULT;
}
