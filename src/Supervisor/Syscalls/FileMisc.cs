using System;

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
        new(277, "sync_file_range", &SyncFileRange, ArgumentKind.Fd, ArgumentKind.Offset, ArgumentKind.Offset, ArgumentKind.SyncRangeFlags),
        new(285, "fallocate", &Fallocate, ArgumentKind.Fd, ArgumentKind.FallocateMode, ArgumentKind.Offset, ArgumentKind.Offset),
        new(306, "syncfs", &SyncFs, ArgumentKind.Fd),
        new(319, "memfd_create", &MemfdCreate, ArgumentKind.String, ArgumentKind.MemfdFlags)
        {
            Support = Support.Partial,
            Caveat = "no huge pages (EINVAL); F_SEAL_EXEC is not known",
        },
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

    private static SyscallResult Sync(GuestTask task, in SyscallArguments args)
    {
        _ = task.Fs.Mounts.SyncAll();
        return SyscallResult.Zero;
    }

    private static SyscallResult SyncFs(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : file.Place.IsNone ? SyscallResult.Zero
            : file.Place.Mount.FileSystem.Sync();
    }

    private static SyscallResult SyncFileRange(GuestTask task, in SyscallArguments args)
    {
        const uint Flags = 7;
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { IsPath: false } file)
        {
            return Errno.EBADF;
        }

        return (args.UInt(3) & ~Flags) != 0 || args.Long(1) < 0 || args.Long(1) + args.Long(2) < args.Long(1) ? Errno.EINVAL
            : file.Type is not (S_IFREG or S_IFBLK or S_IFDIR or S_IFLNK) ? Errno.ESPIPE
            : args.UInt(3) == 0 || file.Type != S_IFREG ? SyscallResult.Zero
            : file.Sync(dataOnly: true);
    }

    private static SyscallResult Fallocate(GuestTask task, in SyscallArguments args)
    {
        const int Known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
        int mode = args.Int(1);
        long offset = args.Long(2), length = args.Long(3);
        using FileReference reference = task.Files.Get(args.Int(0));
        Errno error = reference.File is not { IsPath: false } file ? Errno.EBADF
            : offset < 0 || length <= 0 ? Errno.EINVAL
            : (mode & ~Known) != 0 || (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)
                || (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) == FALLOC_FL_PUNCH_HOLE ? Errno.EOPNOTSUPP
            : !file.CanWrite ? Errno.EBADF
            : file.Type == S_IFIFO ? Errno.ESPIPE
            : file.Type == S_IFDIR ? Errno.EISDIR
            : file.Type != S_IFREG ? Errno.ENODEV
            : offset + length < 0 ? Errno.EFBIG
            : file.Allocate(task, mode, offset, length);
        if (error == Errno.None)
        {
            FsNotify.Modified(reference.File!);
        }

        return error;
    }

    private static SyscallResult MemfdCreate(GuestTask task, in SyscallArguments args)
    {
        const uint Known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
        const int LongestName = NAME_MAX - 6;
        uint flags = args.UInt(1);
        if ((flags & ~Known) != 0 || (flags & (MFD_NOEXEC_SEAL | MFD_EXEC)) == (MFD_NOEXEC_SEAL | MFD_EXEC))
        {
            return Errno.EINVAL;
        }

        Span<byte> name = stackalloc byte[LongestName + 1];
        int length = task.Memory.ReadString(args.Address(0), name);
        if (length < 0)
        {
            return length == -(int)Errno.ENAMETOOLONG ? Errno.EINVAL : (long)length;
        }

        OpenFile file = task.Machine.MemoryFiles.Create(task, [.. "memfd:"u8, .. name[..length]], flags);
        int fd = task.Files.Add(file, (flags & MFD_CLOEXEC) != 0);
        if (fd < 0)
        {
            file.Release();
        }

        return (long)fd;
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
