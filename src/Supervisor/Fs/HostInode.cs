using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A file of a host tree. It holds an O_PATH descriptor, which <see cref="HostDescriptors"/> may close while
/// nobody uses it; then it is opened again by its name in its directory, and must still be the same file (ESTALE).
/// </summary>
internal sealed unsafe partial class HostInode : Inode
{
    private readonly HostFileSystem _tree;
    private readonly bool _isProc;
    private HostInode? _parent;
    private byte[] _name;
    private int _fd;
    private int _uses;
    private bool _touched = true;
    private Ownership _ownership;

    /// <param name="parent">Null for the root of a tree.</param>
    /// <param name="name">Without a NUL.</param>
    /// <param name="fd">Taken over.</param>
    public HostInode(HostFileSystem tree, HostInode? parent, byte[] name, int fd, in stat status, bool isProc)
        : base(tree, status.st_mode & S_IFMT)
    {
        _tree = tree;
        _isProc = isProc;
        _parent = parent;
        _name = name;
        _fd = fd;
        Device = status.st_dev;
        Number = status.st_ino;
        DeviceNumber = status.st_rdev;
        Learn(status);
    }

    /// <summary>st_dev on the host.</summary>
    public ulong Device { get; }

    public override ulong Number { get; }

    public override ulong DeviceNumber { get; }

    /// <summary>The inode of the overlay over this tree that stands for it; null where there is none yet.</summary>
    public Inode? Overlay { get; set; }

    /// <summary>As of the last look at it.</summary>
    public override Ownership Ownership => _ownership;

    /// <summary>The descriptor, kept open until the use is disposed of. Costs no host call as a rule.</summary>
    public Use Open(out Errno error)
    {
        error = Errno.None;
        _touched = true;
        Interlocked.Increment(ref _uses);
        int fd = Volatile.Read(ref _fd);
        if (fd < 0)
        {
            Result opened = Reopen();
            error = opened.Error;
            fd = opened.Int;
        }

        return new Use(this, fd);
    }

    /// <summary>Notes what a host call told.</summary>
    public void Learn(in stat status) => _ownership = new Ownership(status.st_mode, status.st_uid, status.st_gid);

    /// <summary>Closes the descriptor, unless it is in use or was used since the last time. Host descriptors lock.</summary>
    /// <returns>Whether it has none now.</returns>
    public bool TryEvict()
    {
        if (_parent is null)
        {
            return false;
        }

        if (_touched)
        {
            _touched = false;
            return false;
        }

        int fd = Interlocked.Exchange(ref _fd, -1);
        if (fd >= 0 && Volatile.Read(ref _uses) > 0)
        {
            // Whoever came meanwhile waits for the lock.
            Volatile.Write(ref _fd, fd);
            return false;
        }

        if (fd >= 0)
        {
            _ = LibC.close(fd);
        }

        return true;
    }

    public override Errno Stat(out stat status)
    {
        status = default;
        using Use use = Open(out Errno error);
        if (error == Errno.None)
        {
            error = HostPaths.Stat(use.Fd, out status).Error;
            Learn(status);
        }

        return error;
    }

    public override Errno Statx(uint flags, uint mask, out statx status)
    {
        status = default;
        using Use use = Open(out Errno error);
        if (error == Errno.None)
        {
            byte empty = 0;
            fixed (statx* at = &status)
            {
                error = LibC.statx(use.Fd, &empty, (int)flags | AT_EMPTY_PATH, mask | STATX_BASIC_STATS, at).Error;
            }
        }

        return error;
    }

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = null;
        if (_isProc)
        {
            return Errno.ENOENT;
        }

        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> terminated = stackalloc byte[NAME_MAX + 1];
        Result child = HostPaths.OpenName(use.Fd, Terminate(name, terminated));
        if (child.Failed)
        {
            return child.Error;
        }

        Result found = HostPaths.Stat(child.Int, out stat status);
        if (found.Failed)
        {
            _ = LibC.close(child.Int);
            return found.Error;
        }

