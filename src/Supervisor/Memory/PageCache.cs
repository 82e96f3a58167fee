using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Native;

namespace UmlHost.Memory;

/// <summary>Pages that more than one address space can map (Linux's address_space): those of a file, read as
/// they are needed, or of a shared memory object, zero at first. Each page is in the frame that lies in its
/// chunk as the page lies in its 2 MiB of the file, so that a run of pages is one host mapping.
/// <para>Reference counted by its mappings and its file. Lock: <c>page cache lock</c>, inside the mmap lock,
/// outside the frame lock; held over the file's reads.</para></summary>
internal sealed partial class PageCache
{
    /// <summary>A miss reads this many pages around it, aligned (read-ahead and fault-around in one).</summary>
    private const int ReadAheadPages = 64;

    private readonly FrameAllocator _frames;
    private readonly MappedFile? _file;
    private readonly Lock _pageCacheLock = new();
    private readonly Dictionary<ulong, Chunk> _chunks = [];
    private int _references = 1;
    private static ulong s_serial;

    /// <param name="frames">Where the frames come from.</param>
    /// <param name="file">The file behind the pages; null for shared anonymous memory.</param>
    public PageCache(FrameAllocator frames, MappedFile? file)
    {
        _frames = frames;
        _file = file;
        if (file is { CanReread: true })
        {
            frames.AddReclaimable(this);
        }
    }

    /// <summary>Tells shared memory objects apart: their inode number in /proc/PID/maps.</summary>
    public ulong Serial { get; } = Interlocked.Increment(ref s_serial);

    public MappedFile? File => _file;

