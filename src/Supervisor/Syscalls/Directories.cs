using System;
using System.Runtime.CompilerServices;

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
        new(95, "umask", &Umask, ArgumentKind.Mode),
        new(217, "getdents64", &GetDents64, ArgumentKind.Fd, ArgumentKind.OutDirents, ArgumentKind.UInt),
    ];

    private static SyscallResult GetDents(GuestTask task, in SyscallArguments args) => ReadEntries(task, args, legacy: true);

    private static SyscallResult GetDents64(GuestTask task, in SyscallArguments args) => ReadEntries(task, args, legacy: false);

    private static SyscallResult ReadEntries(GuestTask task, in SyscallArguments args, bool legacy)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file
            ? Errno.EBADF
            : file.ReadDirectory(task, args.Address(1), args.UInt(2), legacy);
    }

    private static SyscallResult GetCwd(GuestTask task, in SyscallArguments args)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        using FileReference directory = task.Fs.WorkingDirectory;
        Result length = task.Fs.FileSystem.PathOf(directory.File!, path[..^1]);
        if (length.Failed)
        {
            return length;
        }
        path[length.Int] = 0;
        path = path[..(length.Int + 1)];
        return args.ULong(1) < (ulong)path.Length ? Errno.ERANGE
            : task.Memory.CopyOut(args.Address(0), path) != path.Length ? Errno.EFAULT
            : path.Length;
    }

    private static SyscallResult ChDir(GuestTask task, in SyscallArguments args)
    {
        OpenFile? directory = Paths.Open(task, AT_FDCWD, args.Address(0), O_PATH | O_DIRECTORY, out Errno error);
        if (directory is null)
        {
            return error;
        }
        error = directory.CheckAccess(X_OK, effective: true);
        if (error != Errno.None)
        {
            directory.Release();
            return error;
        }
        task.Fs.SetWorkingDirectory(directory);
        return SyscallResult.Zero;
    }

    private static SyscallResult FChDir(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { } directory)
        {
            return Errno.EBADF;
        }
        if (!directory.IsDirectory)
        {
            return Errno.ENOTDIR;
        }
        Errno error = directory.CheckAccess(X_OK, effective: true);
        if (error == Errno.None)
        {
            task.Fs.SetWorkingDirectory(directory.Acquire());
        }
        return error;
    }

    private static SyscallResult Umask(GuestTask task, in SyscallArguments args) => (long)task.Fs.ExchangeUmask(args.UInt(0));
}
