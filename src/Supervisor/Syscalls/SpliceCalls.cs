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

/// <summary>splice, tee and vmsplice. Pages move from pipe to pipe; to and from files and guest memory they are copied.
/// </summary>
[SkipLocalsInit]
internal static unsafe class SpliceCalls
{
    private const uint KnownFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;

    public static readonly Syscall[] Calls =
    [
        new(275, "splice", &Splice, ArgumentKind.Fd, ArgumentKind.InOffset, ArgumentKind.Fd, ArgumentKind.InOffset, ArgumentKind.Size, ArgumentKind.SpliceFlags),
        new(276, "tee", &Tee, ArgumentKind.Fd, ArgumentKind.Fd, ArgumentKind.Size, ArgumentKind.SpliceFlags),
        new(278, "vmsplice", &VmSplice, ArgumentKind.Fd, ArgumentKind.InIovec, ArgumentKind.Size, ArgumentKind.SpliceFlags)
        {
            Support = Support.Partial,
            Caveat = "pages are copied: what is written to them afterwards does not show in the pipe",
        },
    ];

    private static SyscallResult Splice(GuestTask task, in SyscallArguments args)
    {
        GuestAddress inAddress = args.Address(1), outAddress = args.Address(3);
        uint flags = args.UInt(5);
        if (args.ULong(4) == 0)
        {
            return SyscallResult.Zero;
        }

        if ((flags & ~KnownFlags) != 0)
        {
            return Errno.EINVAL;
        }

        using FileReference inReference = task.Files.Get(args.Int(0));
        using FileReference outReference = task.Files.Get(args.Int(2));
        if (inReference.File is not { IsPath: false } input || outReference.File is not { IsPath: false } output)
        {
            return Errno.EBADF;
        }

        if ((input.Pipe is not null && !inAddress.IsNull) || (output.Pipe is not null && !outAddress.IsNull))
        {
            return Errno.ESPIPE;
        }

        long inOffset = 0, outOffset = 0;
        if ((!outAddress.IsNull && !task.Memory.Read(outAddress, out outOffset)) || (!inAddress.IsNull && !task.Memory.Read(inAddress, out inOffset)))
        {
            return Errno.EFAULT;
        }

        if (!input.CanRead || !output.CanWrite)
        {
            return Errno.EBADF;
        }

        bool nonblocking = (flags & SPLICE_F_NONBLOCK) != 0;
        ulong length = Math.Min(args.ULong(4), IovIter.MaxCount);
        SyscallResult result;
        if (input.Pipe is { } from && output.Pipe is { } to)
        {
            nonblocking |= input.IsNonblocking || output.IsNonblocking;
            return from == to ? Errno.EINVAL : Between(task, from, to, length, nonblocking, keep: false);
        }
        else if (input.Pipe is { } source)
        {
            result = ToFile(task, source, output, outAddress.IsNull ? null : outOffset, length, nonblocking || input.IsNonblocking);
            outOffset += result.Failed ? 0 : result.Raw;
        }
        else if (output.Pipe is { } target)
        {
            result = FromFile(task, input, target, inAddress.IsNull ? null : inOffset, length, nonblocking || output.IsNonblocking, nonblocking);
            inOffset += result.Failed ? 0 : result.Raw;
        }
        else
        {
            return Errno.EINVAL;
        }

        return !result.Failed
            && ((!outAddress.IsNull && !task.Memory.Write(outAddress, outOffset)) || (!inAddress.IsNull && !task.Memory.Write(inAddress, inOffset)))
            ? Errno.EFAULT
            : result;
    }

    private static SyscallResult Tee(GuestTask task, in SyscallArguments args)
    {
        uint flags = args.UInt(3);
        if ((flags & ~KnownFlags) != 0)
        {
            return Errno.EINVAL;
        }

        if (args.ULong(2) == 0)
        {
            return SyscallResult.Zero;
        }

        using FileReference inReference = task.Files.Get(args.Int(0));
        using FileReference outReference = task.Files.Get(args.Int(1));
        if (inReference.File is not { CanRead: true } input || outReference.File is not { CanWrite: true } output)
        {
            return Errno.EBADF;
        }

        bool nonblocking = (flags & SPLICE_F_NONBLOCK) != 0 || input.IsNonblocking || output.IsNonblocking;
        return input.Pipe is not { } from || output.Pipe is not { } to || from == to
            ? Errno.EINVAL
            : Between(task, from, to, Math.Min(args.ULong(2), IovIter.MaxCount), nonblocking, keep: true);
    }