    /// <summary>Pages read from the file so far.</summary>
    public long PagesRead { get; private set; }

    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>A reference for somebody who has none; false where the last is gone.</summary>
    public bool TryAddReference()
    {
        int seen = Volatile.Read(ref _references);
        while (seen != 0)
        {
            int before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
        {
            return;
        }

        _frames.RemoveReclaimable(this);
        _ = WriteBack(0, ulong.MaxValue);
        lock (_pageCacheLock)
        {
            foreach (Chunk chunk in _chunks.Values)
            {
                ReleaseFrames(chunk);
                _frames.ReleaseChunk(chunk.Reserved);
            }

            _chunks.Clear();
        }

        _file?.Close();
    }

    /// <summary>Finds page <paramref name="page"/> (by index), reading it if need be, and the run of pages
    /// around it within [<paramref name="from"/>, <paramref name="to"/>) that are there too, with a reference of
    /// each for the caller.</summary>
    /// <param name="first">The run's first page.</param>
    /// <param name="count">Its length; all within one chunk.</param>
    /// <param name="frame">The frame of <paramref name="first"/>.</param>
    public FaultResult GetRun(ulong page, ulong from, ulong to, out ulong first, out int count, out uint frame)
    {
        first = page;
        count = 0;
        frame = 0;
        ulong index = page / FrameAllocator.FramesPerChunk;
        int within = (int)(page % FrameAllocator.FramesPerChunk);
        lock (_pageCacheLock)
        {
            if (_file is not null && page >= (_file.Size + GuestAddress.PageSize - 1) >> GuestAddress.PageShift)
            {
                return FaultResult.BusAddressError;
            }

            Chunk? chunk = FindOrAddChunk(index);
            if (chunk is null)
            {
                return FaultResult.OutOfMemory;
            }

            if (!chunk.Has(within))
            {
                FaultResult filled = _file is { IsMemory: true } ? Grant(chunk, within) : Fill(chunk, index, within);
                if (filled != FaultResult.Resolved)
                {
                    return filled;
                }
            }

            ulong chunkStart = index * FrameAllocator.FramesPerChunk;
            int low = (int)(Math.Max(from, chunkStart) - chunkStart);
            int high = (int)(Math.Min(to, chunkStart + FrameAllocator.FramesPerChunk) - chunkStart);
            int start = within;
            while (start > low && chunk.Has(start - 1) && chunk.Frame[start - 1] == chunk.Frame[start] - 1)
            {
                start--;
            }

            int end = within + 1;
            while (end < high && chunk.Has(end) && chunk.Frame[end] == chunk.Frame[end - 1] + 1)
            {
                end++;
            }

            first = chunkStart + (ulong)start;
            count = end - start;
            frame = chunk.Frame[start];
            for (int i = 0; i < count; i++)
            {
                _frames.AddReference(frame + (uint)i);
            }

            return FaultResult.Resolved;
        }
    }

    /// <summary>The next run of pages within [<paramref name="from"/>, <paramref name="to"/>) that have been read
    /// already, with a reference of each for the caller. Reads nothing.</summary>
    /// <returns>Its length, all within one chunk; 0 if there is none.</returns>
    public int TakeCachedRun(ulong from, ulong to, out ulong first, out uint frame)
    {
        lock (_pageCacheLock)
        {
            for (ulong page = from; page < to;)
            {
                ulong index = page / FrameAllocator.FramesPerChunk;
                ulong next = (index + 1) * FrameAllocator.FramesPerChunk;
                if (!_chunks.TryGetValue(index, out Chunk? chunk))
                {
                    page = next;
                    continue;
                }

                ulong end = ulong.Min(next, to);
                while (page < end && !chunk.Has((int)(page % FrameAllocator.FramesPerChunk)))
                {
                    page++;
                }

                first = page;
                frame = chunk.Frame[page % FrameAllocator.FramesPerChunk];
                while (page < end && chunk.Has((int)(page % FrameAllocator.FramesPerChunk))
                    && chunk.Frame[page % FrameAllocator.FramesPerChunk] == frame + (uint)(page - first))
                {
                    _frames.AddReference(frame + (uint)(page++ - first));
                }

                if (page > first)
                {
                    return (int)(page - first);
                }
            }

            first = 0;
            frame = 0;
            return 0;
        }
    }

    private Chunk? FindOrAddChunk(ulong index)
    {
        if (!_chunks.TryGetValue(index, out Chunk? chunk))
        {
            uint reserved = _frames.ReserveChunk();
            if (reserved == FrameAllocator.NoChunk)
            {
                return null;
            }

            chunk = new Chunk { Reserved = reserved };
            _chunks.Add(index, chunk);
        }

        return chunk;
    }

    private unsafe FaultResult Fill(Chunk chunk, ulong index, int within)
    {
        int start = within & ~(ReadAheadPages - 1);
        int end = start + ReadAheadPages;
        ulong chunkByte = index * FrameAllocator.FramesPerChunk * GuestAddress.PageSize;
        if (_file is not null)
        {
            ulong pages = (_file.Size - chunkByte + GuestAddress.PageSize - 1) >> GuestAddress.PageShift;
            end = (int)Math.Min((ulong)end, pages);
        }

        while (start < within && chunk.Has(start))
        {
            start++;
        }

        for (int page = within; page < end; page++)
        {
            if (chunk.Has(page))
            {
                end = page;
            }
        }

        for (int page = within; page > start; page--)
        {
            if (chunk.Has(page))
            {
                start = page + 1;
            }
        }

        if (!ReserveFrame(chunk, within))
        {
            return FaultResult.OutOfMemory;
        }

        uint chunkFirst = chunk.Reserved * FrameAllocator.FramesPerChunk;
        for (int page = start; page < end; page++)
        {
            if (!_frames.IsFree(chunkFirst + (uint)page))
            {
                (start, end) = page < within ? (page + 1, end) : (start, page);
            }
        }

        if (!_frames.TryGrant(chunkFirst + (uint)start, (uint)(end - start)))
        {
            start = within;
            end = within + 1;
            if (!_frames.TryGrant(chunkFirst + (uint)start, 1))
            {
                return FaultResult.OutOfMemory;
            }
        }

        uint first = chunkFirst + (uint)start;

        if (_file is not null)
        {
            ulong offset = chunkByte + ((ulong)start << GuestAddress.PageShift);
            Span<byte> to = new(_frames.Pointer(first), (end - start) << GuestAddress.PageShift);
            while (!to.IsEmpty)
            {
                Result read = _file.ReadAt(offset, to);
                if (read.Failed)
                {
                    _frames.Release(first, (uint)(end - start));
                    return FaultResult.BusAddressError;
                }

                if (read.Raw == 0)
                {
                    break;
                }

                offset += (ulong)read.Raw;
                to = to[(int)read.Raw..];
            }

            PagesRead += end - start;
        }

        chunk.Set(start, end, first);
        return FaultResult.Resolved;
    }

    /// <summary>Sees to it that the chunk reserved has a free frame for the page. An address space may still use the
    /// frame of a page that was dropped: then later pages get theirs from a fresh chunk.</summary>
    private bool ReserveFrame(Chunk chunk, int page)
    {
        if (_frames.IsFree((chunk.Reserved * FrameAllocator.FramesPerChunk) + (uint)page))
        {
            return true;
        }

        uint reserved = _frames.ReserveChunk();
        if (reserved == FrameAllocator.NoChunk)
        {
            return false;
        }

        _frames.ReleaseChunk(chunk.Reserved);
        chunk.Reserved = reserved;
        return true;
    }

    private sealed class Chunk
    {
        private readonly ulong[] _present = new ulong[FrameAllocator.FramesPerChunk / 64];
        private readonly ulong[] _dirty = new ulong[FrameAllocator.FramesPerChunk / 64];

        /// <summary>The chunk of frames for pages to come.</summary>
        public uint Reserved { get; set; }

        /// <summary>The frame of each page that is there.</summary>
        public uint[] Frame { get; } = new uint[FrameAllocator.FramesPerChunk];

        public bool Has(int page) => (_present[page / 64] & (1UL << (page % 64))) != 0;

        public void Set(int from, int to, uint frame)
        {
            for (int page = from; page < to; page++)
            {
                Frame[page] = frame + (uint)(page - from);
                _present[page / 64] |= 1UL << (page % 64);
            }
        }

        public void Clear(int page)
        {
            _present[page / 64] &= ~(1UL << (page % 64));
            _dirty[page / 64] &= ~(1UL << (page % 64));
        }

        public bool IsDirty(int page) => (_dirty[page / 64] & (1UL << (page % 64))) != 0;

        /// <returns>False if it was so already.</returns>
        public bool SetDirty(int page, bool dirty)
        {
            ref ulong word = ref _dirty[page / 64];
            ulong was = word;
            word = dirty ? was | (1UL << (page % 64)) : was & ~(1UL << (page % 64));
            return word != was;
        }
    }
}
