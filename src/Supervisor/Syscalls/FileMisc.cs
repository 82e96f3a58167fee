using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Syncing files, and advice about how they will be used.</summary>
internal static unsafe class FileMisc
{
    public static readonly Syscall[] Calls =
    [
        new(74, "fsync", &FSync, ArgumentKind.Fd),
        new(75, "fdatasync", &FDataSync, ArgumentKind.Fd),
        new(162, "sync", &Sync),
        new(187, "readahead", &ReadAhead, ArgumentKind.Fd, ArgumentKind.Offset, ArgumentKind.Size),
        new(221, "fadvise64", &FAdvise, ArgumentKind.Fd, ArgumentKind.Offset, ArgumentKind.Size, ArgumentKind.FileAdvice),
        new(306, "syncfs", &SyncFs, ArgumentKind.Fd),
    ];

    private static SyscallResult FSync(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is { IsPath: false } file ? file.Sync(dataOnly: false) : Errno.EBADF;
    }

    private static SyscallResult FDataSync(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is { IsPath: false } file ? file.Sync(dataOnly: true) : Errno.EBADF;
    }

    /// <summary>No file system here has anything that is not written: they are read-only.</summary>
    private static SyscallResult Sync(GuestTask task, in SyscallArguments args) => SyscallResult.Zero;

    private static SyscallResult SyncFs(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is { IsPath: false } ? SyscallResult.Zero : Errno.EBADF;
    }

    private static SyscallResult ReadAhead(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { CanRead: true } file ? Errno.EBADF
            : file.Type != S_IFREG ? Errno.EINVAL
            : file.Advise(args.Long(1), args.Long(2), POSIX_FADV_WILLNEED);
    }

    private static SyscallResult FAdvise(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : file.Type == S_IFIFO ? Errno.ESPIPE
            : args.Long(2) < 0 || args.UInt(3) > POSIX_FADV_NOREUSE ? Errno.EINVAL
            : file.Advise(args.Long(1), args.Long(2), args.Int(3));
    }
}
