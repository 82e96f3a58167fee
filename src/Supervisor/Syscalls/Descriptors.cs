using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Descriptors themselves: dup and fcntl.</summary>
internal static unsafe class Descriptors
{
    public static readonly Syscall[] Calls =
    [
        new(32, "dup", &Dup, ArgumentKind.Fd),
        new(33, "dup2", &Dup2, ArgumentKind.Fd, ArgumentKind.Fd),
        new(72, "fcntl", &Fcntl, ArgumentKind.Fd, ArgumentKind.FcntlCommand, ArgumentKind.FcntlArgument)
        {
            Support = Support.Partial,
            Caveat = "no leases and F_NOTIFY (EINVAL)",
        },
        new(292, "dup3", &Dup3, ArgumentKind.Fd, ArgumentKind.Fd, ArgumentKind.FdFlags),
    ];

    private static SyscallResult Dup(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is { } file ? Add(task, file, closeOnExec: false, minimum: 0) : Errno.EBADF;
    }

    private static SyscallResult Dup2(GuestTask task, in SyscallArguments args)
    {
        if (args.Int(0) != args.Int(1))
        {
            return Replace(task, args.Int(0), args.Int(1), closeOnExec: false);
        }
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is null ? Errno.EBADF : args.Int(1);
    }

    private static SyscallResult Dup3(GuestTask task, in SyscallArguments args) =>
        (args.Int(2) & ~O_CLOEXEC) != 0 || args.Int(0) == args.Int(1)
            ? Errno.EINVAL
            : Replace(task, args.Int(0), args.Int(1), (args.Int(2) & O_CLOEXEC) != 0);

    private static SyscallResult Replace(GuestTask task, int old, int fd, bool closeOnExec)
    {
        using FileReference reference = task.Files.Get(old);
        if (reference.File is not { } file)
        {
            return Errno.EBADF;
        }
        Errno error = task.Files.Replace(fd, file.Acquire(), closeOnExec);
        if (error != Errno.None)
        {
            file.Release();
            return error;
        }
        return (long)fd;
    }

    private static SyscallResult Add(GuestTask task, OpenFile file, bool closeOnExec, int minimum)
    {
        int fd = task.Files.Add(file.Acquire(), closeOnExec, minimum);
        if (fd < 0)
        {
            file.Release();
        }
        return (long)fd;
    }

    private static SyscallResult Fcntl(GuestTask task, in SyscallArguments args)
    {
        int fd = args.Int(0), command = args.Int(1);
        using FileReference reference = task.Files.Get(fd);
        if (reference.File is not { } file
            || (file.IsPath && command is not (F_DUPFD or F_DUPFD_CLOEXEC or F_GETFD or F_SETFD or F_GETFL)))
        {
            return Errno.EBADF;
        }
        switch (command)
        {
            case F_DUPFD or F_DUPFD_CLOEXEC:
                return args.ULong(2) >= (ulong)task.Files.Limit
                    ? Errno.EINVAL
                    : Add(task, file, command == F_DUPFD_CLOEXEC, args.Int(2));
            case F_GETFD:
                return task.Files.GetCloseOnExec(fd) switch
                {
                    null => Errno.EBADF,
                    true => FD_CLOEXEC,
                    false => SyscallResult.Zero,
                };
            case F_SETFD:
                return task.Files.SetCloseOnExec(fd, (args.Int(2) & FD_CLOEXEC) != 0);
            case F_GETFL:
                return (long)file.Flags;
            case F_SETFL:
                if (((args.Int(2) ^ file.Flags) & FASYNC) != 0 && file.CanSignal)
                {
                    _ = file.SetAsync(fd, (args.Int(2) & FASYNC) != 0);
                }
                return file.SetStatusFlags(args.Int(2));
            case F_SETOWN:
                return args.Int(2) == int.MinValue ? Errno.EINVAL
                    : file.MakeOwner().Set(task, args.Int(2) < 0 ? F_OWNER_PGRP : F_OWNER_PID, Math.Abs(args.Int(2)));
            case F_GETOWN:
                return file.Owner is not { } owner ? 0L : owner.Kind == F_OWNER_PGRP ? -owner.Id : owner.Id;
            case F_SETOWN_EX:
                return !task.Memory.Read(args.Address(2), out f_owner_ex wanted) ? Errno.EFAULT
                    : wanted.type is not (F_OWNER_TID or F_OWNER_PID or F_OWNER_PGRP) ? Errno.EINVAL
                    : file.MakeOwner().Set(task, wanted.type, wanted.pid);
            case F_GETOWN_EX:
                f_owner_ex told = new() { type = file.Owner?.Kind ?? F_OWNER_TID, pid = file.Owner?.Id ?? 0 };
                return task.Memory.Write(args.Address(2), told) ? SyscallResult.Zero : Errno.EFAULT;
            case F_GETOWNER_UIDS:
                return task.Memory.Write(args.Address(2), file.Owner?.Uids ?? default) ? SyscallResult.Zero : Errno.EFAULT;
            case F_SETSIG:
                if (args.ULong(2) > 64)
                {
                    return Errno.EINVAL;
                }
                file.MakeOwner().Signal = args.Int(2);
                return SyscallResult.Zero;
            case F_GETSIG:
                return (long)(file.Owner?.Signal ?? 0);
            case F_GETLK or F_SETLK or F_SETLKW or F_OFD_GETLK or F_OFD_SETLK or F_OFD_SETLKW:
                return FileLockCalls.Record(task, fd, file, command, args.Address(2));
            case F_SETLEASE:
                return FileLockCalls.SetLease(task, file, args.Int(2));
            case F_GETLEASE:
                return F_UNLCK;
            case F_GETPIPE_SZ:
                return file.PipeSize;
            case F_GET_SEALS:
                return file.Seals;
            case F_ADD_SEALS:
                return file.AddSeals(args.UInt(2));
            case F_SETPIPE_SZ:
                return file.SetPipeSize(task, args.UInt(2));
            default:
                return Errno.EINVAL;
        }
    }
}
