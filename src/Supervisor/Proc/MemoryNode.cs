using System;
using System.Runtime.InteropServices;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>/proc/PID/mem, whose offsets are addresses, and /proc/PID/pagemap with a word for each page. The address
/// space is the one that the process had when it was opened.</summary>
internal sealed class MemoryNode(PseudoFileSystem fileSystem, ProcessSubject subject, bool isPageMap) : PseudoNode(fileSystem, S_IFREG | (isPageMap ? 0x100u : 0x180u))
{
    public override (uint Uid, uint Gid) Owner => ProcessOwner.Of(subject, S_IFREG);

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        bool allowed = isPageMap ? subject.AllowsReading(task) : subject.AllowsAttaching(task);
        GuestTask? target = subject.Task;
        error = subject.IsGone ? Errno.ESRCH : !allowed ? Errno.EACCES : target is null ? Errno.ESRCH : Errno.None;
        return error != Errno.None ? null
            : isPageMap ? new PageMapFile(target!.Memory, flags)
            : new ProcessMemoryFile(target!.Memory, flags);
    }
}

/// <summary>A file of a process's memory, with a position.</summary>
internal abstract class AddressedFile(int flags) : OpenFile(flags)
{
    /// <summary>The <c>file position lock</c>.</summary>
    private readonly Lock _positionLock = new();
    private long _position;

    public sealed override bool CanSeek => true;

    public sealed override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        lock (_positionLock)
        {
            SyscallResult read = ReadAt(task, ref to, _position);
            _position += read.Failed ? 0 : read.Raw;
            return read;
        }
    }

    public sealed override SyscallResult Write(GuestTask task, ref IovIter from)
    {
        lock (_positionLock)
        {
            SyscallResult written = WriteAt(task, ref from, _position);
            _position += written.Failed ? 0 : written.Raw;
            return written;
        }
    }

    public override SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset) => Errno.EINVAL;

    /// <summary>Any offset is a position.</summary>
    public sealed override SyscallResult Seek(long offset, int whence)
    {
        lock (_positionLock)
        {
            switch (whence)
            {
                case SEEK_SET:
                    _position = offset;
                    return offset;
                case SEEK_CUR:
                    _position += offset;
                    return _position;
                default:
                    return Errno.EINVAL;
            }
        }
    }

    protected override void Close()
    {
    }
}

/// <summary>Guest memory. Protections count, other than on Linux, where mem goes past them: EIO for what may not be read
/// or written.</summary>
internal sealed class ProcessMemoryFile(MemoryMap memory, int flags) : AddressedFile(flags)
{
    public override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset)
    {
        long done = 0;
        while (to.Count > 0)
        {
            Span<byte> part = task.Scratch.AsSpan(0, (int)Math.Min(to.Count, (ulong)task.Scratch.Length));
            int got = memory.CopyIn(new GuestAddress((ulong)(offset + done)), part);
            if (got == 0)
            {
                return done > 0 ? done : Errno.EIO;
            }

            int copied = to.CopyOut(task.Memory, part[..got]);
            done += copied;
            if (copied < got)
            {
                return done > 0 ? done : Errno.EFAULT;
            }

            if (got < part.Length)
            {
                break;
            }
        }

        return done;
    }

    public override SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset)
    {
        long done = 0;
        while (from.Count > 0)
        {
            Span<byte> part = task.Scratch.AsSpan(0, (int)Math.Min(from.Count, (ulong)task.Scratch.Length));
            int got = from.CopyIn(task.Memory, part);
            if (got == 0)
            {
                return done > 0 ? done : Errno.EFAULT;
            }

            int written = memory.CopyOut(new GuestAddress((ulong)(offset + done)), part[..got]);
            done += written;
            if (written < got)
            {
                return done > 0 ? done : Errno.EIO;
            }
        }

        return done;
    }
}

internal sealed class PageMapFile(MemoryMap memory, int flags) : AddressedFile(flags)
{
    public override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset)
    {
        if (((ulong)offset | to.Count) % sizeof(ulong) != 0)
        {
            return Errno.EINVAL;
        }

        long done = 0;
        ulong end = GuestAddress.TaskSize.Value >> GuestAddress.PageShift;
        ulong page = (ulong)offset / sizeof(ulong);
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(task.Scratch.AsSpan(0, 4096));
        while (to.Count > 0 && page < end)
        {
            Span<ulong> part = words[..(int)Math.Min(Math.Min(to.Count / sizeof(ulong), (ulong)words.Length), end - page)];
            memory.PageMap(new GuestAddress(page << GuestAddress.PageShift), part);
            int copied = to.CopyOut(task.Memory, MemoryMarshal.AsBytes(part));
            done += copied;
            if (copied < part.Length * sizeof(ulong))
            {
                return done > 0 ? done : Errno.EFAULT;
            }

            page += (ulong)part.Length;
        }

        return done;
    }
}
