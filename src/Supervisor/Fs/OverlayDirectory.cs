using System;
using System.Collections.Generic;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A directory of the lower tree, and what was changed in it: names that were added, and names that hide lower
/// ones. Attributes are the lower ones' until the first change.</summary>
internal sealed class OverlayDirectory : TmpfsDirectory
{
    private readonly OverlayFileSystem _overlay;
    private readonly HostInode _lower;
    private bool _isChanged;

    public OverlayDirectory(OverlayFileSystem overlay, HostInode lower)
        : base(overlay, overlay.Space, new NewNode(S_IFDIR, 0, 0))
    {
        _overlay = overlay;
        _lower = lower;
    }

    public override ulong Number => _lower.Number;

    public override Ownership Ownership => _isChanged ? base.Ownership : _lower.Ownership;

    public override Errno Stat(out stat status) => _isChanged ? base.Stat(out status) : _lower.Stat(out status);

    public override Errno Statx(uint flags, uint mask, out statx status) =>
        _isChanged ? base.Statx(flags, mask, out status) : _lower.Statx(flags, mask, out status);

    public override Errno SetAttributes(GuestTask task, in AttributeChange change)
    {
        Changing();
        return base.SetAttributes(task, change);
    }

    public override Result GetXattr(ReadOnlySpan<byte> name, Span<byte> value)
    {
        Result own = base.GetXattr(name, value);
        return own.Error == Errno.ENODATA && !_isChanged ? _lower.GetXattr(name, value) : own;
    }

    public override Errno SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        Changing();
        return base.SetXattr(name, value, flags);
    }

    public override Errno RemoveXattr(ReadOnlySpan<byte> name)
    {
        Changing();
        return base.RemoveXattr(name);
    }

    public override Result ListXattr(Span<byte> names) => _isChanged ? base.ListXattr(names) : _lower.ListXattr(names);

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        if (FindEntry(name, out Entry? entry))
        {
            inode = entry!.Inode;
            return inode is null ? Errno.ENOENT : Errno.None;
        }

        Errno error = _lower.Lookup(name, out inode);
        if (error == Errno.None)
        {
            inode = _overlay.Wrap((HostInode)inode!);
        }

        return error;
    }

    public override bool IsStill(ReadOnlySpan<byte> name, Inode? inode) =>
        FindEntry(name, out Entry? entry) ? entry!.Inode == inode
        : inode switch
        {
            null => _lower.IsStill(name, null),
            OverlayDirectory directory => directory._isChanged || _lower.IsStill(name, directory._lower),
            OverlayNode node => node.IsChanged || _lower.IsStill(name, node.Lower),
            _ => false,
        };

    public override Errno Rename(ReadOnlySpan<byte> name, Inode inode, Inode newDirectory, ReadOnlySpan<byte> newName, Inode? replaced, uint flags) =>
        (flags & RENAME_WHITEOUT) != 0 ? Errno.EINVAL : base.Rename(name, inode, newDirectory, newName, replaced, flags);

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        if (EntryCount == 0)
        {
            return _lower.Open(task, flags, out error);
        }

        error = Errno.None;
        return new MergedDirectory(this, flags);
    }

    /// <summary>All names that there are now.</summary>
    public Errno ReadNames(List<DirectoryEntry> names)
    {
        List<DirectoryEntry> lower = [];
        Errno error = _lower.ReadNames(lower);
        for (long position = 0; NextEntry(null!, position, out DirectoryEntry entry); position = entry.Next)
        {
            names.Add(entry);
        }

        foreach (DirectoryEntry entry in lower)
        {
            if (!FindEntry(entry.Name, out _))
            {
                names.Add(entry);
            }
        }

        return error;
    }

    protected override bool HasNoEntries()
    {
        List<DirectoryEntry> names = [];
        return ReadNames(names) == Errno.None && names.Count == 0;
    }

    /// <summary>A lower name is hidden.</summary>
    protected override void Take(ReadOnlySpan<byte> name)
    {
        bool isOwn = FindEntry(name, out Entry? entry) && entry!.Inode is not null;
        base.Take(name);
        if (_lower.Lookup(name, out Inode? lower) == Errno.None)
        {
            Put(name, null);
            if (!isOwn && lower!.IsDirectory)
            {
                lock (InodeLock)
                {
                    Status.st_nlink--;
                }
            }
        }
    }

    /// <summary>From now on attributes are our own.</summary>
    protected override void Changing()
    {
        if (_isChanged || _lower.Stat(out stat status) != Errno.None)
        {
            return;
        }

        Adopt(status);
        lock (InodeLock)
        {
            if (_isChanged)
            {
                return;
            }

            Status.st_dev = status.st_dev;
            Status.st_ino = status.st_ino;
            Status.st_nlink = status.st_nlink;
            Status.st_size = status.st_size;
            Status.st_blocks = status.st_blocks;
            _isChanged = true;
        }

        _overlay.Keep(_lower, this);
    }

    /// <summary>The directory open: names as they were when it was read from the start.</summary>
    private sealed class MergedDirectory(OverlayDirectory directory, int flags) : DirectoryFile(flags)
    {
        private const int FirstEntry = 2;

        private List<DirectoryEntry>? _names;

        protected override long Position { get; set; }

        protected override Result ReadEntries(GuestTask task, Span<byte> to)
        {
            if (Position == 0 || _names is null)
            {
                _names = [];
                Errno error = directory.ReadNames(_names);
                if (error != Errno.None)
                {
                    return new Result(-(long)error);
                }
            }

            int used = 0;
            while (Position - FirstEntry < _names.Count)
            {
                bool fits = Position switch
                {
                    0 => Append(to, ref used, directory.Number, 1, S_IFDIR, "."u8),
                    1 => Append(to, ref used, (Place.Dentry?.Parent?.Inode ?? directory).Number, FirstEntry, S_IFDIR, ".."u8),
                    _ => AppendName(to, ref used, _names[(int)Position - FirstEntry]),
                };
                if (!fits)
                {
                    return used == 0 ? new Result(-(long)Errno.EINVAL) : new Result(used);
                }

                Position++;
            }

            return new Result(used);
        }

        private bool AppendName(Span<byte> to, ref int used, in DirectoryEntry entry) =>
            Append(to, ref used, entry.Number, Position + 1, entry.Type, entry.Name);
    }
}
