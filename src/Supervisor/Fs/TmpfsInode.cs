using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A file in memory: attributes are its own. Lock: <c>inode lock</c>, a leaf.</summary>
internal class TmpfsInode : Inode
{
    private readonly byte[]? _target;
    private Dictionary<byte[], byte[]>? _xattrs;
    private stat _status;
    private Ownership _ownership;

    public TmpfsInode(FileSystem fileSystem, TmpfsSpace space, in NewNode node)
        : base(fileSystem, node.Mode & S_IFMT)
    {
        Space = space;
        _target = node.Target;
        timespec now = Attributes.Now;
        _status = new stat
        {
            st_dev = fileSystem.Device,
            st_ino = space.NewNumber(),
            st_nlink = 1,
            st_mode = node.Mode,
            st_uid = node.Uid,
            st_gid = node.Gid,
            st_rdev = node.Device,
            st_blksize = 4096,
            st_size = node.Target?.Length ?? 0,
            st_atim = now,
            st_mtim = now,
            st_ctim = now,
        };
        _ownership = new Ownership(node.Mode, node.Uid, node.Gid);
    }

    public TmpfsSpace Space { get; }

    public override ulong Number => _status.st_ino;

    public override ulong DeviceNumber => _status.st_rdev;

    public override Ownership Ownership => _ownership;

    public ulong Links => _status.st_nlink;

    /// <summary>The <c>inode lock</c>.</summary>
    protected Lock InodeLock { get; } = new();

    /// <summary>Attributes, under the inode lock.</summary>
    protected ref stat Status => ref _status;

    public override Errno Stat(out stat status)
    {
        lock (InodeLock)
        {
            status = _status;
        }

        return Errno.None;
    }

    public override Errno SetAttributes(GuestTask task, in AttributeChange change)
    {
        lock (InodeLock)
        {
            if (change.Has(AttributeFields.Mode))
            {
                _status.st_mode = Type | change.Mode;
            }

            _status.st_uid = change.Has(AttributeFields.Uid) ? change.Uid : _status.st_uid;
            _status.st_gid = change.Has(AttributeFields.Gid) ? change.Gid : _status.st_gid;
            _status.st_atim = change.Has(AttributeFields.Accessed) ? change.Accessed : _status.st_atim;
            _status.st_mtim = change.Has(AttributeFields.Modified) ? change.Modified : _status.st_mtim;
            _status.st_ctim = Attributes.Now;
            _ownership = new Ownership(_status.st_mode, _status.st_uid, _status.st_gid);
        }

        return Errno.None;
    }

    /// <summary>Takes over what another file system told of a file: an overlay's copy.</summary>
    public void Adopt(in stat status)
    {
        lock (InodeLock)
        {
            _status.st_mode = status.st_mode;
            _status.st_uid = status.st_uid;
            _status.st_gid = status.st_gid;
            _status.st_atim = status.st_atim;
            _status.st_mtim = status.st_mtim;
            _status.st_ctim = status.st_ctim;
            _ownership = new Ownership(_status.st_mode, _status.st_uid, _status.st_gid);
        }
    }

    public override void AddLinks(int count)
    {
        lock (InodeLock)
        {
            _status.st_nlink = (ulong)Math.Max(0, (long)_status.st_nlink + count);
            _status.st_ctim = Attributes.Now;
        }
    }

    /// <summary>Content was changed: modification and change times are now.</summary>
    public void Touch()
    {
        timespec now = Attributes.Now;
        lock (InodeLock)
        {
            _status.st_mtim = now;
            _status.st_ctim = now;
        }
    }

    /// <summary>Content was read (relatime).</summary>
    public void Accessed()
    {
        const long Day = 86400;
        timespec now = Attributes.Now;
        lock (InodeLock)
        {
            if (!IsLater(_status.st_atim, _status.st_mtim) || !IsLater(_status.st_atim, _status.st_ctim) || now.tv_sec - _status.st_atim.tv_sec >= Day)
            {
                _status.st_atim = now;
            }
        }
    }

    public override Result ReadLink(GuestTask task, Span<byte> target)
    {
        if (_target is null)
        {
            return new Result(-(long)Errno.EINVAL);
        }

        int length = Math.Min(target.Length, _target.Length);
        _target.AsSpan(0, length).CopyTo(target);
        return new Result(length);
    }

    public override Result GetXattr(ReadOnlySpan<byte> name, Span<byte> value)
    {
        lock (InodeLock)
        {
            if (_xattrs is null || !_xattrs.TryGetValue(name.ToArray(), out byte[]? found))
            {
                return new Result(-(long)Errno.ENODATA);
            }

            if (value.IsEmpty)
            {
                return new Result(found.Length);
            }

            if (found.Length > value.Length)
            {
                return new Result(-(long)Errno.ERANGE);
            }

            found.CopyTo(value);
            return new Result(found.Length);
        }
    }

    public override Errno SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        lock (InodeLock)
        {
            _xattrs ??= new Dictionary<byte[], byte[]>(NameComparer.Instance);
            byte[] key = name.ToArray();
            bool exists = _xattrs.ContainsKey(key);
            if (exists ? (flags & XATTR_CREATE) != 0 : (flags & XATTR_REPLACE) != 0)
            {
                return exists ? Errno.EEXIST : Errno.ENODATA;
            }

            _xattrs[key] = value.ToArray();
            _status.st_ctim = Attributes.Now;
            return Errno.None;
        }
    }

    public override Errno RemoveXattr(ReadOnlySpan<byte> name)
    {
        lock (InodeLock)
        {
            if (_xattrs is null || !_xattrs.Remove(name.ToArray()))
            {
                return Errno.ENODATA;
            }

            _status.st_ctim = Attributes.Now;
            return Errno.None;
        }
    }

    public override Result ListXattr(Span<byte> names)
    {
        lock (InodeLock)
        {
            int length = 0;
            foreach (byte[] name in _xattrs?.Keys ?? (IEnumerable<byte[]>)[])
            {
                if (!names.IsEmpty)
                {
                    if (length + name.Length + 1 > names.Length)
                    {
                        return new Result(-(long)Errno.ERANGE);
                    }

                    name.CopyTo(names[length..]);
                    names[length + name.Length] = 0;
                }

                length += name.Length + 1;
            }

            return new Result(length);
        }
    }

    private static bool IsLater(in timespec one, in timespec other) =>
        one.tv_sec > other.tv_sec || (one.tv_sec == other.tv_sec && one.tv_nsec > other.tv_nsec);
}
