using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Reading, writing and seeking.</summary>
[SkipLocalsInit]
internal static unsafe class ReadWrite
{
    public static readonly Syscall[] Calls =
    [
        new(0, "read", &Read, ArgumentKind.Fd, ArgumentKind.OutBuffer, ArgumentKind.Size),
        new(1, "write", &Write, ArgumentKind.Fd, ArgumentKind.InBuffer, ArgumentKind.Size),
        new(8, "lseek", &Seek, ArgumentKind.Fd, ArgumentKind.Offset, ArgumentKind.Whence),
        new(17, "pread64", &PRead, ArgumentKind.Fd, ArgumentKind.OutBuffer, ArgumentKind.Size, ArgumentKind.Offset),
        new(18, "pwrite64", &PWrite, ArgumentKind.Fd, ArgumentKind.InBuffer, ArgumentKind.Size, ArgumentKind.Offset),
        new(19, "readv", &ReadV, ArgumentKind.Fd, ArgumentKind.OutIovec, ArgumentKind.Size),
        new(20, "writev", &WriteV, ArgumentKind.Fd, ArgumentKind.InIovec, ArgumentKind.Size),
        new(40, "sendfile", &SendFile, ArgumentKind.Fd, ArgumentKind.Fd, ArgumentKind.InOffset, ArgumentKind.Size),
        new(295, "preadv", &PReadV, ArgumentKind.Fd, ArgumentKind.OutIovec, ArgumentKind.Size, ArgumentKind.Offset, ArgumentKind.Unused),
        new(296, "pwritev", &PWriteV, ArgumentKind.Fd, ArgumentKind.InIovec, ArgumentKind.Size, ArgumentKind.Offset, ArgumentKind.Unused),
        new(326, "copy_file_range", &CopyFileRange, ArgumentKind.Fd, ArgumentKind.InOffset, ArgumentKind.Fd, ArgumentKind.InOffset, ArgumentKind.Size, ArgumentKind.UInt),
        new(327, "preadv2", &PReadV2, ArgumentKind.Fd, ArgumentKind.OutIovec, ArgumentKind.Size, ArgumentKind.Offset, ArgumentKind.Unused, ArgumentKind.RwfFlags)
        {
            Support = Support.Partial,
            Caveat = "RWF_NOWAIT and RWF_APPEND give EOPNOTSUPP",
        },
        new(328, "pwritev2", &PWriteV2, ArgumentKind.Fd, ArgumentKind.InIovec, ArgumentKind.Size, ArgumentKind.Offset, ArgumentKind.Unused, ArgumentKind.RwfFlags)
        {
            Support = Support.Partial,
            Caveat = "RWF_NOWAIT and RWF_APPEND give EOPNOTSUPP",
        },
    ];

    /// <summary>The position argument of preadv2 that means the file's own.</summary>
    private const long OwnPosition = -1;

    private static SyscallResult Read(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { CanRead: true } file ? Errno.EBADF
            : !IovIter.TryCreate(args.Address(1), args.ULong(2), out IovIter to) ? Errno.EFAULT
            : Done(file, task.CountRead(file.Read(task, ref to)));
    }

    private static SyscallResult Write(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { CanWrite: true } file ? Errno.EBADF
            : !IovIter.TryCreate(args.Address(1), args.ULong(2), out IovIter from) ? Errno.EFAULT
            : Written(task, file, task.CountWrite(file.Write(task, ref from)));
    }

    /// <summary>The result of a read, of which watchers are told.</summary>
    private static SyscallResult Done(OpenFile file, SyscallResult result)
    {
        if (result.Raw > 0)
        {
            FsNotify.Accessed(file);
        }
        return result;
    }

    /// <summary>The result of a write, of which watchers are told; with EPIPE comes SIGPIPE.</summary>
    private static SyscallResult Written(GuestTask task, OpenFile file, SyscallResult result)
    {
        if (result.Error == Errno.EPIPE && file.SignalsBrokenPipe)
        {
            SignalSender.SendBrokenPipe(task);
        }
        if (result.Raw > 0)
        {
            FsNotify.Modified(file);
        }
        return result;
    }

    private static SyscallResult PRead(GuestTask task, in SyscallArguments args)
    {
        if (args.Long(3) < 0)
        {
            return Errno.EINVAL;
        }
        using FileReference reference = task.Files.Get(args.Int(0));
        return Positioned(reference, reading: true, out OpenFile file) is var error and not Errno.None ? error
            : !IovIter.TryCreate(args.Address(1), args.ULong(2), out IovIter to) ? Errno.EFAULT
            : PastEnd(args.Long(3), to.Count) ? Errno.EINVAL
            : Done(file, task.CountRead(file.ReadAt(task, ref to, args.Long(3))));
    }

    private static SyscallResult PWrite(GuestTask task, in SyscallArguments args)
    {
        if (args.Long(3) < 0)
        {
            return Errno.EINVAL;
        }
        using FileReference reference = task.Files.Get(args.Int(0));
        return Positioned(reference, reading: false, out OpenFile file) is var error and not Errno.None ? error
            : !IovIter.TryCreate(args.Address(1), args.ULong(2), out IovIter from) ? Errno.EFAULT
            : PastEnd(args.Long(3), from.Count) ? Errno.EINVAL
            : Written(task, file, task.CountWrite(file.WriteAt(task, ref from, args.Long(3))));
    }

