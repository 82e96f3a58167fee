using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Native;

namespace UmlHost.Memory;

// Who maps the pages (Linux's i_mmap), what they have written, and taking pages away from all of them.
internal sealed partial class PageCache
{
    // Lock: mappings lock, a leaf. How many areas of which address space.
    private readonly Lock _mappingsLock = new();
    private readonly Dictionary<MemoryMap, int> _mappings = [];
    private int _writableMappings;

    /// <summary>Shared mappings that are writable or may become so by mprotect (Linux's i_mmap_writable): seals
    /// and exec ask for it.</summary>
    public int WritableMappings => Volatile.Read(ref _writableMappings);

    /// <summary>Whether any area of any address space maps the pages.</summary>
    public bool IsMapped
    {
        get
        {
            lock (_mappingsLock)
            {
                return _mappings.Count > 0;
            }
        }
    }

    /// <summary>One area more, with a reference of its own. Under that map's mmap lock, or before it is known.
    /// </summary>
    /// <param name="mayWrite">A shared mapping that may be written.</param>
    public void AddMapping(MemoryMap map, bool mayWrite)
    {
        AddReference();
        lock (_mappingsLock)
        {
            _mappings[map] = _mappings.GetValueOrDefault(map) + 1;
            _writableMappings += mayWrite ? 1 : 0;
        }

        _file?.Mapped();
    }

    /// <summary>Undoes <see cref="AddMapping"/>. The last writable one takes dirty pages to the file.</summary>
    public void RemoveMapping(MemoryMap map, bool mayWrite)
    {
        bool clean;
        lock (_mappingsLock)
        {
            int rest = _mappings[map] - 1;
            if (rest == 0)
            {
                _mappings.Remove(map);
            }
            else
            {
                _mappings[map] = rest;
            }

            _writableMappings -= mayWrite ? 1 : 0;
            clean = mayWrite && _writableMappings == 0;
        }

        if (clean && _file is { TracksWrites: true })
        {
            _ = WriteBack(0, ulong.MaxValue);
        }

        _file?.Unmapped();
        Release();
    }

    /// <summary>Whether shared mappings get a page without write permission at first.</summary>
    public bool TracksWrites => _file is { TracksWrites: true };

    /// <summary>Pages become writable in a shared mapping: marks them dirty, where that is wanted, and tells the file.
    /// Under the mmap lock.</summary>
    public void MarkWritten(ulong first, ulong count)
    {
        if (_file is null)
        {
            return;
        }

        if (_file.TracksWrites)
        {
            bool changed = false;
            lock (_pageCacheLock)
            {
                for (ulong page = first; page < first + count; page++)
                {
                    changed |= _chunks.TryGetValue(page / FrameAllocator.FramesPerChunk, out Chunk? chunk)
                        && chunk.SetDirty((int)(page % FrameAllocator.FramesPerChunk), true);
                }
            }

            if (!changed)
            {
                return;
            }
        }

        _file.Written(first, count);
    }

    /// <summary>Whether a page is in memory.</summary>
    public bool IsResident(ulong page)
    {
        lock (_pageCacheLock)
        {
            int within = (int)(page % FrameAllocator.FramesPerChunk);
            return _chunks.TryGetValue(page / FrameAllocator.FramesPerChunk, out Chunk? chunk)
                && chunk.Has(within) && _frames.IsResident(chunk.Frame[within]);
        }
    }

    /// <summary>Whether a page is as its file has it: never so for memory without a file.</summary>
    public bool IsClean(ulong page)
    {
        if (_file is not { CanReread: true })
        {
            return false;
        }

        lock (_pageCacheLock)
        {
            return !_chunks.TryGetValue(page / FrameAllocator.FramesPerChunk, out Chunk? chunk)
                || !chunk.IsDirty((int)(page % FrameAllocator.FramesPerChunk));
        }
    }

    /// <summary>The memory limit is near: gives back clean pages that nothing maps, which can be read again. Called with
    /// any page cache's lock held, this one's too: never waits for another's.</summary>
    /// <returns>Pages given back.</returns>
    public uint Reclaim()
    {
        if (_file is not { CanReread: true } || !_pageCacheLock.TryEnter())
        {
            return 0;
        }

        uint given = 0;
        try
        {
            foreach (Chunk chunk in _chunks.Values)
            {
                for (int page = 0; page < FrameAllocator.FramesPerChunk; page++)
                {
                    if (chunk.Has(page) && !chunk.IsDirty(page) && _frames.References(chunk.Frame[page]) == 1)
                    {
                        _frames.Release(chunk.Frame[page], 1);
                        chunk.Clear(page);
                        given++;
                    }
                }
            }
        }
        finally
        {
            _pageCacheLock.Exit();
        }

        return given;
    }

