using System;

using UmlHost.Abi;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// Page faults. A fault finds one area and one page-table entry, makes a run of neighbouring pages present, and
// leaves one operation (H9): the general walk of the sync has nothing to do.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>Most pages that one write fault copies.</summary>
    private const int CopyRun = 16;

    /// <summary>Most pages that are copied on the mere suspicion of a write.</summary>
    private const int GuessRun = 4;

    /// <summary>A guest access to <paramref name="address"/> that the host child could not make.</summary>
    public FaultResult Fault(GuestAddress address, Access access)
    {
        lock (_mmapLock)
        {
            FaultResult result = FaultLocked(address, access);
            if (result is not (FaultResult.Resolved or FaultResult.NeedAccess))
            {
                Faults.Violations++;
            }

            return result;
        }
    }

    private FaultResult FaultLocked(GuestAddress address, Access access)
    {
        Vma? area = _areas.Find(address);
        if (area is null)
        {
            area = GrowStack(address);
            if (area is null)
            {
                return FaultResult.SegvMapError;
            }
        }

        int protection = area.ProtectionAt(address);
        if (area.IsReserved || protection == PROT_NONE || (access != Access.Unknown && !Vma.Allows(protection, access)))
        {
            return FaultResult.SegvAccessError;
        }

        address = address.PageDown;
        PageTableLeaf* leaf = _table.FindOrAdd(address);
        int index = PageTableLeaf.IndexOf(address);
        PageTableEntry entry = (*leaf)[index];
        if (!entry.IsPresent)
        {
            return area.Cache is null
                ? FaultAnonymous(area, leaf, index)
                : FaultCache(area, leaf, index, address, access);
        }

        if (!entry.Has(Pte.HostMapped))
        {
            return FaultUnmapped(area, leaf, index, access);
        }

        bool mayNeedWrite = access is Access.Write or Access.Unknown
            && (protection & PROT_WRITE) != 0 && !entry.Has(Pte.Write);
        if (mayNeedWrite)
        {
            return FaultWrite(area, leaf, index, CopyRun);
        }

        // What the area allows is there. The host child may not have been told yet; else the access was made
        // before another thread's batch, or it is a violation.
        if (access == Access.Unknown && !entry.Has(Pte.New) && _ops.Count == 0)
        {
            return FaultResult.NeedAccess;
        }

        Faults.Spurious++;
        return FaultResult.Resolved;
    }

    /// <summary>Grants frames to the absent pages around <paramref name="index"/>: all of the leaf that the area
    /// covers and nothing else uses. The host faults them in one by one at its own speed.</summary>
    private FaultResult FaultAnonymous(Vma area, PageTableLeaf* leaf, int index)
    {
        (int low, int high) = BoundsIn(area, leaf);
        if (!ReserveFrame(leaf, index))
        {
            return FaultResult.OutOfMemory;
        }

        uint chunkFirst = leaf->Chunk * FrameAllocator.FramesPerChunk;
        int from = index;
        while (from > low && !(*leaf)[from - 1].IsPresent && _frames.IsFree(chunkFirst + (uint)(from - 1)))
        {
            from--;
        }

        int to = index + 1;
        while (to < high && !(*leaf)[to].IsPresent && _frames.IsFree(chunkFirst + (uint)to))
        {
            to++;
        }

        if (!_frames.TryGrant(chunkFirst + (uint)from, (uint)(to - from)))
        {
            // Near the memory limit every page counts.
            from = index;
            to = index + 1;
            if (!_frames.TryGrant(chunkFirst + (uint)from, 1))
            {
                return FaultResult.OutOfMemory;
            }
        }

        Faults.Anonymous++;
        SetPresent(leaf, from, to, chunkFirst + (uint)from, area.PteProtection());
        return FaultResult.Resolved;
    }

    /// <summary>A present page that the host child does not have, as after fork: maps the run of neighbours in
    /// the same state and in neighbouring frames. Whether it was a write is not known; most first touches after
    /// a fork are, so the page is made writable at once.</summary>
    private FaultResult FaultUnmapped(Vma area, PageTableLeaf* leaf, int index, Access access)
    {
        (int low, int high) = BoundsIn(area, leaf);
        PageTableEntry entry = (*leaf)[index];
        int from = index;
        while (from > low && IsLike((*leaf)[from - 1], entry, from - 1 - index))
        {
            from--;
        }

        int to = index + 1;
        while (to < high && IsLike((*leaf)[to], entry, to - index))
        {
            to++;
        }

        uint frame = (*leaf)[from].Frame;
        for (int at = from; at < to; at++)
        {
            (*leaf)[at] = (*leaf)[at].With(Pte.HostMapped).Without(Pte.New);
        }

        MapOp(leaf, from, to, frame, entry.Bits);
        Faults.Unmapped++;
        bool mayWrite = !area.IsShared && (area.Protection & PROT_WRITE) != 0 && !entry.Has(Pte.Write);
        bool guess = mayWrite && (access == Access.Write || (access == Access.Unknown && !entry.Has(Pte.Cache)));
        return guess ? FaultWrite(area, leaf, index, access == Access.Write ? CopyRun : GuessRun) : FaultResult.Resolved;
    }

    private static bool IsLike(PageTableEntry other, PageTableEntry entry, int distance)
        => other.IsPresent && !other.Has(Pte.HostMapped) && other.Frame == entry.Frame + (uint)distance
            && ((other.Bits ^ entry.Bits) & Pte.Protection) == 0;

    private FaultResult FaultCache(Vma area, PageTableLeaf* leaf, int index, GuestAddress address, Access access)
    {
        (int low, int high) = area.Remapped is null ? BoundsIn(area, leaf) : (index, index + 1);
        while (low < index && LastPresent(leaf, low, index) is int present and >= 0)
        {
            low = present + 1;
        }

        for (int at = index + 1; at < high; at++)
        {
            if ((*leaf)[at].IsPresent)
            {
                high = at;
            }
        }

        ulong page = area.CachePage(address);
        FaultResult found = area.Cache!.GetRun(page, page - (ulong)(index - low), page + (ulong)(high - index), out ulong first, out int count, out uint frame);
        if (found != FaultResult.Resolved)
        {
            return found;
        }

        Faults.File++;
        Pte protection = Vma.PteProtection(area.ProtectionAt(address)) | Pte.Cache;
        bool withoutWrite = !area.IsShared || area.Cache.TracksWrites;
        if (withoutWrite)
        {
            protection &= ~Pte.Write;
        }
        else if ((protection & Pte.Write) != 0 && access is not (Access.Read or Access.Execute))
        {
            area.Cache.MarkWritten(first, (ulong)count);
        }

        int from = index - (int)(page - first);
        SetPresent(leaf, from, from + count, frame, protection);
        if (area.IsShared)
        {
            return access == Access.Write && withoutWrite ? FaultWrite(area, leaf, index, CopyRun) : FaultResult.Resolved;
        }

        // Private data of a program is touched in order to be changed.
        bool guess = access == Access.Unknown && (area.Protection & (PROT_WRITE | PROT_EXEC)) == PROT_WRITE;
        return access == Access.Write || guess
            ? FaultWrite(area, leaf, index, access == Access.Write ? CopyRun : GuessRun)
            : FaultResult.Resolved;
    }

    /// <summary>A write to a present page without write permission in a writable private area: take the page
    /// over if it has no other user, else copy it, with its neighbours in the same state.</summary>
    /// <param name="most">Most pages to copy; a power of two.</param>
    private FaultResult FaultWrite(Vma area, PageTableLeaf* leaf, int index, int most)
    {
        PageTableEntry entry = (*leaf)[index];
        (int low, int high) = BoundsIn(area, leaf);
        if (area.IsShared || IsSoleUser(entry))
        {
            int from = index;
            int to = index + 1;
            if (area.IsShared)
            {
                area.Cache!.MarkWritten(area.CachePage(new GuestAddress(leaf->Start + ((ulong)index << GuestAddress.PageShift))), 1);
                if (area.Cache.TracksWrites || area.Remapped is not null)
                {
                    (low, high) = (index, index + 1);
                }
            }

            while (from > low && CanTakeOver(area, (*leaf)[from - 1]))
            {
                from--;
            }

            while (to < high && CanTakeOver(area, (*leaf)[to]))
            {
                to++;
            }

            for (int at = from; at < to; at++)
            {
                (*leaf)[at] = (*leaf)[at].With(Pte.Write | Pte.NewProtection);
            }

            (*leaf)[index] = (*leaf)[index].With(Pte.Hot);

            MarkDirty(leaf, from, to);
            Faults.Reused++;
            return FaultResult.Resolved;
        }

        if (!ReserveFrame(leaf, index))
        {
            return FaultResult.OutOfMemory;
        }

        uint chunkFirst = leaf->Chunk * FrameAllocator.FramesPerChunk;
        int block = index & ~(most - 1);
        low = Math.Max(low, block);
        high = Math.Min(high, block + most);
        int first = index;
        int end = index + 1;
        while (first > low && CanCopy((*leaf)[first - 1], chunkFirst + (uint)(first - 1)))
        {
            first--;
        }

        while (end < high && CanCopy((*leaf)[end], chunkFirst + (uint)end))
        {
            end++;
        }

        if (!_frames.TryGrant(chunkFirst + (uint)first, (uint)(end - first)))
        {
            first = index;
            end = index + 1;
            if (!_frames.TryGrant(chunkFirst + (uint)first, 1))
            {
                return FaultResult.OutOfMemory;
            }
        }

        for (int at = first; at < end;)
        {
            int run = at + 1;
            while (run < end && (*leaf)[run].Frame == (*leaf)[run - 1].Frame + 1)
            {
                run++;
            }

            _frames.Copy((*leaf)[at].Frame, chunkFirst + (uint)at, run - at);
            for (; at < run; at++)
            {
                Gather((*leaf)[at].Frame);
                _pages--;
            }
        }

        Faults.CopyOnWrite++;
        SetPresent(leaf, first, end, chunkFirst + (uint)first, area.PteProtection());
        (*leaf)[index] = (*leaf)[index].With(Pte.Hot);
        return FaultResult.Resolved;
    }

    private bool IsSoleUser(PageTableEntry entry) => !entry.Has(Pte.Cache) && _frames.References(entry.Frame) == 1;

    private bool CanTakeOver(Vma area, PageTableEntry entry)
        => entry.IsPresent && entry.Has(Pte.HostMapped) && !entry.Has(Pte.Write) && (area.IsShared || IsSoleUser(entry));

    private bool CanCopy(PageTableEntry entry, uint to)
        => entry.IsPresent && !entry.Has(Pte.Write) && !IsSoleUser(entry) && _frames.IsFree(to);

    /// <summary>Sees to it that the leaf has a chunk whose frame at <paramref name="index"/> is free.</summary>
    private bool ReserveFrame(PageTableLeaf* leaf, int index)
    {
        if (leaf->Chunk != FrameAllocator.NoChunk)
        {
            if (_frames.IsFree((leaf->Chunk * FrameAllocator.FramesPerChunk) + (uint)index))
            {
                return true;
            }

            _frames.ReleaseChunk(leaf->Chunk);
        }

        leaf->Chunk = _frames.ReserveChunk();
        return leaf->Chunk != FrameAllocator.NoChunk;
    }

    /// <summary>Enters neighbouring frames, each with a reference that becomes the entry's, and leaves the one
    /// operation that maps them. The entries may hold other frames before, already gathered.</summary>
    private void SetPresent(PageTableLeaf* leaf, int from, int to, uint frame, Pte bits)
    {
        for (int index = from; index < to; index++)
        {
            (*leaf)[index] = new PageTableEntry(frame + (uint)(index - from), bits | Pte.Present | Pte.HostMapped);
        }

        _pages += to - from;
        Faults.Pages += to - from;
        MapOp(leaf, from, to, frame, bits);
    }

    private void MapOp(PageTableLeaf* leaf, int from, int to, uint frame, Pte bits)
    {
        leaf->IsUsed = true;
        _ops.Map(
            new GuestAddress(leaf->Start + ((ulong)from << GuestAddress.PageShift)),
            (ulong)(to - from) << GuestAddress.PageShift,
            HostProtection(bits),
            FrameAllocator.FileOffset(frame));
        UpdateHostMappings(leaf);
    }

    /// <summary>The entries [low, high) of a leaf that lie in an area.</summary>
    private static (int Low, int High) BoundsIn(Vma area, PageTableLeaf* leaf)
    {
        ulong low = Math.Max(area.Start.Value, leaf->Start) - leaf->Start;
        ulong high = Math.Min(area.End.Value, leaf->Start + PageTable.LeafSpan) - leaf->Start;
        return ((int)(low >> GuestAddress.PageShift), (int)(high >> GuestAddress.PageShift));
    }

    private static int LastPresent(PageTableLeaf* leaf, int low, int high)
    {
        for (int index = high - 1; index >= low; index--)
        {
            if ((*leaf)[index].IsPresent)
            {
                return index;
            }
        }

        return -1;
    }
}
