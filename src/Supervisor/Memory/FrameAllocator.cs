using System;
using System.Collections.Generic;
using System.Numerics;
using System.Threading;

using UmlHost.Host;

namespace UmlHost.Memory;

/// <summary>The machine's page frames: 4 KiB pieces of the memory file, with reference counts.
/// <para>Frames come in chunks of 512 neighbours (2 MiB). An owner (a stretch of a guest address space, a
/// stretch of a file) reserves a chunk and takes the frame that lies in it as its page lies in its own 2 MiB,
/// so that neighbouring pages have neighbouring frames and one host mapping covers them all. Frame numbers are
/// plentiful, memory is not: a reserved frame costs nothing until it is granted and touched.</para>
/// <para>A granted frame always starts zero: holes of the file are, and a freed frame is punched out or cleared
/// before it is granted again.</para>
/// <para>Thread safe. Lock: <c>frame lock</c>, a leaf.</para></summary>
internal sealed unsafe class FrameAllocator : IDisposable
{
    public const int FramesPerChunk = 512;
    public const int FrameShift = 12;
    public const ulong FrameSize = 1UL << FrameShift;

    /// <summary>"No chunk": chunk 0 is never handed out.</summary>
    public const uint NoChunk = 0;

    /// <summary>A freed run of less is taken to have been touched.</summary>
    private const uint FewFrames = 4;

    /// <summary>Freed runs with at least this many touched frames go back to the host at once. Shorter ones are kept,
    /// cleared when granted again: clearing costs a third of the host's freeing and allocating.</summary>
    private const uint PunchRun = 32;

    private const int ReclaimPause = 256;

    private const int MostKeptFrames = 4096;

    /// <summary>A reference count that is neither free nor in use: whoever has the chunk reserved must not be
    /// granted the frame before its old content is gone.</summary>
    private const int BeingFreed = -1;

    private readonly HostMemory _memory;
    private readonly Lock _frameLock = new();
    private readonly Stack<uint> _freeChunks = new();
    private readonly uint _chunkCount;
    private readonly ulong _limitFrames;

    // Indexed by frame and by chunk: as sparse as the memory file.
    private readonly int* _references;
    private readonly int* _chunkUsers;
    private readonly ulong* _kept;

    // Lock: its own, a leaf.
    private readonly HashSet<PageCache> _reclaimable = [];

    private int _reclaimPause;
    private long _reclaimed;
    private uint _nextChunk = 1;
    private int _keptFrames;
    private long _granted;
    private long _peakGranted;

    /// <param name="memory">The memory file, owned by the caller.</param>
    /// <param name="limitBytes">Most memory that guests may hold; 0 for no limit.</param>
    public FrameAllocator(HostMemory memory, ulong limitBytes)
    {
        _memory = memory;
        ulong frames = memory.FrameBytes >> FrameShift;
        _chunkCount = (uint)(frames / FramesPerChunk);
        _limitFrames = limitBytes == 0 ? ulong.MaxValue : limitBytes >> FrameShift;
        MachineBytes = limitBytes == 0 ? HostScheduler.MemoryAndSwap() : limitBytes;
        _references = (int*)HostPages.Reserve(frames * sizeof(int));
        _chunkUsers = (int*)HostPages.Reserve(_chunkCount * (ulong)sizeof(int));
        _kept = (ulong*)HostPages.Reserve(_chunkCount * (FramesPerChunk / 8UL));
    }

    /// <summary>Frames granted and not freed. An upper bound of memory held: a run is granted at once and
    /// touched page by page.</summary>
    public long Granted => Volatile.Read(ref _granted);

    public long PeakGranted => Volatile.Read(ref _peakGranted);

    public ulong LimitBytes => _limitFrames == ulong.MaxValue ? 0 : _limitFrames << FrameShift;

    /// <summary>The memory of the machine that guests see: the limit, or the host's memory and swap.</summary>
    public ulong MachineBytes { get; }

    /// <summary>Which of a run of frames the host holds memory for: bit 0 of each byte.</summary>
    public bool Resident(uint first, Span<byte> pages) => _memory.Resident(FileOffset(first), pages.Length, pages);

