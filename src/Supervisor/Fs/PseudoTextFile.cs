using System;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open <see cref="PseudoText"/>.</summary>
internal sealed class PseudoTextFile(PseudoText source, int flags) : OpenFile(flags)
{
    /// <summary>The <c>file position lock</c>.</summary>
    private readonly Lock _positionLock = new();
    private readonly TextBuffer _text = new();
    private long _position;
    private bool _isMade;

    public override bool CanSeek => true;

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        lock (_positionLock)
        {
            SyscallResult read = ReadAtLocked(task, ref to, _position);
            _position += read.Failed ? 0 : read.Raw;
            return read;
        }
    }

    public override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset)
    {
        lock (_positionLock)
        {
            return ReadAtLocked(task, ref to, offset);
        }
    }

    public override SyscallResult Write(GuestTask task, ref IovIter from)
    {
        Span<byte> text = task.Scratch.AsSpan(0, (int)Math.Min(from.Count, 4096));
        int copied = from.CopyIn(task.Memory, text);
        if (copied < text.Length)
        {
            return Errno.EFAULT;
        }

        Errno error = source.Receive(task, text);
        return error != Errno.None ? error : (long)copied;
    }

    public override SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset) => Write(task, ref from);

    public override SyscallResult Seek(long offset, int whence)
    {
        lock (_positionLock)
        {
            long to = whence switch
            {
                SEEK_SET => offset,
                SEEK_CUR => _position + offset,
                _ => -1,
            };
            return to < 0 ? Errno.EINVAL : _position = to;
        }
    }

    protected override void Close()
    {
    }

    private SyscallResult ReadAtLocked(GuestTask task, ref IovIter to, long offset)
    {
        if (offset == 0 || !_isMade)
        {
            _text.Clear();
            Errno error = source.Generate(task, _text);
            if (error != Errno.None)
            {
                return error;
            }

            _isMade = true;
        }

        if (offset >= _text.Length || to.Count == 0)
        {
            return SyscallResult.Zero;
        }

        int copied = to.CopyOut(task.Memory, _text.Bytes[(int)offset..]);
        return copied == 0 ? Errno.EFAULT : (long)copied;
    }
}
