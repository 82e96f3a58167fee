using System.Threading;

namespace UmlHost.Fs;

/// <summary>Where a process's paths start (Linux's fs_struct): root, working directory, umask, and the mounts it sees.
/// Shared by tasks with CLONE_FS. Root and working directory change under the <c>fs lock</c>, a leaf.</summary>
internal sealed class FsContext
{
    private readonly Lock _lock = new();
    private VfsPath _root;
    private VfsPath _workingDirectory;
    private uint _umask;
    private int _users = 1;

    public FsContext(MountTable mounts, in VfsPath root, in VfsPath workingDirectory, uint umask)
    {
        Mounts = mounts;
        _root = root.Pin();
        _workingDirectory = workingDirectory.Pin();
        _umask = umask;
    }

    public MountTable Mounts { get; }

    public uint Umask => Volatile.Read(ref _umask);

    /// <summary>umask: sets the permission bits, returns the ones before.</summary>
    public uint ExchangeUmask(uint umask) => Interlocked.Exchange(ref _umask, umask & 0x1ff);

    public VfsPath Root
    {
        get
        {
            lock (_lock)
            {
                return _root;
            }
        }

        set
        {
            VfsPath old;
            lock (_lock)
            {
                old = _root;
                _root = value.Pin();
            }

            old.Unpin();
        }
    }

    public VfsPath WorkingDirectory
    {
        get
        {
            lock (_lock)
            {
                return _workingDirectory;
            }
        }

        set
        {
            VfsPath old;
            lock (_lock)
            {
                old = _workingDirectory;
                _workingDirectory = value.Pin();
            }

            old.Unpin();
        }
    }

    /// <summary>A tree of nothing but the host's files, read-only, with the supervisor's own working directory and umask.
    /// </summary>
    public static FsContext OfHost()
    {
        HostFileSystem host = HostFileSystem.Create("/"u8, isWritable: false, out _)!;
        MountTable mounts = new(host, MountFlags.ReadOnly);
        VfsPath root = new(mounts.Root, host.Root);
        return new FsContext(mounts, root, root, HostPaths.Umask());
    }

    /// <summary>A copy, as fork makes it.</summary>
    public FsContext Fork()
    {
        lock (_lock)
        {
            return new FsContext(Mounts, _root, _workingDirectory, Umask);
        }
    }

    /// <summary>One user more (CLONE_FS).</summary>
    public FsContext Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    public bool IsShared => Volatile.Read(ref _users) > 1;

    /// <summary>A user is gone.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _root.Unpin();
            _workingDirectory.Unpin();
        }
    }
}
