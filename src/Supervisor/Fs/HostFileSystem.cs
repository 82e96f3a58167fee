using System;
using System.Collections.Generic;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A directory tree of the host (or a single file) as a file system. Every name is opened by itself, relative to
/// its directory's descriptor and without following links, so neither <c>..</c> nor a symbolic link nor a rename on
/// the host leads out. Devices of the host are never opened (a guest's device with the same number is), its FIFOs and
/// sockets neither (ENXIO); of a host procfs only the mount point is there.
/// <para>What the host changes: sizes, times and content are always asked for; a name or the absence of one is believed
/// for a second.</para></summary>
internal sealed unsafe class HostFileSystem : FileSystem
{
    // Files with several names, so that each of them finds the same inode. Tree lock.
    private readonly Dictionary<(ulong Device, ulong Number), WeakReference<HostInode>> _linked = [];

    // Whether a device (st_dev) is a procfs.
    private readonly Dictionary<ulong, bool> _devices = [];

    private HostFileSystem(byte[] source, bool isWritable)
    {
        SourcePath = source;
        IsWritable = isWritable;
    }

    public override string Type => "hostfs";

    public override string Source => System.Text.Encoding.UTF8.GetString(SourcePath);

    public byte[] SourcePath { get; }

    public bool IsWritable { get; }

    public override ulong Device => RootInode?.Device ?? 0;

    public override bool ChangesOutside => true;

    /// <summary>The page caches of host files: of all host trees together.</summary>
    public static HostMappedFiles MappedFiles { get; } = new();

    /// <summary>For inodes in no tree.</summary>
    public static HostFileSystem Nowhere { get; } = new([], isWritable: true);

    public HostInode? RootInode { get; private set; }

    /// <summary>The tree below <paramref name="path"/>, a path of the supervisor's own; null and an error.</summary>
    public static HostFileSystem? Create(ReadOnlySpan<byte> path, bool isWritable, out Errno error)
    {
        Result fd = HostPaths.OpenRoot(path);
        error = fd.Error;
        if (fd.Failed || HostPaths.Stat(fd.Int, out stat status).Failed)
        {
            return null;
        }

        HostFileSystem fileSystem = new(path.ToArray(), isWritable);
        fileSystem.RootInode = new HostInode(fileSystem, null, [], fd.Int, status, fileSystem.IsProc(fd.Int, status.st_dev));
        fileSystem.SetRoot(fileSystem.RootInode);
        return fileSystem;
    }

    /// <summary>An inode in no tree, for what the supervisor inherited open.</summary>
    /// <param name="fd">Copied.</param>
    public static HostInode? Loose(int fd)
    {
        Result own = LibC.fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (own.Failed || HostPaths.Stat(own.Int, out stat status).Failed)
        {
            return null;
        }

        return new HostInode(Nowhere, null, [], own.Int, status, isProc: false);
    }

    public override Errno StatFs(Inode inode, out statfs status)
    {
        status = default;
        using HostInode.Use use = ((HostInode)inode).Open(out Errno error);
        if (error == Errno.None)
        {
            fixed (statfs* at = &status)
            {
                error = LibC.fstatfs(use.Fd, at).Error;
            }
        }

        return error;
    }

    public override Errno Sync()
    {
        if (!IsWritable || RootInode is null)
        {
            return Errno.None;
        }

        MappedFiles.WriteBackAll();
        using HostInode.Use use = RootInode.Open(out Errno error);
        Result root = error == Errno.None ? HostPaths.Reopen(use.Fd, O_RDONLY | O_NONBLOCK) : new Result(-(long)error);
        if (root.Failed)
        {
            return root.Error;
        }

        error = LibC.syncfs(root.Int).Error;
        _ = LibC.close(root.Int);
        return error;
    }

    /// <summary>The inode of an O_PATH descriptor, which it takes over.</summary>
    public HostInode Adopt(HostInode parent, ReadOnlySpan<byte> name, int fd, in stat status)
    {
        bool isLinked = status.st_nlink > 1 && !S_ISDIR(status.st_mode);
        (ulong, ulong) key = (status.st_dev, status.st_ino);
        if (isLinked && _linked.TryGetValue(key, out WeakReference<HostInode>? reference) && reference.TryGetTarget(out HostInode? found) && found.Type == (status.st_mode & S_IFMT))
        {
            _ = LibC.close(fd);
            found.Learn(status);
            return found;
        }

        HostInode inode = new(this, parent, name.ToArray(), fd, status, S_ISDIR(status.st_mode) && IsProc(fd, status.st_dev));
        if (isLinked)
        {
            _linked[key] = new WeakReference<HostInode>(inode);
        }

        HostDescriptors.Add(inode);
        return inode;
    }

    /// <summary>A file that has got one more name. Tree lock.</summary>
    public void AddLinked(HostInode inode) => _linked[(inode.Device, inode.Number)] = new WeakReference<HostInode>(inode);

    private bool IsProc(int fd, ulong device)
    {
        // File systems without a device have major number 0: for the others one look at it is enough.
        if (major(device) != 0)
        {
            return false;
        }

        lock (_devices)
        {
            if (!_devices.TryGetValue(device, out bool isProc))
            {
                statfs fileSystem;
                isProc = !LibC.fstatfs(fd, &fileSystem).Failed && fileSystem.f_type == PROC_SUPER_MAGIC;
                _devices.Add(device, isProc);
            }

            return isProc;
        }
    }
}
