using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>The regular host files that memory maps or may map: one object for each host inode, so that all
/// mappings share the frames that hold its pages. Lock: the <c>mapped files lock</c>, inside the mmap lock,
/// outside the frame lock.</summary>
internal sealed class HostMappedFiles
{
    private readonly Dictionary<(ulong Device, ulong Inode), HostMappedFile> _files = [];

    public Lock Lock { get; } = new();

    /// <summary>The object of the inode that <paramref name="hostFd"/> has open, for an open file, which releases it
    /// when it is closed; null where the host does not let it be opened once more.</summary>
    public HostMappedFile? Acquire(int hostFd)
    {
        if (HostPaths.Stat(hostFd, out stat status).Failed)
        {
            return null;
        }
        lock (Lock)
        {
            if (_files.TryGetValue((status.st_dev, status.st_ino), out HostMappedFile? found) && found.TryAcquire())
            {
                return found;
            }
            Result own = HostPaths.Reopen(hostFd, O_RDONLY | O_NONBLOCK);
            if (own.Failed)
            {
                return null;
            }
            HostMappedFile file = new(this, own.Int, status.st_dev, status.st_ino);
            _files[(status.st_dev, status.st_ino)] = file;
            return file;
        }
    }

    /// <summary>Forgets <paramref name="file"/>; the lock is held.</summary>
    public void Remove(HostMappedFile file)
    {
        if (_files.TryGetValue((file.Device, file.Inode), out HostMappedFile? found) && found == file)
        {
            _files.Remove((file.Device, file.Inode));
        }
    }
}

/// <summary>A regular host file as memory maps it. Kept by the open files that asked for it and, through its page
/// cache, by the mappings. Its own descriptor keeps the inode number from being used again meanwhile.</summary>
internal sealed unsafe class HostMappedFile(HostMappedFiles owner, int hostFd, ulong device, ulong inode) : MappedFile
{
    // Under the owner's lock.
    private int _openFiles = 1;

    public override ulong Size => HostPaths.Stat(hostFd, out stat status).Failed ? 0 : (ulong)status.st_size;

    public override ulong Device { get; } = device;

    public override ulong Inode { get; } = inode;

    public override string Path
    {
        get
        {
            Span<byte> path = stackalloc byte[PATH_MAX];
            Result length = HostPaths.PathOf(hostFd, path);
            return length.Failed ? "" : Encoding.UTF8.GetString(path[..length.Int]);
        }
    }

    /// <summary>One open file more, unless the last mapping is just going. The owner's lock is held.</summary>
    public bool TryAcquire()
    {
        if (_openFiles == 0 && !TryAcquirePages())
        {
            return false;
        }
        _openFiles++;
        return true;
    }

    /// <summary>An open file is closed.</summary>
    public void Release()
    {
        lock (owner.Lock)
        {
            if (--_openFiles == 0)
            {
                ReleasePages();
            }
        }
    }

    public override Result ReadAt(ulong offset, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            Result read;
            fixed (byte* start = destination[done..])
            {
                read = LibC.pread(hostFd, start, (nuint)(destination.Length - done), (long)offset + done);
            }
            if (read.Failed && read.Error != Errno.EINTR)
            {
                return done > 0 ? new Result(done) : read;
            }
            if (read.Raw == 0)
            {
                break;
            }
            done += Math.Max(0, read.Int);
        }
        return new Result(done);
    }

    protected internal override void Close()
    {
        lock (owner.Lock)
        {
            owner.Remove(this);
        }
        _ = LibC.close(hostFd);
    }
}
