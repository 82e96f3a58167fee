using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        new(436, "close_range", &CloseRange, ArgumentKind.UInt, ArgumentKind.UInt, ArgumentKind.CloseRangeFlags),
        new(437, "openat2", &OpenAt2, ArgumentKind.DirFd, ArgumentKind.Path, ArgumentKind.OpenHow, ArgumentKind.Size)
        {
            Support = Support.Partial,
            Caveat = "RESOLVE_CACHED gives EAGAIN",
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
        return Open(task, directory, path[..length], flags, mode, 0);
    }

    private static SyscallResult Open(GuestTask task, int directory, ReadOnlySpan<byte> path, int flags, uint mode, ulong resolve)
    {
        int fd = task.Files.Reserve((flags & O_CLOEXEC) != 0);
        if (fd < 0)
        {
            return (long)fd;
        }

        // With RESOLVE_IN_ROOT an absolute path, too, begins at the descriptor.
        Errno error = Paths.Start(task, directory, (resolve & RESOLVE_IN_ROOT) != 0 ? path.TrimStart((byte)'/') : path, out VfsPath start);
        OpenFile? file = error == Errno.None ? Vfs.Open(task, start, path, flags, mode, out error, resolve) : null;
        if (file is null)
        {
            task.Files.Unreserve(fd);
            return error == Errno.EINTR ? SyscallResult.RestartSys : error;
        }

        task.Files.Install(fd, file);
        return (long)fd;
    }

    private static SyscallResult OpenAt2(GuestTask task, in SyscallArguments args)
    {
        const ulong Resolves = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED;
        const int TemporaryFile = O_TMPFILE & ~O_DIRECTORY;
        ulong size = args.ULong(3);
        if (size < (ulong)sizeof(open_how))
        {
            return Errno.EINVAL;
        }
        if (size > GuestAddress.PageSize)
        {
            return Errno.E2BIG;
        }
        Span<byte> bytes = task.Scratch.AsSpan(0, (int)size);
        if (task.Memory.CopyIn(args.Address(2), bytes) != bytes.Length)
        {
            return Errno.EFAULT;
        }
        if (bytes[sizeof(open_how)..].ContainsAnyExcept((byte)0))
        {
            return Errno.E2BIG;
        }
        open_how how = MemoryMarshal.Read<open_how>(bytes);
        int flags = (int)how.flags;
        bool creates = (flags & (O_CREAT | TemporaryFile)) != 0;
        if ((how.flags & ~(ulong)(uint)ValidFlags) != 0 || (how.resolve & ~Resolves) != 0
            || (how.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) == (RESOLVE_BENEATH | RESOLVE_IN_ROOT)
            || (creates ? (how.mode & ~0xfffUL) != 0 : how.mode != 0)
            || (flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT)
            || ((flags & TemporaryFile) != 0 && ((flags & O_DIRECTORY) == 0 || (flags & O_ACCMODE) == O_RDONLY))
            || ((flags & O_PATH) != 0 && (flags & ~PathFlags) != 0))
        {
            return Errno.EINVAL;
        }
        if ((how.resolve & RESOLVE_CACHED) != 0)
        {
            return Errno.EAGAIN;
        }
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Paths.Read(task, args.Address(1), path);
        return length < 0 ? (long)length : Open(task, args.Int(0), path[..length], flags, (uint)how.mode, how.resolve);
    }

    private static SyscallResult Close(GuestTask task, in SyscallArguments args) => task.Files.Remove(args.Int(0));

    private static SyscallResult CloseRange(GuestTask task, in SyscallArguments args)
    {
        uint first = args.UInt(0), last = args.UInt(1);
        if ((args.UInt(2) & ~(uint)(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE)) != 0 || first > last)
        {
            return Errno.EINVAL;
        }
        if ((args.UInt(2) & CLOSE_RANGE_UNSHARE) != 0 && task.Files.IsShared)
        {
            FdTable own = task.Files.Fork();
            task.Files.Leave();
            task.Files = own;
        }
        task.Files.RemoveRange(first, last, onlyMark: (args.UInt(2) & CLOSE_RANGE_CLOEXEC) != 0);
        return SyscallResult.Zero;
    }
}