    /// <summary>Writes the dirty ones of pages [<paramref name="from"/>, <paramref name="to"/>) to the file, for
    /// msync, fsync, and whoever reads the file itself. They stay dirty while something maps the file writable, for
    /// nobody would notice the next write.</summary>
    /// <returns>The first error; the other pages are written all the same.</returns>
    public Errno WriteBack(ulong from, ulong to)
    {
        if (_file is not { TracksWrites: true })
        {
            return Errno.None;
        }

        Errno error = Errno.None;
        lock (_pageCacheLock)
        {
            bool stay = WritableMappings > 0;
            ulong size = _file.Size;
            foreach ((ulong index, Chunk chunk) in _chunks)
            {
                ulong start = index * FrameAllocator.FramesPerChunk;
                for (int page = 0; page < FrameAllocator.FramesPerChunk; page++)
                {
                    ulong number = start + (ulong)page;
                    if (number < from || number >= to || !chunk.IsDirty(page))
                    {
                        continue;
                    }

                    Errno failed = WritePage(chunk.Frame[page], number << GuestAddress.PageShift, size);
                    error = error == Errno.None ? failed : error;
                    chunk.SetDirty(page, stay);
                }
            }
        }

        return error;
    }

    private unsafe Errno WritePage(uint frame, ulong offset, ulong size)
    {
        ReadOnlySpan<byte> rest = new(_frames.Pointer(frame), (int)Math.Min(GuestAddress.PageSize, size - Math.Min(size, offset)));
        while (!rest.IsEmpty)
        {
            Result written = _file!.WriteAt(offset, rest);
            if (written.Failed)
            {
                return written.Error;
            }

            if (written.Raw == 0)
            {
                return Errno.EIO;
            }

            offset += (ulong)written.Raw;
            rest = rest[(int)written.Raw..];
        }

        return Errno.None;
    }

    /// <summary>The file has become shorter: pages wholly beyond <paramref name="size"/> go, from here and from every
    /// address space, private copies included, and the rest of the last page is cleared. The file's
    /// <see cref="MappedFile.Size"/> says so already, so that no fault brings them back. Takes the page cache lock
    /// and, one after another and not inside it, the mmap locks: the caller holds none of them (an inode lock is
    /// fine). Other processes that run lose the pages when they next enter the supervisor, and are made to at once.
    /// </summary>
    public void Truncate(ulong size) => Drop(size, ulong.MaxValue, copies: true);

    /// <summary>A hole (FALLOC_FL_PUNCH_HOLE, MADV_REMOVE): as <see cref="Truncate"/> for the bytes
    /// [<paramref name="from"/>, <paramref name="to"/>), but private copies stay. Pages partly in it are cleared
    /// there.</summary>
    public void Punch(ulong from, ulong to) => Drop(from, to, copies: false);

    private unsafe void Drop(ulong from, ulong to, bool copies)
    {
        ulong first = (from + GuestAddress.PageSize - 1) >> GuestAddress.PageShift;
        ulong end = to == ulong.MaxValue ? ulong.MaxValue : to >> GuestAddress.PageShift;
        List<uint> dropped = [];
        lock (_pageCacheLock)
        {
            ulong untilEnd = Math.Min(to, first << GuestAddress.PageShift);
            Zero(from, untilEnd);
            if (to != ulong.MaxValue && end >= first)
            {
                Zero(Math.Max(end << GuestAddress.PageShift, untilEnd), to);
            }

            foreach ((ulong index, Chunk chunk) in _chunks)
            {
                ulong start = index * FrameAllocator.FramesPerChunk;
                for (int page = 0; page < FrameAllocator.FramesPerChunk; page++)
                {
                    if (start + (ulong)page >= first && start + (ulong)page < end && chunk.Has(page))
                    {
                        chunk.Clear(page);
                        dropped.Add(chunk.Frame[page]);
                    }
                }
            }

            Dropped(dropped.Count);
        }

        if (first < end)
        {
            List<MemoryMap> maps;
            lock (_mappingsLock)
            {
                maps = [.. _mappings.Keys];
            }

            foreach (MemoryMap map in maps)
            {
                map.DropCachePages(this, first, end, copies);
            }
        }

        foreach (uint frame in dropped)
        {
            _frames.Release(frame, 1);
        }
    }

    /// <summary>Clears bytes within one page, if it is there.</summary>
    private unsafe void Zero(ulong from, ulong to)
    {
        ulong page = from >> GuestAddress.PageShift;
        if (from < to && _chunks.TryGetValue(page / FrameAllocator.FramesPerChunk, out Chunk? chunk)
            && chunk.Has((int)(page % FrameAllocator.FramesPerChunk)))
        {
            uint frame = chunk.Frame[page % FrameAllocator.FramesPerChunk];
            new Span<byte>(_frames.Pointer(frame) + (from & ~GuestAddress.PageMask), (int)(to - from)).Clear();
        }
    }
}
