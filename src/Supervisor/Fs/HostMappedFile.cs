using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>The regular host files that memory maps or may map: one object for each host inode, so that all
/// mappings share the frames that hold its pages. Those closed last keep their pages for the next opening, unless the
/// file has changed by then: a program that is run again is not read again. Lock: the <c>mapped files lock</c>,
/// inside the mmap lock, outside the frame lock.</summary>
internal sealed class HostMappedFiles
{
    /// <summary>Each keeps a descriptor.</summary>
    private const int MostIdleFiles = 256;

    private readonly Dictionary<(ulong Device, ulong Inode), HostMappedFile> _files = [];
    private readonly LinkedList<HostMappedFile> _idle = new();
    private long _idlePages;

    public Lock Lock { get; } = new();

    /// <summary>How many pages of files that nobody has open are kept.</summary>
    public long MostIdlePages { get; set; } = 64 * 1024;

    /// <summary>The object of the inode that <paramref name="hostFd"/> has open, for an open file, which releases it
    /// when it is closed; null where the host does not let it be opened once more.</summary>
    /// <param name="writable">Shared mappings may be written, and what they write goes to the host.</param>
    public HostMappedFile? Acquire(int hostFd, bool writable = false)
    {
        if (HostPaths.Stat(hostFd, out stat status).Failed)
        {
            return null;
        }
        lock (Lock)
        {
            if (_files.TryGetValue((status.st_dev, status.st_ino), out HostMappedFile? found))
            {
                if (Revive(found, status) || found.TryAcquire())
                {
                    found.Open(hostFd, writable);
                    return found;
                }
            }
            Result own = HostPaths.Reopen(hostFd, O_RDONLY | O_NONBLOCK);
            if (own.Failed)
            {
                return null;
            }
            HostMappedFile file = new(this, own.Int, status);
            file.Open(hostFd, writable);
            _files[(status.st_dev, status.st_ino)] = file;
            return file;
        }
    }

    /// <summary>The last open file of <paramref name="file"/> is closed: it stays for a while. The lock is held.</summary>
    public void Idle(HostMappedFile file)
    {
        file.IdlePages = file.CachedPages;
        _idlePages += file.IdlePages;
        _idle.AddLast(file.IdleNode);
        while (_idle.First is { } oldest && (_idle.Count > MostIdleFiles || _idlePages > MostIdlePages))
        {
            TakeOut(oldest.Value);
            oldest.Value.Drop();
        }
    }

    /// <summary>Takes back an idle file, if that is what it is and it is as it was.</summary>
    private bool Revive(HostMappedFile file, in stat status)
    {
        if (file.IdleNode.List is null)
        {
            return false;
        }

        TakeOut(file);
        if (file.TryRevive(status))
        {
            return true;
        }

        file.Drop();
        return false;
    }

    /// <summary>Gives up all files that nobody has open.</summary>
    public void DropIdle()
    {
        lock (Lock)
        {
            while (_idle.First is { } oldest)
            {
                TakeOut(oldest.Value);
                oldest.Value.Drop();
            }
        }
    }

    private void TakeOut(HostMappedFile file)
    {
        _idle.Remove(file.IdleNode);
        _idlePages -= file.IdlePages;
    }

    /// <summary>Writes to the host what guests have written to mapped pages.</summary>
    public void WriteBackAll()
    {
        List<PageCache> all = [];
        lock (Lock)
        {
            foreach (HostMappedFile file in _files.Values)
            {
                if (file is { TracksWrites: true, CurrentPages: { } pages } && pages.TryAddReference())
                {
                    all.Add(pages);
                }
            }
        }
        foreach (PageCache pages in all)
        {
            _ = pages.WriteBack(0, ulong.MaxValue);
            pages.Release();
        }
    }

    /// <summary>The pages of a file that are in memory now; null where there are none. For writes and truncations by system
    /// calls.</summary>
    public PageCache? Find(ulong device, ulong inode)
    {
        lock (Lock)
        {
            return _files.TryGetValue((device, inode), out HostMappedFile? file) ? file.CurrentPages : null;
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
internal sealed unsafe class HostMappedFile : MappedFile
{
    private readonly HostMappedFiles _owner;
    private readonly int _hostFd;
    private readonly long _size;
    private readonly timespec _modified, _changed;

    // A descriptor for writing; -1 where nobody maps it writable.
    private int _writeFd = -1;

    // Under the owner's lock. An idle file counts as open once.
    private int _openFiles = 1;

    /// <param name="hostFd">Its own, taken over.</param>
    public HostMappedFile(HostMappedFiles owner, int hostFd, in stat status)
    {
        _owner = owner;
        _hostFd = hostFd;
        _size = status.st_size;
        _modified = status.st_mtim;
        _changed = status.st_ctim;
        Device = status.st_dev;
        Inode = status.st_ino;
        IdleNode = new LinkedListNode<HostMappedFile>(this);
    }

    /// <summary>Its place among the idle files; in no list while it is open.</summary>
    public LinkedListNode<HostMappedFile> IdleNode { get; }

    /// <summary>What it counts among the idle files.</summary>
    public long IdlePages { get; set; }

    public override ulong Size => HostPaths.Stat(_hostFd, out stat status).Failed ? 0 : (ulong)status.st_size;

    public override ulong Device { get; }

    public override ulong Inode { get; }

    public override bool CanReread => true;

    public override string Path
    {
        get
        {
            Span<byte> path = stackalloc byte[PATH_MAX];
            Result length = HostPaths.PathOf(_hostFd, path);
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

    /// <summary>An idle file is opened again. The owner's lock is held.</summary>
    /// <returns>False if the host's file is not what was read of it.</returns>
    public bool TryRevive(in stat status) =>
        status.st_size == _size && IsSame(status.st_mtim, _modified) && IsSame(status.st_ctim, _changed);

    private static bool IsSame(in timespec one, in timespec other) => one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;

    public override bool TracksWrites => Volatile.Read(ref _writeFd) >= 0;

    /// <summary>Makes it writable, where that is asked for. The owner's lock is held.</summary>
    public void Open(int hostFd, bool writable)
    {
        if (writable && _writeFd < 0 && HostPaths.Reopen(hostFd, O_WRONLY | O_NONBLOCK) is { Failed: false } own)
        {
            Volatile.Write(ref _writeFd, own.Int);
        }
    }

    public override Result WriteAt(ulong offset, ReadOnlySpan<byte> source)
    {
        fixed (byte* start = source)
        {
            return LibC.pwrite(_writeFd, start, (nuint)source.Length, (long)offset);
        }
    }

    /// <summary>An open file is closed.</summary>
    public void Release()
    {
        lock (_owner.Lock)
        {
            if (_openFiles == 1)
            {
                _owner.Idle(this);
            }
            else
            {
                _openFiles--;
            }
        }
    }

    /// <summary>Gives up the idle file's pages, but for those that are mapped. The owner's lock is held.</summary>
    public void Drop()
    {
        _openFiles--;
        ReleasePages();
    }

    public override Result ReadAt(ulong offset, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            Result read;
            fixed (byte* start = destination[done..])
            {
                read = LibC.pread(_hostFd, start, (nuint)(destination.Length - done), (long)offset + done);
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
        lock (_owner.Lock)
        {
            _owner.Remove(this);
        }
        _ = LibC.close(_hostFd);
        if (_writeFd >= 0)
        {
            _ = LibC.close(_writeFd);
        }
    }
}
