using System;
using System.Threading;

using UmlHost.Native;

namespace UmlHost.Memory;

/// <summary>What memory needs of a file that is mapped. One object for each inode, so that every mapping of the
/// file shares its frames.</summary>
internal abstract class MappedFile
{
    private PageCache? _pages;

    /// <summary>The file's size in bytes now: pages wholly beyond it give SIGBUS.</summary>
    public abstract ulong Size { get; }

    /// <summary>Device and inode numbers and the path, for /proc/self/maps.</summary>
    public abstract ulong Device { get; }

    public abstract ulong Inode { get; }

    public abstract string Path { get; }

    /// <summary>Reads file content at byte <paramref name="offset"/> into <paramref name="destination"/>
    /// (whole pages of a frame); less than asked for means the end of the file.</summary>
    public abstract Result ReadAt(ulong offset, Span<byte> destination);

    /// <summary>Whether what guests write through shared mappings must be brought to the file with
    /// <see cref="WriteAt"/>: such pages are mapped without write permission until they are written, and then
    /// counted as dirty (<see cref="PageCache.WriteBack"/>). False where the frames are the file, as in a tmpfs.
    /// </summary>
    public virtual bool TracksWrites => false;

    /// <summary>Whether a clean page can be given up, to be read again by <see cref="ReadAt"/>. False where the frames
    /// are the file.</summary>
    public virtual bool CanReread => false;

    /// <summary>Writes the content of dirty pages back; never beyond <see cref="Size"/>. Under the page cache lock.
    /// </summary>
    public virtual Result WriteAt(ulong offset, ReadOnlySpan<byte> source) => new(-(long)Errno.EROFS);

    /// <summary>Pages [<paramref name="first"/>, +<paramref name="count"/>) are about to become writable in a shared
    /// mapping (Linux's page_mkwrite): for the file's times. Once for each time that a page goes from clean to dirty
    /// if <see cref="TracksWrites"/>, else at most once for each fault. Under the mmap lock, and no other.</summary>
    protected internal virtual void Written(ulong first, ulong count)
    {
    }

    /// <summary>The pages are the file itself (tmpfs, memfd): one that is absent is a hole, and <see cref="ReadAt"/> is
    /// not asked for it.</summary>
    public virtual bool IsMemory => false;

    /// <summary>A page more of a file of memory; false where its file system is full. Page cache lock.</summary>
    protected internal virtual bool TryChargePage() => true;

    /// <summary>Pages less. Page cache lock.</summary>
    protected internal virtual void UnchargePages(long count)
    {
    }

    /// <summary>Makes a hole of bytes [<paramref name="from"/>, <paramref name="to"/>) (MADV_REMOVE): what fallocate
    /// does with FALLOC_FL_PUNCH_HOLE, <see cref="PageCache.Punch"/> included. No lock is held.</summary>
    public virtual Errno PunchHole(ulong from, ulong to) => Errno.EOPNOTSUPP;

    /// <summary>The file's page cache, made at the first use and kept for as long as the file is.</summary>
    public PageCache Pages(FrameAllocator frames)
    {
        PageCache? pages = Volatile.Read(ref _pages);
        if (pages is null)
        {
            PageCache made = new(frames, this);
            pages = Interlocked.CompareExchange(ref _pages, made, null) ?? made;
        }

        return pages;
    }

    /// <summary>The file's page cache if something has used it; null else.</summary>
    public PageCache? CurrentPages => Volatile.Read(ref _pages);

    /// <summary>Pages read so far: about as many as are kept.</summary>
    public long CachedPages => Volatile.Read(ref _pages)?.PagesRead ?? 0;

    /// <summary>The last holder other than a mapping is gone: the pages, and then the file, go with the last
    /// mapping, which may be at once.</summary>
    protected void ReleasePages()
    {
        PageCache? pages = Volatile.Read(ref _pages);
        if (pages is null)
        {
            Close();
        }
        else
        {
            pages.Release();
        }
    }

    /// <summary>Undoes <see cref="ReleasePages"/>, unless the last mapping is gone too.</summary>
    protected bool TryAcquirePages() => Volatile.Read(ref _pages) is { } pages && pages.TryAddReference();

    /// <summary>One more area maps the file (Linux's vm_ops->open); one less. May be called under the mmap lock.</summary>
    protected internal virtual void Mapped()
    {
    }

    protected internal virtual void Unmapped()
    {
    }

    /// <summary>Nothing holds the file any more. May be called under the mmap lock.</summary>
    protected internal virtual void Close()
    {
    }
}
