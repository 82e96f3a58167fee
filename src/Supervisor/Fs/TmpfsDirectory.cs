using System;
using System.Collections.Generic;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A directory in memory. Its entries have ever growing positions, so that getdents is not disturbed by what
/// comes and goes. The table is under the tree lock to change and, with the <c>inode lock</c> inside it, to read.
/// </summary>
internal class TmpfsDirectory : TmpfsInode
{
    /// <summary>What a name costs in st_size (BOGO_DIRENT_SIZE).</summary>
    private const int EntrySize = 20;

    private readonly Dictionary<byte[], Entry> _entries = new(NameComparer.Instance);
    private readonly Dictionary<byte[], Entry>.AlternateLookup<ReadOnlySpan<byte>> _byName;

    // In order of position; entries that are gone stay until there are many.
    private readonly List<Entry> _order = [];
    private long _lastPosition;
    private int _gone;

    public TmpfsDirectory(FileSystem fileSystem, TmpfsSpace space, in NewNode node)
        : base(fileSystem, space, node)
    {
        _byName = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
        Status.st_nlink = 2;
        Status.st_size = 2 * EntrySize;
    }

    /// <summary>Names in the table, what hides lower names (an overlay's) included.</summary>
    protected int EntryCount => _entries.Count;

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = FindEntry(name, out Entry? entry) ? entry!.Inode : null;
        return inode is null ? Errno.ENOENT : Errno.None;
    }

    public override Errno Create(ReadOnlySpan<byte> name, in NewNode node, out Inode? inode)
    {
        inode = NewInode(FileSystem, Space, node);
        Put(name, inode);
        return Errno.None;
    }

    public override Errno CreateNameless(in NewNode node, out Inode? inode)
    {
        TmpfsInode made = NewInode(FileSystem, Space, node);
        made.AddLinks(-1);
        inode = made;
        return Errno.None;
    }

    public override Errno Link(ReadOnlySpan<byte> name, Inode inode)
    {
        inode.AddLinks(1);
        Put(name, inode);
        return Errno.None;
    }

    public override Errno Unlink(ReadOnlySpan<byte> name, Inode inode)
    {
        if (inode.IsDirectory && !IsEmpty(inode))
        {
            return Errno.ENOTEMPTY;
        }

        Take(name);
        inode.AddLinks(inode.IsDirectory ? -2 : -1);
        return Errno.None;
    }

    public override Errno Rename(ReadOnlySpan<byte> name, Inode inode, Inode newDirectory, ReadOnlySpan<byte> newName, Inode? replaced, uint flags)
    {
        if (newDirectory is not TmpfsDirectory to)
        {
            return Errno.EXDEV;
        }

        if ((flags & RENAME_EXCHANGE) != 0)
        {
            Take(name);
            to.Take(newName);
            Put(name, replaced!);
            to.Put(newName, inode);
            inode.AddLinks(0);
            replaced!.AddLinks(0);
            return Errno.None;
        }

        if (replaced is not null)
        {
            Errno error = to.Unlink(newName, replaced);
            if (error != Errno.None)
            {
                return error;
            }
        }

        Take(name);
        to.Put(newName, inode);
        inode.AddLinks(0);
        if ((flags & RENAME_WHITEOUT) != 0)
        {
            Put(name, NewInode(FileSystem, Space, new NewNode(S_IFCHR, 0, 0)));
        }

        return Errno.None;
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        lock (InodeLock)
        {
            int low = 0, high = _order.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_order[middle].Position < position)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            while (low < _order.Count && _order[low].Inode is null)
            {
                low++;
            }

            if (low == _order.Count)
            {
                entry = default;
                return false;
            }

            Entry found = _order[low];
            entry = new DirectoryEntry(found.Name, found.Inode!.Number, found.Inode.Type, found.Position + 1);
            return true;
        }
    }

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = Errno.None;
        return new InodeDirectory(flags);
    }

    public static TmpfsInode NewInode(FileSystem fileSystem, TmpfsSpace space, in NewNode node) => (node.Mode & S_IFMT) switch
    {
        S_IFDIR => new TmpfsDirectory(fileSystem, space, node),
        S_IFREG => new TmpfsRegular(fileSystem, space, node),
        _ => new TmpfsInode(fileSystem, space, node),
    };

    /// <summary>Whether a directory has no entries. Tree lock.</summary>
    protected virtual bool IsEmpty(Inode directory) =>
        directory is not TmpfsDirectory other || other.HasNoEntries();

    protected virtual bool HasNoEntries() => !NextEntry(null!, 0, out _);

    /// <summary>Names or attributes are about to change.</summary>
    protected virtual void Changing()
    {
    }

    /// <summary>Enters a name; one that hid a lower name is replaced. A null inode hides one.</summary>
    protected void Put(ReadOnlySpan<byte> name, Inode? inode)
    {
        Changing();
        lock (InodeLock)
        {
            if (_byName.TryGetValue(name, out Entry? old))
            {
                Gone(old);
            }

            Entry entry = new(name.ToArray(), inode, _lastPosition++);
            _entries[entry.Name] = entry;
            _order.Add(entry);
            if (inode is not null)
            {
                Status.st_size += EntrySize;
                Status.st_nlink += inode.IsDirectory ? 1u : 0;
            }

            Status.st_mtim = Status.st_ctim = Attributes.Now;
        }
    }

    /// <summary>Takes a name out.</summary>
    protected virtual void Take(ReadOnlySpan<byte> name)
    {
        Changing();
        lock (InodeLock)
        {
            if (_byName.TryGetValue(name, out Entry? entry))
            {
                _entries.Remove(entry.Name);
                Gone(entry);
            }

            Status.st_mtim = Status.st_ctim = Attributes.Now;
        }
    }

    protected bool FindEntry(ReadOnlySpan<byte> name, out Entry? entry)
    {
        lock (InodeLock)
        {
            return _byName.TryGetValue(name, out entry);
        }
    }

    private void Gone(Entry entry)
    {
        if (entry.Inode is { } inode)
        {
            Status.st_size -= EntrySize;
            Status.st_nlink -= inode.IsDirectory ? 1u : 0;
            entry.Inode = null;
        }

        if (++_gone > 16 && _gone > _order.Count / 2)
        {
            _order.RemoveAll(static entry => entry.Inode is null);
            _gone = 0;
        }
    }

    protected sealed class Entry(byte[] name, Inode? inode, long position)
    {
        public byte[] Name => name;

        /// <summary>Null: gone, or, in the table, a name that is hidden.</summary>
        public Inode? Inode { get; set; } = inode;

        public long Position => position;
    }
}
