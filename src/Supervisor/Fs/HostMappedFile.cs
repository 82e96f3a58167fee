using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;

using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A regular host file as memory maps it: one object for each host inode, so that all mappings share
/// the frames that hold its pages. Its own descriptor keeps the inode from being reused while the object
/// lives. It lives as long as something refers to it (open files, VMAs, the page cache); the last reference
/// is the garbage collector's to find, because VMAs are split and dropped in too many places to count.</summary>
internal sealed unsafe class HostMappedFile : MappedFile
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<(ulong Device, ulong Inode), WeakReference<HostMappedFile>> s_files = [];

    private readonly int _hostFd;

    private HostMappedFile(int hostFd, ulong device, ulong inode)
    {
        _hostFd = hostFd;
        Device = device;
        Inode = inode;
    }

    ~HostMappedFile()
    {
        lock (s_lock)
        {
            if (s_files.TryGetValue((Device, Inode), out WeakReference<HostMappedFile>? entry) && !entry.TryGetTarget(out _))
            {
                s_files.Remove((Device, Inode));
            }
        }
        _ = LibC.close(_hostFd);
    }

    public override ulong Size => HostPaths.Stat(_hostFd, out stat status).Failed ? 0 : (ulong)status.st_size;

    public override ulong Device { get; }

    public override ulong Inode { get; }

    public override string Path
    {
        get
        {
            Span<byte> path = stackalloc byte[PATH_MAX];
            Result length = HostPaths.PathOf(_hostFd, path);
            return length.Failed ? "" : Encoding.UTF8.GetString(path[..length.Int]);
        }
    }

    /// <summary>The object of the inode that <paramref name="hostFd"/> has open for reading; null where the host
    /// has no descriptor left for it, or the file is not open for reading.</summary>
    public static HostMappedFile? Of(int hostFd)
    {
        if (HostPaths.Stat(hostFd, out stat status).Failed)
        {
            return null;
        }
        (ulong, ulong) key = (status.st_dev, status.st_ino);
        lock (s_lock)
        {
            if (s_files.TryGetValue(key, out WeakReference<HostMappedFile>? entry) && entry.TryGetTarget(out HostMappedFile? found))
            {
                return found;
            }
            Result own = HostPaths.Reopen(hostFd, O_RDONLY);
            if (own.Failed)
            {
                return null;
            }
            HostMappedFile file = new(own.Int, status.st_dev, status.st_ino);
            s_files[key] = new WeakReference<HostMappedFile>(file);
            return file;
        }
    }

    public override Result ReadAt(ulong offset, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            fixed (byte* start = destination[done..])
            {
                Result read = LibC.pread(_hostFd, start, (nuint)(destination.Length - done), (long)offset + done);
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
        }
        return new Result(done);
    }
}
