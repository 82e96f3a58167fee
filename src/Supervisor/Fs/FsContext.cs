using System;
using System.Threading;


using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Where a process's paths start (Linux's fs_struct): working directory, umask, and the files it sees.
/// Shared by tasks with CLONE_FS. The working directory changes under the <c>fs lock</c>, a leaf.</summary>
/// <param name="workingDirectory">A directory, its reference taken over.</param>
internal sealed class FsContext(FileSystem fileSystem, OpenFile workingDirectory, uint umask)
{
    private readonly Lock _lock = new();
    private OpenFile _workingDirectory = workingDirectory;
    private uint _umask = umask;
    private int _users = 1;

    public FileSystem FileSystem { get; } = fileSystem;

    public uint Umask => Volatile.Read(ref _umask);

    /// <summary>umask: sets the permission bits, returns the ones before.</summary>
    public uint ExchangeUmask(uint umask) => Interlocked.Exchange(ref _umask, umask & 0x1ff);

    public FileReference WorkingDirectory
    {
        get
        {
            lock (_lock)
            {
                return new FileReference(_workingDirectory.Acquire());
            }
        }
    }

    /// <summary>chdir's end: takes over the reference to <paramref name="directory"/>.</summary>
    public void SetWorkingDirectory(OpenFile directory)
    {
        OpenFile old;
        lock (_lock)
        {
            old = _workingDirectory;
            _workingDirectory = directory;
        }
        old.Release();
    }

    /// <summary>Where <paramref name="path"/> starts for a call with a directory descriptor: no file means EBADF.
    /// An absolute path does not look at the descriptor.</summary>
    public FileReference Start(FdTable files, int directory, ReadOnlySpan<byte> path) =>
        directory == AT_FDCWD || (!path.IsEmpty && path[0] == (byte)'/') ? WorkingDirectory : files.Get(directory);

    /// <summary>A copy, as fork makes it.</summary>
    public FsContext Fork()
    {
        using FileReference directory = WorkingDirectory;
        return new FsContext(FileSystem, directory.File!.Acquire(), Umask);
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
            _workingDirectory.Release();
        }
    }
}