    /// <summary>Whether a frame has been touched.</summary>
    public bool IsResident(uint frame)
    {
        byte page = 1;
        return !_memory.Resident(FileOffset(frame), 1, new Span<byte>(ref page)) || (page & 1) != 0;
    }

    public ulong ResidentBytes => _memory.ResidentBytes();

    public byte* Pointer(uint frame) => _memory.Base + ((ulong)frame << FrameShift);

    public static ulong FileOffset(uint frame) => (ulong)frame << FrameShift;

    public static uint ChunkOf(uint frame) => frame / FramesPerChunk;

    /// <summary>Reserves a chunk whose frames are all free. <see cref="NoChunk"/> when frame numbers run out.</summary>
    public uint ReserveChunk()
    {
        lock (_frameLock)
        {
            if (!_freeChunks.TryPop(out uint chunk))
            {
                if (_nextChunk >= _chunkCount)
                {
                    return NoChunk;
                }

                chunk = _nextChunk++;
            }

            _chunkUsers[chunk] = 1;
            return chunk;
        }
    }

    /// <summary>Ends a reservation. Frames granted from the chunk live on; the chunk is free with the last.</summary>
    public void ReleaseChunk(uint chunk)
    {
        lock (_frameLock)
        {
            DropChunkUsers(chunk, 1);
        }
    }

    /// <summary>Whether <paramref name="frame"/>, of a chunk that the caller has reserved, is free.</summary>
    public bool IsFree(uint frame) => Volatile.Read(ref _references[frame]) == 0;

    /// <summary>Grants free frames of a reserved chunk, zeroed, with one reference each.</summary>
    /// <returns>False where the memory limit does not allow it.</returns>
    public bool TryGrant(uint first, uint count)
    {
        if (!TryCharge(count) && !(Reclaim() && TryCharge(count)))
        {
            return false;
        }

        lock (_frameLock)
        {
            ClearKept(first, count);
            _chunkUsers[ChunkOf(first)] += (int)count;
        }

        new Span<int>(_references + first, (int)count).Fill(1);
        return true;
    }

    public void AddReference(uint frame) => Interlocked.Increment(ref _references[frame]);

    public int References(uint frame) => Volatile.Read(ref _references[frame]);

    /// <summary>Drops one reference of each frame of a run; those without another are free.</summary>
    public void Release(uint first, uint count)
    {
        uint end = first + count;
        uint run = first;
        for (uint frame = first; frame < end; frame++)
        {
            if (frame != run && frame % FramesPerChunk == 0)
            {
                Free(run, frame - run);
                run = frame;
            }

            if (!DropReference(frame))
            {
                Free(run, frame - run);
                run = frame + 1;
            }
        }

        Free(run, end - run);
    }

    /// <summary>Copies a run of frames to fresh ones. A frame that nobody has touched reads as zeros, as the
    /// fresh one does: copying it would only make the host give memory to both.</summary>
    /// <param name="count">At most <see cref="FramesPerChunk"/>.</param>
    public void Copy(uint from, uint to, int count)
    {
        Span<byte> resident = stackalloc byte[count];
        bool known = count > 1 && _memory.Resident(FileOffset(from), count, resident);
        for (int index = 0; index < count; index++)
        {
            if (!known || (resident[index] & 1) != 0)
            {
                new ReadOnlySpan<byte>(Pointer(from + (uint)index), (int)FrameSize)
                    .CopyTo(new Span<byte>(Pointer(to + (uint)index), (int)FrameSize));
            }
        }
    }

    public void Dispose()
    {
        ulong frames = (ulong)_chunkCount * FramesPerChunk;
        HostPages.Release(_references, frames * sizeof(int));
        HostPages.Release(_chunkUsers, _chunkCount * (ulong)sizeof(int));
        HostPages.Release(_kept, _chunkCount * (FramesPerChunk / 8UL));
    }

    /// <summary>A page cache whose clean pages may be taken back when the limit is reached.</summary>
    public void AddReclaimable(PageCache cache)
    {
        lock (_reclaimable)
        {
            _reclaimable.Add(cache);
        }
    }

    public void RemoveReclaimable(PageCache cache)
    {
        lock (_reclaimable)
        {
            _reclaimable.Remove(cache);
        }
    }