    private static SyscallResult VmSplice(GuestTask task, in SyscallArguments args)
    {
        uint flags = args.UInt(3);
        if ((flags & ~KnownFlags) != 0)
        {
            return Errno.EINVAL;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { } file || (!file.CanRead && !file.CanWrite))
        {
            return Errno.EBADF;
        }

        if (args.ULong(2) > UIO_MAXIOV)
        {
            return Errno.EINVAL;
        }

        Span<GuestIovec> vectors = stackalloc GuestIovec[(int)args.ULong(2)];
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

        bool nonblocking = (flags & SPLICE_F_NONBLOCK) != 0;
        return file.Pipe is not { } pipe ? Errno.EBADF
            : file.CanWrite ? pipe.Gift(task, ref iterator, nonblocking)
            : pipe.Read(task, ref iterator, nonblocking);
    }

    private static SyscallResult Between(GuestTask task, Pipe from, Pipe to, ulong length, bool nonblocking, bool keep)
    {
        while (true)
        {
            SyscallResult ready = from.AwaitData(task, nonblocking);
            if (ready.Raw <= 0)
            {
                return ready;
            }

            ready = to.AwaitRoom(task, nonblocking);
            if (ready.Failed)
            {
                return ready;
            }

            long moved = Pipe.Move(from, to, length, keep);
            if (moved > 0)
            {
                return moved;
            }
        }
    }

    private static SyscallResult ToFile(GuestTask task, Pipe from, OpenFile output, long? offset, ulong length, bool nonblocking)
    {
        if ((offset is not null && !output.CanSeek) || (output.Flags & O_APPEND) != 0 || offset < 0 || !CanSplice(output))
        {
            return Errno.EINVAL;
        }

        long done = 0;
        while (length > 0)
        {
            // What was there is enough.
            SyscallResult ready = from.AwaitData(task, nonblocking || done > 0);
            if (ready.Raw <= 0)
            {
                return done > 0 ? done : ready;
            }

            Span<byte> buffer = task.Scratch.AsSpan(0, (int)Math.Min(length, (ulong)task.Scratch.Length));
            int held = from.Hold(buffer);
            if (held == 0)
            {
                continue;
            }

            IovIter iterator = new(buffer[..held]);
            SyscallResult written = offset is { } at ? output.WriteAt(task, ref iterator, at + done) : output.Write(task, ref iterator);
            from.LetGo(written.Failed ? 0 : (int)written.Raw);
            if (written.Failed)
            {
                if (written.Error == Errno.EPIPE && output.SignalsBrokenPipe)
                {
                    SignalSender.SendBrokenPipe(task);
                }

                return done > 0 ? done : written;
            }

            FsNotify.Modified(output);
            done += written.Raw;
            length -= (ulong)written.Raw;
            if (written.Raw < held)
            {
                break;
            }
        }

        return done;
    }

    private static SyscallResult FromFile(GuestTask task, OpenFile input, Pipe to, long? offset, ulong length, bool nonblocking, bool readsNonblocking)
    {
        if ((offset is not null && !input.CanSeek) || offset < 0)
        {
            return Errno.EINVAL;
        }

        SyscallResult room = to.AwaitRoom(task, nonblocking);
        if (room.Failed)
        {
            return room;
        }

        if (!CanSplice(input))
        {
            return Errno.EINVAL;
        }

        if (readsNonblocking && input.CanPoll && (input.Poll(null) & (POLLIN | POLLERR | POLLHUP)) == 0)
        {
            return Errno.EAGAIN;
        }

        bool positioned = input.CanSeek;
        long start = offset ?? (positioned ? input.Seek(0, SEEK_CUR).Raw : 0), done = 0;
        SyscallResult result = SyscallResult.Zero;
        while (length > 0)
        {
            int slots = to.Reserve(task.Scratch.Length / PipePages.PageSize);
            if (slots == 0)
            {
                if (done > 0)
                {
                    break;
                }

                room = to.AwaitRoom(task, nonblocking);
                if (room.Failed)
                {
                    return room;
                }

                continue;
            }

            int first = PipePages.PageSize - (int)((start + done) & (PipePages.PageSize - 1));
            int most = first + ((slots - 1) * PipePages.PageSize);
            Span<byte> buffer = task.Scratch.AsSpan(0, (int)Math.Min(length, (ulong)most));
            IovIter iterator = new(buffer);
            result = positioned ? input.ReadAt(task, ref iterator, start + done) : input.Read(task, ref iterator);
            int read = (int)Math.Max(0, result.Raw);
            to.Put(slots, buffer[..read], first);
            done += read;
            length -= (ulong)read;
            if (read < buffer.Length || !positioned)
            {
                break;
            }
        }

        if (done == 0)
        {
            return result;
        }

        FsNotify.Accessed(input);
        if (positioned && offset is null)
        {
            _ = input.Seek(start + done, SEEK_SET);
        }

        return done;
    }

    /// <summary>Files that have splice_read and splice_write: not directories, nor anonymous ones.</summary>
    private static bool CanSplice(OpenFile file) => file.Type is S_IFREG or S_IFCHR or S_IFBLK or S_IFSOCK;
}