    private static SyscallResult ReadV(GuestTask task, in SyscallArguments args) =>
        Vectored(task, args, OwnPosition, reading: true);

    private static SyscallResult WriteV(GuestTask task, in SyscallArguments args) =>
        Vectored(task, args, OwnPosition, reading: false);

    private static SyscallResult PReadV(GuestTask task, in SyscallArguments args) =>
        args.Long(3) < 0 ? Errno.EINVAL : Vectored(task, args, args.Long(3), reading: true);

    private static SyscallResult PWriteV(GuestTask task, in SyscallArguments args) =>
        args.Long(3) < 0 ? Errno.EINVAL : Vectored(task, args, args.Long(3), reading: false);

    private static SyscallResult PReadV2(GuestTask task, in SyscallArguments args) =>
        args.Long(3) < OwnPosition ? Errno.EINVAL : Vectored(task, args, args.Long(3), reading: true, args.Int(5));

    private static SyscallResult PWriteV2(GuestTask task, in SyscallArguments args) =>
        args.Long(3) < OwnPosition ? Errno.EINVAL : Vectored(task, args, args.Long(3), reading: false, args.Int(5));

    private static SyscallResult Vectored(GuestTask task, in SyscallArguments args, long position, bool reading, int flags = 0)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        OpenFile file;
        if (position != OwnPosition)
        {
            Errno error = Positioned(reference, reading, out file);
            if (error != Errno.None)
            {
                return error;
            }
        }
        else if (reference.File is { } own && (reading ? own.CanRead : own.CanWrite))
        {
            file = own;
        }
        else
        {
            return Errno.EBADF;
        }
        ulong count = args.ULong(2);
        if (count > UIO_MAXIOV)
        {
            return Errno.EINVAL;
        }
        Span<GuestIovec> vectors = stackalloc GuestIovec[(int)count];
        Span<byte> bytes = MemoryMarshal.AsBytes(vectors);
        if (task.Memory.CopyIn(args.Address(1), bytes) != bytes.Length)
        {
            return Errno.EFAULT;
        }
        Errno invalid = IovIter.TryCreate(vectors, out IovIter iterator);
        if (invalid != Errno.None || iterator.Count == 0)
        {
            return invalid;
        }
        if (position != OwnPosition && PastEnd(position, iterator.Count))
        {
            return Errno.EINVAL;
        }
        if ((flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC)) != 0)
        {
            return Errno.EOPNOTSUPP;
        }
        SyscallResult result = (reading, position) switch
        {
            (true, OwnPosition) => Done(file, task.CountRead(file.Read(task, ref iterator))),
            (true, _) => Done(file, task.CountRead(file.ReadAt(task, ref iterator, position))),
            (false, OwnPosition) => Written(task, file, task.CountWrite(file.Write(task, ref iterator))),
            (false, _) => Written(task, file, task.CountWrite(file.WriteAt(task, ref iterator, position))),
        };
        if (!reading && result.Raw > 0 && (flags & (RWF_DSYNC | RWF_SYNC)) != 0)
        {
            Errno error = file.Sync(dataOnly: (flags & RWF_SYNC) != RWF_SYNC);
            return error is Errno.None or Errno.EINVAL ? result : error;
        }
        return result;
    }

    private static SyscallResult Seek(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is not { IsPath: false } file ? Errno.EBADF
            : args.UInt(2) > SEEK_HOLE ? Errno.EINVAL
            : file.Seek(args.Long(1), args.Int(2));
    }

    private static SyscallResult SendFile(GuestTask task, in SyscallArguments args)
    {
        GuestAddress offsetAddress = args.Address(2);
        long offset = 0;
        if (!offsetAddress.IsNull && !task.Memory.Read(offsetAddress, out offset))
        {
            return Errno.EFAULT;
        }
        using FileReference inReference = task.Files.Get(args.Int(1));
        if (inReference.File is not { CanRead: true } input)
        {
            return Errno.EBADF;
        }
        if (!offsetAddress.IsNull && !input.CanSeek)
        {
            return Errno.ESPIPE;
        }
        if (offset < 0)
        {
            return Errno.EINVAL;
        }
        using FileReference outReference = task.Files.Get(args.Int(0));
        if (outReference.File is not { CanWrite: true } output)
        {
            return Errno.EBADF;
        }
        if ((long)args.ULong(3) < 0 || (output.Flags & O_APPEND) != 0)
        {
            return Errno.EINVAL;
        }
        ulong left = Math.Min(args.ULong(3), IovIter.MaxCount);
        if (left == 0)
        {
            return SyscallResult.Zero;
        }
        if (input.Type != S_IFREG)
        {
            return Errno.EINVAL;
        }
        bool ownPosition = offsetAddress.IsNull;
        SyscallResult position = ownPosition ? input.Seek(0, SEEK_CUR) : offset;
        if (position.Failed)
        {
            return position;
        }
        long start = position.Raw;
        SyscallResult sent = Send(task, input, start, output, left);
        if (sent.Failed || sent.Raw == 0)
        {
            return sent;
        }
        if (ownPosition)
        {
            _ = input.Seek(start + sent.Raw, SEEK_SET);
        }
        else if (!task.Memory.Write(offsetAddress, start + sent.Raw))
        {
            return Errno.EFAULT;
        }
        return sent;
    }

    private static SyscallResult CopyFileRange(GuestTask task, in SyscallArguments args)
    {
        using FileReference inReference = task.Files.Get(args.Int(0));
        using FileReference outReference = task.Files.Get(args.Int(2));
        if (inReference.File is not { IsPath: false } input || outReference.File is not { IsPath: false } output)
        {
            return Errno.EBADF;
        }

        bool ownIn = args.Address(1).IsNull, ownOut = args.Address(3).IsNull;
        long inOffset = 0, outOffset = 0;
        if ((!ownIn && !task.Memory.Read(args.Address(1), out inOffset)) || (!ownOut && !task.Memory.Read(args.Address(3), out outOffset)))
        {
            return Errno.EFAULT;
        }

        if (args.UInt(5) != 0)
        {
            return Errno.EINVAL;
        }

        if (input.IsDirectory || output.IsDirectory)
        {
            return Errno.EISDIR;
        }

        if (input.Type != S_IFREG || output.Type != S_IFREG)
        {
            return Errno.EINVAL;
        }

        if (!input.CanRead || !output.CanWrite || (output.Flags & O_APPEND) != 0)
        {
            return Errno.EBADF;
        }

        inOffset = ownIn ? input.Seek(0, SEEK_CUR).Raw : inOffset;
        outOffset = ownOut ? output.Seek(0, SEEK_CUR).Raw : outOffset;
        ulong length = Math.Min(args.ULong(4), IovIter.MaxCount);
        if (inOffset < 0 || outOffset < 0 || PastEnd(inOffset, length) || PastEnd(outOffset, length))
        {
            return Errno.EOVERFLOW;
        }

        if (input.Inode == output.Inode && inOffset < outOffset + (long)length && outOffset < inOffset + (long)length)
        {
            return Errno.EINVAL;
        }

        long done = 0;
        while (length > 0)
        {
            Span<byte> buffer = task.Scratch.AsSpan(0, (int)Math.Min(length, (ulong)task.Scratch.Length));
            IovIter to = new(buffer);
            SyscallResult read = Done(input, input.ReadAt(task, ref to, inOffset + done));
            if (read.Raw <= 0)
            {
                if (done == 0)
                {
                    return read;
                }

                break;
            }

            IovIter from = new(buffer[..(int)read.Raw]);
            SyscallResult written = Written(task, output, output.WriteAt(task, ref from, outOffset + done));
            if (written.Failed)
            {
                if (done == 0)
                {
                    return written;
                }

                break;
            }

            done += written.Raw;
            length -= (ulong)written.Raw;
            if (written.Raw < read.Raw)
            {
                break;
            }
        }

        if (ownIn)
        {
            _ = input.Seek(inOffset + done, SEEK_SET);
        }

        if (ownOut)
        {
            _ = output.Seek(outOffset + done, SEEK_SET);
        }

        return (!ownIn && !task.Memory.Write(args.Address(1), inOffset + done)) || (!ownOut && !task.Memory.Write(args.Address(3), outOffset + done))
            ? Errno.EFAULT
            : done;
    }

    /// <summary>Copies from <paramref name="position"/> on through the scratch memory.</summary>
    private static SyscallResult Send(GuestTask task, OpenFile input, long position, OpenFile output, ulong left)
    {
        long done = 0;
        while (left > 0)
        {
            Span<byte> buffer = task.Scratch.AsSpan(0, (int)Math.Min(left, (ulong)task.Scratch.Length));
            IovIter to = new(buffer);
            SyscallResult read = Done(input, input.ReadAt(task, ref to, position + done));
            if (read.Raw <= 0)
            {
                return done > 0 ? done : read;
            }
            IovIter from = new(buffer[..(int)read.Raw]);
            SyscallResult written = Written(task, output, output.Write(task, ref from));
            if (written.Failed)
            {
                return done > 0 ? done : written;
            }
            done += written.Raw;
            left -= (ulong)written.Raw;
            if (written.Raw < read.Raw)
            {
                break;
            }
        }
        return done;
    }

    /// <summary>The checks of pread and pwrite on a descriptor, ESPIPE before the access mode.</summary>
    private static Errno Positioned(in FileReference reference, bool reading, out OpenFile file)
    {
        file = reference.File!;
        return file is null || file.IsPath ? Errno.EBADF
            : !file.CanSeek ? Errno.ESPIPE
            : (reading ? file.CanRead : file.CanWrite) ? Errno.None
            : Errno.EBADF;
    }

    /// <summary>Whether the range ends beyond the largest offset.</summary>
    private static bool PastEnd(long offset, ulong count) => (ulong)offset + count > long.MaxValue;
}
