using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Native;

namespace UmlHost.Fs;

/// <summary>A name in a directory, as last looked up (Linux's dentry): of an inode, or negative, known not to be
/// there. Only a cache: a file system finds everything again without it, but as long as somebody holds a place
/// (<see cref="Pin"/>) or it has children it stays, so that a place has one dentry.
/// <para>Names change under the file system's <c>tree lock</c>. The table of children has a lock of its own, the
/// <c>dentry lock</c>, a leaf, so that a name that is cached is found without the tree lock.</para></summary>
internal sealed class Dentry
{
    /// <summary>How many dentries may be cached before all that nobody holds are dropped.</summary>
    private const int MostCached = 100_000;

    /// <summary>For this long, in milliseconds, a name of a tree that others change is believed.</summary>
    private const long Trust = 1000;

    private static int s_cached;

    private readonly Lock _dentryLock = new();
    private Dictionary<byte[], Dentry>? _children;
    private Dictionary<byte[], Dentry>.AlternateLookup<ReadOnlySpan<byte>> _byName;
    private Inode? _inode;
    private Dentry? _parent;
    private long _checked;
    private int _pins;
    private int _mounts;

    private Dentry(Dentry? parent, byte[] name, Inode? inode, FileSystem fileSystem)
    {
        _parent = parent;
        Name = name;
        _inode = inode;
        FileSystem = fileSystem;
        _checked = Environment.TickCount64;
    }

    public FileSystem FileSystem { get; }

    /// <summary>Without slashes; empty for a root. Tree lock to change.</summary>
    public byte[] Name { get; private set; }

    /// <summary>Null for a root. Tree lock to change.</summary>
    public Dentry? Parent => Volatile.Read(ref _parent);

    /// <summary>Null for a negative entry.</summary>
    public Inode? Inode => Volatile.Read(ref _inode);

    /// <summary>The name is gone (unlinked, or a file that never had one): nothing can be made in it.</summary>
    public bool IsRemoved { get; private set; }

    public bool IsMountPoint => Volatile.Read(ref _mounts) > 0;

    public static Dentry NewRoot(Inode inode) => new(null, [], inode, inode.FileSystem);

    /// <summary>For a file without a name in any directory (O_TMPFILE, memfd): <paramref name="name"/> is what /proc
    /// shows.</summary>
    public static Dentry NewNameless(Dentry? parent, byte[] name, Inode inode) => new(parent, name, inode, inode.FileSystem) { IsRemoved = true };

    public void Pin() => Interlocked.Increment(ref _pins);

    public void Unpin() => Interlocked.Decrement(ref _pins);

    public void AddMount() => Interlocked.Increment(ref _mounts);

    public void RemoveMount() => Interlocked.Decrement(ref _mounts);

    /// <summary>Finds a name in this directory, in the cache or in the file system. The caller has checked that it
    /// is a directory and may be searched.</summary>
    /// <returns>A dentry, perhaps negative; or an error other than ENOENT.</returns>
    public Errno Lookup(ReadOnlySpan<byte> name, out Dentry child)
    {
        Dentry? found = FindCached(name);
        if (found is not null && (!FileSystem.ChangesOutside || found.IsTrusted))
        {
            child = found;
            return Errno.None;
        }

        lock (FileSystem.TreeLock)
        {
            return LookupLocked(name, out child);
        }
    }

    /// <summary>As <see cref="Lookup"/>, with the tree lock held: the answer stays true until it is let go.</summary>
    public Errno LookupLocked(ReadOnlySpan<byte> name, out Dentry child)
    {
        Dentry? found = FindCached(name);
        if (found is not null && FileSystem.ChangesOutside && !found.IsTrusted && !found.Recheck())
        {
            found = null;
        }

        if (found is not null)
        {
            child = found;
            return Errno.None;
        }

        if (name.Length > Linux.NAME_MAX)
        {
            child = this;
            return Errno.ENAMETOOLONG;
        }

        Inode? inode = null;
        Errno error = IsRemoved || Inode is not { } directory ? Errno.ENOENT : directory.Lookup(name, out inode);
        if (error is not (Errno.None or Errno.ENOENT) || (error == Errno.ENOENT && FileSystem.HasFixedNames))
        {
            child = this;
            return error;
        }

        child = new Dentry(this, name.ToArray(), inode, FileSystem) { IsRemoved = IsRemoved };
        if (!IsRemoved && (inode is null ? FileSystem.CachesAbsence : FileSystem.CachesNames))
        {
            Enter(child);
        }

        return Errno.None;
    }

