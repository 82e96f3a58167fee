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

    /// <summary>Nothing holds the file any more. May be called under the mmap lock.</summary>
    protected internal virtual void Close()
    {
    }
}
