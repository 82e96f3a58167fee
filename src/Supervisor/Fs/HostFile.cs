using System;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A regular host file. Opened by a guest it is for reading only; inherited as a standard stream it may
/// be for writing. The position is that of the host's own open file description, so that one shared with
/// whoever started the supervisor stays shared. Bytes go straight between the file and guest frames.
/// <para>Where guests may map it writable (--bind-rw), what they have written to mapped pages is written to the host
/// before a read or a write, and a write changes the pages too.</para></summary>
/// <param name="shared">Of a writable tree: whose mapped pages are to agree with the file; null for none.</param>
internal sealed unsafe class HostFile(HostMappedFiles mappedFiles, int hostFd, int flags, HostInode? shared = null) : OpenFile(flags)
{
    private static readonly TransferAction<HostTransfer> s_read = static (ref HostTransfer at, Span<byte> stretch, ulong _) =>
    {
        fixed (byte* start = stretch)
        {
            return at.Took(at.Positioned
                ? LibC.pread(at.Fd, start, (nuint)stretch.Length, at.Offset)
                : LibC.read(at.Fd, start, (nuint)stretch.Length));
        }
    };

    private static readonly TransferAction<HostTransfer> s_write = static (ref HostTransfer at, Span<byte> stretch, ulong _) =>
    {
        fixed (byte* start = stretch)
        {
            return at.Took(at.Positioned
                ? LibC.pwrite(at.Fd, start, (nuint)stretch.Length, at.Offset)
                : LibC.write(at.Fd, start, (nuint)stretch.Length), stretch);
        }
    };

    /// <summary>The <c>file position lock</c> (f_pos_lock): makes a read of several stretches one. Taken before
    /// the mmap lock.</summary>
    private readonly Lock _positionLock = new();

    private HostMappedFile? _mapping;

    /// <summary>Closed with this file; a guest never gets it.</summary>
    public int HostFd { get; } = hostFd;

    public override bool CanSeek => true;

    public override MappedFile? Mapping
    {
        get
        {
            lock (_positionLock)
            {
                return CanRead ? _mapping ??= mappedFiles.Acquire(HostFd, shared is not null && CanWrite) : null;
            }
        }
    }

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        _ = Pages?.WriteBack(0, ulong.MaxValue);
        HostTransfer at = new() { Fd = HostFd };
        lock (_positionLock)
        {
            SyscallResult result = to.Transfer(task.Memory, Access.Write, ref at, s_read);
            return result.Error == Errno.EFAULT ? AtEnd(result, LibC.lseek(HostFd, 0, SEEK_CUR).Raw) : result;
        }
    }

    public override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset)
    {
        _ = Pages?.WriteBack(0, ulong.MaxValue);
        HostTransfer at = new() { Fd = HostFd, Positioned = true, Offset = offset };
        SyscallResult result = to.Transfer(task.Memory, Access.Write, ref at, s_read);
        return result.Error == Errno.EFAULT ? AtEnd(result, offset) : result;
    }

    /// <summary>At the end of the file there is nothing to copy: a bad buffer is no error there.</summary>
    private SyscallResult AtEnd(SyscallResult result, long offset)
    {
        byte probe;
        return LibC.pread(HostFd, &probe, 1, offset).Raw == 0 ? 0 : result;
    }

    public override SyscallResult Write(GuestTask task, ref IovIter from)
    {
        HostTransfer at = new() { Fd = HostFd, Pages = Pages };
        lock (_positionLock)
        {
            if (!FileLimit.Limit(task, (Flags & O_APPEND) != 0 ? Size : LibC.lseek(HostFd, 0, SEEK_CUR).Raw, ref from))
            {
                return Errno.EFBIG;
            }
            return from.Transfer(task.Memory, Access.Read, ref at, s_write);
        }
    }

    public override SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset)
    {
        if (!FileLimit.Limit(task, (Flags & O_APPEND) != 0 ? Size : offset, ref from))
        {
            return Errno.EFBIG;
        }
        HostTransfer at = new() { Fd = HostFd, Positioned = true, Appends = (Flags & O_APPEND) != 0, Offset = offset, Pages = Pages };
        return from.Transfer(task.Memory, Access.Read, ref at, s_write);
    }

    public override SyscallResult Seek(long offset, int whence)
    {
        lock (_positionLock)
        {
            return LibC.lseek(HostFd, offset, whence);
        }
    }

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument)
    {
        if (request != FIONREAD)
        {
            return Errno.ENOTTY;
        }
        Errno error = Stat(out stat status);
        if (error != Errno.None)
        {
            return error;
        }
        SyscallResult position = Seek(0, SEEK_CUR);
        return position.Failed ? position
            : task.Memory.Write(new GuestAddress(argument), (int)(status.st_size - position.Raw)) ? SyscallResult.Zero
            : Errno.EFAULT;
    }

    /// <summary>The pages that guests have of a file that they may write to; null as a rule.</summary>
    private PageCache? Pages => shared is null ? null : mappedFiles.Find(shared.Device, shared.Number);

    private long Size => HostPaths.Stat(HostFd, out stat status).Failed ? 0 : status.st_size;

    public override Errno Sync(bool dataOnly) => Pages?.WriteBack(0, ulong.MaxValue) is { } error and not Errno.None ? error : (dataOnly ? LibC.fdatasync(HostFd) : LibC.fsync(HostFd)).Error;

    public override Errno Advise(long offset, long length, int advice) => LibC.posix_fadvise(HostFd, offset, length, advice).Error;

    /// <summary>O_APPEND must hold where writes are made, in the host's description; O_NONBLOCK means nothing for
    /// a regular file.</summary>
    public override Errno SetStatusFlags(int flags)
    {
        if (CanWrite && ((Flags ^ flags) & O_APPEND) != 0)
        {
            Result host = LibC.fcntl(HostFd, F_GETFL, 0);
            Result set = host.Failed ? host : LibC.fcntl(HostFd, F_SETFL, (host.Int & ~O_APPEND) | (flags & O_APPEND));
            if (set.Failed)
            {
                return set.Error;
            }
        }
        return base.SetStatusFlags(flags);
    }

    public override Errno Truncate(GuestTask task, long length) => Vfs.Truncate(task, Inode!, length);

    public override Errno Allocate(GuestTask task, int mode, long offset, long length) => LibC.fallocate(HostFd, mode, offset, length).Error;

    public override Result Describe(GuestTask task, Span<byte> text) => Place.IsNone ? HostPaths.PathOf(HostFd, text) : base.Describe(task, text);

    protected override void Close()
    {
        _mapping?.Release();
        _ = LibC.close(HostFd);
    }

    private struct HostTransfer
    {
        public int Fd;
        public bool Positioned;
        public long Offset;

        public bool Appends;
        public PageCache? Pages;

        public long Took(Result result)
        {
            Offset += Math.Max(0, result.Raw);
            return result.Raw;
        }

        public long Took(Result result, ReadOnlySpan<byte> written)
        {
            if (result.Raw > 0 && Pages is not null)
            {
                long end = !Positioned ? LibC.lseek(Fd, 0, SEEK_CUR).Raw
                    : !Appends ? Offset + result.Raw
                    : HostPaths.Stat(Fd, out stat status).Failed ? result.Raw
                    : status.st_size;
                Pages.Update((ulong)(end - result.Raw), written[..result.Int]);
            }
            return Took(result);
        }
    }
}