    /// <summary>A negative dentry becomes that of a new file. Tree lock.</summary>
    public void Instantiate(Inode inode)
    {
        _checked = Environment.TickCount64;
        Volatile.Write(ref _inode, inode);
        Dentry parent = Parent!;
        if (!IsRemoved && !FileSystem.CachesAbsence && parent.FindCached(Name) is null)
        {
            parent.Enter(this);
        }
    }

    /// <summary>The name is gone. Whoever has the file open still sees it. Tree lock.</summary>
    public void Remove()
    {
        IsRemoved = true;
        Parent?.Forget(this);
    }

    /// <summary>Gets another name; an entry that had it is gone. Tree lock.</summary>
    public void Move(Dentry parent, Dentry target)
    {
        byte[] name = target.Name;
        Parent!.Forget(this);
        target.Remove();
        Name = name;
        Volatile.Write(ref _parent, parent);
        _checked = Environment.TickCount64;
        parent.Enter(this);
    }

    /// <summary>Two entries change places (RENAME_EXCHANGE). Tree lock.</summary>
    public void Exchange(Dentry other)
    {
        Dentry parent = Parent!, otherParent = other.Parent!;
        parent.Forget(this);
        otherParent.Forget(other);
        (Name, other.Name) = (other.Name, Name);
        Volatile.Write(ref _parent, otherParent);
        Volatile.Write(ref other._parent, parent);
        otherParent.Enter(this);
        parent.Enter(other);
    }

    /// <summary>Whether this is <paramref name="other"/> or below it. Tree lock.</summary>
    public bool IsWithin(Dentry other)
    {
        for (Dentry? at = this; at is not null; at = at.Parent)
        {
            if (at == other)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsTrusted => Environment.TickCount64 - Volatile.Read(ref _checked) < Trust;

    private Dentry? FindCached(ReadOnlySpan<byte> name)
    {
        lock (_dentryLock)
        {
            return _children is not null && _byName.TryGetValue(name, out Dentry? found) ? found : null;
        }
    }

    /// <summary>Asks the file system whether the name still means the same; what does not is forgotten, unless
    /// something is mounted there.</summary>
    private bool Recheck()
    {
        if (Parent!.Inode is { } directory && directory.IsStill(Name, Inode))
        {
            Volatile.Write(ref _checked, Environment.TickCount64);
            return true;
        }

        if (HasMountsBelow())
        {
            return true;
        }

        Parent.Forget(this);
        return false;
    }

    private bool HasMountsBelow()
    {
        if (IsMountPoint)
        {
            return true;
        }

        lock (_dentryLock)
        {
            if (_children is not null)
            {
                foreach (Dentry child in _children.Values)
                {
                    if (child.HasMountsBelow())
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    private void Enter(Dentry child)
    {
        if (Interlocked.Increment(ref s_cached) > MostCached)
        {
            FileSystem.Root.Prune(child, this);
        }

        lock (_dentryLock)
        {
            if (_children is null)
            {
                _children = new Dictionary<byte[], Dentry>(NameComparer.Instance);
                _byName = _children.GetAlternateLookup<ReadOnlySpan<byte>>();
            }

            _children[child.Name] = child;
        }
    }

    private void Forget(Dentry child)
    {
        lock (_dentryLock)
        {
            if (_children is not null && _children.TryGetValue(child.Name, out Dentry? found) && found == child)
            {
                _children.Remove(child.Name);
                Interlocked.Decrement(ref s_cached);
            }
        }
    }

    /// <summary>Drops the names below this one that nobody holds. Tree lock.</summary>
    private void Prune(Dentry keep, Dentry keepParent)
    {
        lock (_dentryLock)
        {
            if (_children is null)
            {
                return;
            }

            foreach (Dentry child in _children.Values)
            {
                child.Prune(keep, keepParent);
                if (child != keep && child != keepParent && Volatile.Read(ref child._pins) == 0 && !child.IsMountPoint && child._children is not { Count: > 0 })
                {
                    // Removal while enumerating is allowed.
                    _children.Remove(child.Name);
                    Interlocked.Decrement(ref s_cached);
                }
            }
        }
    }
}

/// <summary>Names by their bytes, found by a span without making an array.</summary>
internal sealed class NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static NameComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(byte[] obj) => GetHashCode((ReadOnlySpan<byte>)obj);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        HashCode hash = default;
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