        inode = _tree.Adopt(this, name, child.Int, status);
        return Errno.None;
    }

    public override bool IsStill(ReadOnlySpan<byte> name, Inode? inode)
    {
        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return false;
        }

        Span<byte> terminated = stackalloc byte[NAME_MAX + 1];
        stat status;
        Result found;
        fixed (byte* at = Terminate(name, terminated))
        {
            found = LibC.fstatat(use.Fd, at, &status, AT_SYMLINK_NOFOLLOW);
        }

        if (found.Failed || inode is not HostInode known)
        {
            return found.Error == Errno.ENOENT && inode is null;
        }

        if (status.st_ino != known.Number || status.st_dev != known.Device || (status.st_mode & S_IFMT) != known.Type)
        {
            return false;
        }

        known.Learn(status);
        return true;
    }

    public override Result ReadLink(GuestTask task, Span<byte> target)
    {
        if (!IsSymbolicLink)
        {
            return new Result(-(long)Errno.EINVAL);
        }

        using Use use = Open(out Errno error);
        return error != Errno.None ? new Result(-(long)error) : HostPaths.ReadLink(use.Fd, target);
    }

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        if (Type is not (S_IFREG or S_IFDIR))
        {
            error = Errno.ENXIO;
            return null;
        }

        if (_isProc)
        {
            error = Errno.EACCES;
            return null;
        }

        using Use use = Open(out error);
        if (error != Errno.None)
        {
            return null;
        }

        int access = IsDirectory ? O_RDONLY | O_DIRECTORY : (flags & O_ACCMODE) == 3 ? O_RDONLY : flags & (O_ACCMODE | O_APPEND | O_SYNC);
        Result opened = HostPaths.Reopen(use.Fd, access | O_NONBLOCK);
        error = opened.Error;
        return opened.Failed ? null
            : IsDirectory ? new HostDirectory(opened.Int, flags)
            : new HostFile(HostFileSystem.MappedFiles, opened.Int, flags, _tree.IsWritable ? this : null);
    }

    /// <summary>All names of this directory but "." and "..", for an overlay that merges them with its own.</summary>
    public Errno ReadNames(List<DirectoryEntry> names)
    {
        const int NumberField = 0, LengthField = 16, TypeField = 18, NameField = 19;
        if (_isProc)
        {
            return Errno.None;
        }

        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        Result directory = HostPaths.Reopen(use.Fd, O_RDONLY | O_DIRECTORY);
        if (directory.Failed)
        {
            return directory.Error;
        }

        byte[] buffer = new byte[32 * 1024];
        while (true)
        {
            Result read;
            fixed (byte* at = buffer)
            {
                read = LibC.getdents64(directory.Int, at, (nuint)buffer.Length);
            }

            if (read.Failed || read.Raw == 0)
            {
                _ = LibC.close(directory.Int);
                return read.Error;
            }

            ReadOnlySpan<byte> left = buffer.AsSpan(0, read.Int);
            while (!left.IsEmpty)
            {
                ReadOnlySpan<byte> record = left[..BinaryPrimitives.ReadUInt16LittleEndian(left[LengthField..])];
                left = left[record.Length..];
                ReadOnlySpan<byte> name = record[NameField..];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    names.Add(new DirectoryEntry(name.ToArray(), BinaryPrimitives.ReadUInt64LittleEndian(record[NumberField..]), (uint)record[TypeField] << 12, 0));
                }
            }
        }
    }

    /// <summary>Copies the content to <paramref name="copy"/>, holes as holes.</summary>
    public Errno CopyContent(TmpfsRegular copy, long size)
    {
        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        Result source = HostPaths.Reopen(use.Fd, O_RDONLY | O_NONBLOCK);
        if (source.Failed)
        {
            return source.Error;
        }

        byte[] buffer = new byte[128 * 1024];
        long offset = 0;
        while (offset < size && error == Errno.None)
        {
            Result data = LibC.lseek(source.Int, offset, SEEK_DATA);
            if (data.Error == Errno.ENXIO)
            {
                break;
            }

            offset = data.Failed ? offset : data.Raw;
            Result read;
            fixed (byte* at = buffer)
            {
                read = LibC.pread(source.Int, at, (nuint)Math.Min(buffer.Length, size - offset), offset);
            }

            if (read.Failed || read.Raw == 0)
            {
                error = read.Error;
                break;
            }

            error = copy.Fill(offset, buffer.AsSpan(0, read.Int));
            offset += read.Raw;
        }

        _ = LibC.close(source.Int);
        return error == Errno.None && copy.Size < size ? copy.Resize(null, size) : error;
    }

    private static ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        name.CopyTo(buffer);
        buffer[name.Length] = 0;
        return buffer[..(name.Length + 1)];
    }

    private Result Reopen()
    {
        lock (HostDescriptors.Lock)
        {
            if (_fd >= 0)
            {
                return new Result(_fd);
            }

            using Use parent = _parent!.Open(out Errno error);
            if (error != Errno.None)
            {
                return new Result(-(long)error);
            }

            Span<byte> terminated = stackalloc byte[NAME_MAX + 1];
            Result fd = HostPaths.OpenName(parent.Fd, Terminate(_name, terminated));
            if (fd.Failed)
            {
                return fd.Error == Errno.ENOENT ? new Result(-(long)Errno.ESTALE) : fd;
            }

            if (HostPaths.Stat(fd.Int, out stat status).Failed || status.st_ino != Number || status.st_dev != Device || (status.st_mode & S_IFMT) != Type)
            {
                _ = LibC.close(fd.Int);
                return new Result(-(long)Errno.ESTALE);
            }

            Volatile.Write(ref _fd, fd.Int);
            HostDescriptors.Add(this);
            return fd;
        }
    }

    /// <summary>The descriptor for as long as one operation needs it.</summary>
    internal readonly ref struct Use(HostInode inode, int fd)
    {
        public int Fd => fd;

        public void Dispose() => Interlocked.Decrement(ref inode._uses);
    }
}
