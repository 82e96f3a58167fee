using System;
using System.Runtime.CompilerServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Directories: their entries, and the working directory.</summary>
[SkipLocalsInit]
internal static unsafe class Directories
{
    public static readonly Syscall[] Calls =
    [
        new(78, "getdents", &GetDents, ArgumentKind.Fd, ArgumentKind.OutDirents, ArgumentKind.UInt),
        new(79, "getcwd", &GetCwd, ArgumentKind.OutString, ArgumentKind.Size),
        new(80, "chdir", &ChDir, ArgumentKind.Path),
        new(81, "fchdir", &FChDir, ArgumentKind.Fd),
        new(161, "chroot", &ChRoot, ArgumentKind.Path),
        new(95, "umask", &Umask, ArgumentKind.Mode),
        new(217, "getdents64", &GetDents64, ArgumentKind.Fd, ArgumentKind.OutDirents, ArgumentKind.UInt),
    ];

    private static SyscallResult GetDents(GuestTask task, in SyscallArguments args) => ReadEntries(task, args, legacy: true);

    private static SyscallResult GetDents64(GuestTask task, in SyscallArguments args) => ReadEntries(task, args, legacy: false);

    private static SyscallResult ReadEntries(GuestTask task, in SyscallArguments args, bool legacy)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { IsPath: false } file)
        {
            return Errno.EBADF;
        }

        SyscallResult result = file.ReadDirectory(task, args.Address(1), args.UInt(2), legacy);
        if (!result.Failed)
        {
            FsNotify.Accessed(file);
        }

        return result;
    }

    private static SyscallResult GetCwd(GuestTask task, in SyscallArguments args)
    {
        Span<byte> buffer = stackalloc byte[PATH_MAX + 16];
        VfsPath directory = task.Fs.WorkingDirectory;
        if (directory.Dentry.IsRemoved)
        {
            return Errno.ENOENT;
        }
        ReadOnlySpan<byte> path = Vfs.PathOf(directory, task.Fs.Root, buffer[16..^1], out bool reachable);
        if (path.IsEmpty || path.Length >= PATH_MAX)
        {
            return Errno.ENAMETOOLONG;
        }
        int start = buffer.Length - 1 - path.Length;
        if (!reachable)
        {
            start -= "(unreachable)".Length;
            "(unreachable)"u8.CopyTo(buffer[start..]);
        }
        buffer[^1] = 0;
        buffer = buffer[start..];
        return args.ULong(1) < (ulong)buffer.Length ? Errno.ERANGE
            : task.Memory.CopyOut(args.Address(0), buffer) != buffer.Length ? Errno.EFAULT
            : buffer.Length;
    }

    private static SyscallResult ChDir(GuestTask task, in SyscallArguments args)
    {
        Errno error = FindDirectory(task, args.Address(0), out VfsPath place);
        if (error == Errno.None)
        {
            task.Fs.WorkingDirectory = place;
        }
        return error;
    }

    private static SyscallResult FChDir(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { } file)
        {
            return Errno.EBADF;
        }
        if (!file.IsDirectory || file.Place.IsNone)
        {
            return Errno.ENOTDIR;
        }
        Errno error = Permissions.Check(file.Inode!, task.Credentials, X_OK);
        if (error == Errno.None)
        {
            task.Fs.WorkingDirectory = file.Place;
        }
        return error;
    }

    private static SyscallResult ChRoot(GuestTask task, in SyscallArguments args)
    {
        Errno error = FindDirectory(task, args.Address(0), out VfsPath place);
        if (error == Errno.None && !task.Credentials.Has(CAP_SYS_CHROOT))
        {
            error = Errno.EPERM;
        }
        if (error == Errno.None)
        {
            task.Fs.Root = place;
        }
        return error;
    }

    private static Errno FindDirectory(GuestTask task, GuestAddress address, out VfsPath place)
    {
        Errno error = Paths.Find(task, AT_FDCWD, address, follow: true, out place);
        return error != Errno.None ? error
            : !place.Inode!.IsDirectory ? Errno.ENOTDIR
            : Permissions.Check(place.Inode, task.Credentials, X_OK);
    }

    private static SyscallResult Umask(GuestTask task, in SyscallArguments args) => (long)task.Fs.ExchangeUmask(args.UInt(0));
}