    /// <summary>Takes clean pages of files back; true if there were any. Where there were none it is not asked again
    /// for a while, for every fault at the limit comes here.</summary>
    private bool Reclaim()
    {
        if (Interlocked.Decrement(ref _reclaimPause) > 0)
        {
            return false;
        }

        PageCache[] caches;
        lock (_reclaimable)
        {
            caches = [.. _reclaimable];
        }

        uint given = 0;
        foreach (PageCache cache in caches)
        {
            given += cache.Reclaim();
        }

        Volatile.Write(ref _reclaimPause, given == 0 ? ReclaimPause : 0);
        Interlocked.Add(ref _reclaimed, given);
        return given > 0;
    }

    /// <summary>Pages of files given back because the limit was near.</summary>
    public long Reclaimed => Volatile.Read(ref _reclaimed);

    private bool TryCharge(uint count)
    {
        long granted = Interlocked.Add(ref _granted, count);
        if ((ulong)granted > _limitFrames && !FitsResident(count))
        {
            Interlocked.Add(ref _granted, -(long)count);
            return false;
        }

        long peak = Volatile.Read(ref _peakGranted);
        while (granted > peak)
        {
            long seen = Interlocked.CompareExchange(ref _peakGranted, granted, peak);
            if (seen == peak)
            {
                break;
            }

            peak = seen;
        }

        return true;
    }

    /// <summary>Granted frames exceed the limit, but what counts is what has been touched.</summary>
    private bool FitsResident(uint count)
        => (_memory.ResidentBytes() >> FrameShift) - (ulong)Math.Max(0, Volatile.Read(ref _keptFrames)) + count <= _limitFrames;

    /// <summary>True if it was the last reference; the frame is then <see cref="BeingFreed"/>.</summary>
    private bool DropReference(uint frame)
    {
        ref int references = ref _references[frame];
        for (int seen = Volatile.Read(ref references); ;)
        {
            int was = Interlocked.CompareExchange(ref references, seen == 1 ? BeingFreed : seen - 1, seen);
            if (was == seen)
            {
                return seen == 1;
            }

            seen = was;
        }
    }

    /// <summary>Frees a run within one chunk, all of it <see cref="BeingFreed"/>.</summary>
    private void Free(uint first, uint count)
    {
        if (count == 0)
        {
            return;
        }

        // Of a run that was granted as one, often little was ever touched: the rest is a hole still.
        Span<byte> touched = stackalloc byte[(int)count];
        if (count < FewFrames || !_memory.Resident(FileOffset(first), (int)count, touched))
        {
            touched.Fill(1);
        }

        int kept = 0;
        foreach (ref byte frame in touched)
        {
            kept += frame &= 1;
        }

        bool punch = kept >= PunchRun || Volatile.Read(ref _keptFrames) + kept > MostKeptFrames;
        if (punch)
        {
            _memory.Punch(FileOffset(first), (ulong)count << FrameShift);
        }

        Interlocked.Add(ref _granted, -(long)count);
        lock (_frameLock)
        {
            if (!punch)
            {
                for (uint frame = first; frame < first + count; frame++)
                {
                    _kept[frame / 64] |= (ulong)touched[(int)(frame - first)] << (int)(frame % 64);
                }

                _keptFrames += kept;
            }

            for (uint frame = first; frame < first + count; frame++)
            {
                Volatile.Write(ref _references[frame], 0);
            }

            DropChunkUsers(ChunkOf(first), (int)count);
        }
    }

    private void DropChunkUsers(uint chunk, int count)
    {
        if ((_chunkUsers[chunk] -= count) == 0)
        {
            _freeChunks.Push(chunk);
        }
    }

    private void ClearKept(uint first, uint count)
    {
        uint frame = first;
        uint end = first + count;
        while (frame < end)
        {
            ref ulong word = ref _kept[frame / 64];
            if (word == 0)
            {
                frame = (frame | 63) + 1;
                continue;
            }

            int bit = (int)(frame % 64);
            ulong rest = word >> bit;
            if (rest == 0)
            {
                frame = (frame | 63) + 1;
                continue;
            }

            frame += (uint)BitOperations.TrailingZeroCount(rest);
            if (frame < end)
            {
                word &= ~(1UL << (int)(frame % 64));
                _keptFrames--;
                new Span<byte>(Pointer(frame), (int)FrameSize).Clear();
                frame++;
            }
        }
    }
}
