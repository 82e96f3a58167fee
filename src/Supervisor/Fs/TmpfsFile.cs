using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open file in memory.</summary>
internal sealed class TmpfsFile(TmpfsRegular content, int flags) : OpenFile(flags)
{
    /// <summary>The <c>file position lock</c>, before the file data lock.</summary>
    private readonly Lock _positionLock = new();
    private long _position;

    public override bool CanSeek => true;

    public override uint Type => S_IFREG;

    public override MappedFile? Mapping
    {
        get
        {
            content.Name = Place;
            return content.Mapping;
        }
    }

    public override SyscallResult Seals => content.FileSystem is TmpfsFileSystem ? (long)content.Seals : Errno.EINVAL;

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        lock (_positionLock)
        {
            SyscallResult read = ReadAt(task, ref to, _position);
            _position += read.Failed ? 0 : read.Raw;
            return read;
        }
    }

    public override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset)
    {
        SyscallResult read = content.Read(task.Memory, ref to, offset);
        if ((Flags & O_NOATIME) == 0 && !read.Failed)
        {
            content.Accessed();
        }

        return read;
    }

    public override SyscallResult Write(GuestTask task, ref IovIter from)
    {
        lock (_positionLock)
        {
            lock (content.DataLock)
            {
                long offset = (Flags & O_APPEND) != 0 ? content.Size : _position;
                SyscallResult written = content.Write(task, ref from, offset);
                _position = written.Failed ? _position : offset + written.Raw;
                return written;
            }
        }
    }

    public override SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset)
    {
        lock (content.DataLock)
        {
            return content.Write(task, ref from, (Flags & O_APPEND) != 0 ? content.Size : offset);
        }
    }

    public override SyscallResult Seek(long offset, int whence)
    {
        lock (_positionLock)
        {
            if (whence is SEEK_DATA or SEEK_HOLE)
            {
                SyscallResult found = content.SeekData(offset, whence == SEEK_DATA);
                _position = found.Failed ? _position : found.Raw;
                return found;
            }

            long to = offset + whence switch
            {
                SEEK_SET => 0,
                SEEK_CUR => _position,
                _ => content.Size,
            };
            return to < 0 ? Errno.EINVAL : _position = to;
        }
    }

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument) =>
        request != FIONREAD ? Errno.ENOTTY
        : task.Memory.Write(new GuestAddress(argument), (int)(content.Size - Volatile.Read(ref _position))) ? SyscallResult.Zero
        : Errno.EFAULT;

    public override Errno Sync(bool dataOnly) => Errno.None;

    public override Errno Truncate(GuestTask task, long length) => Vfs.Truncate(task, Inode!, length);

    public override Errno Allocate(GuestTask task, int mode, long offset, long length) => content.Allocate(task, mode, offset, length);

    public override Errno AddSeals(uint seals) => content.FileSystem is not TmpfsFileSystem ? Errno.EINVAL : CanWrite ? content.AddSeals(seals) : Errno.EPERM;

    protected override void Close()
    {
    }
}
