using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Native;

namespace UmlHost.Fs;

[Flags]
internal enum MountFlags
{
    None = 0,
    ReadOnly = 1 << 0,
    NoSuid = 1 << 1,
    NoDev = 1 << 2,
    NoExec = 1 << 3,
}

/// <summary>A file system at a place in the tree (Linux's struct mount). Never changes after it was attached.</summary>
internal sealed class Mount(int id, FileSystem fileSystem, Dentry root, MountFlags flags)
{
    public int Id => id;

    public FileSystem FileSystem => fileSystem;

    /// <summary>What of the file system is to be seen at the mount point.</summary>
    public Dentry Root => root;

    public MountFlags Flags => flags;

    public bool IsReadOnly => (flags & MountFlags.ReadOnly) != 0;

    /// <summary>Where it is mounted; none for the root of all.</summary>
    public VfsPath Point { get; internal set; }
}

/// <summary>The mounts of one run (Linux's mnt_namespace). Lock: <c>mount lock</c>, a leaf; only places where something
/// is mounted are looked up.</summary>
internal sealed class MountTable
{
    private readonly Lock _mountLock = new();
    private readonly Dictionary<VfsPath, Mount> _byPoint = [];
    private readonly List<Mount> _all = [];
    private int _lastId = 20;

    /// <param name="root">The root of all.</param>
    public MountTable(FileSystem root, MountFlags flags = MountFlags.None)
    {
        Root = new Mount(++_lastId, root, root.Root, flags);
        _all.Add(Root);
    }

    public Mount Root { get; }

    /// <summary>The mounts, the root first, in the order in which they were made.</summary>
    public Mount[] All
    {
        get
        {
            lock (_mountLock)
            {
                return [.. _all];
            }
        }
    }

    /// <summary>Mounts <paramref name="root"/>, of <paramref name="fileSystem"/>, over <paramref name="point"/>.</summary>
    public Mount Attach(in VfsPath point, FileSystem fileSystem, Dentry root, MountFlags flags)
    {
        lock (_mountLock)
        {
            Mount mount = new(++_lastId, fileSystem, root, flags) { Point = point.Pin() };
            _byPoint[point] = mount;
            _all.Add(mount);
            point.Dentry.AddMount();
            return mount;
        }
    }

    /// <summary>From a place to what is mounted there, also several over each other; the place itself where nothing
    /// is.</summary>
    public VfsPath Cross(VfsPath place)
    {
        while (place.Dentry.IsMountPoint)
        {
            lock (_mountLock)
            {
                if (!_byPoint.TryGetValue(place, out Mount? mount))
                {
                    return place;
                }

                place = new VfsPath(mount, mount.Root);
            }
        }

        return place;
    }

    public Errno SyncAll()
    {
        Errno first = Errno.None;
        foreach (Mount mount in All)
        {
            Errno error = mount.FileSystem.Sync();
            first = first == Errno.None ? error : first;
        }

        return first;
    }
}
