using System;

using UmlHost.Abi;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// The calls that change what the guest asked for: mmap, munmap, mprotect, brk. (madvise: MemoryMap.Advise.cs)
internal sealed unsafe partial class MemoryMap
{
    private const int ProtectionMask = PROT_READ | PROT_WRITE | PROT_EXEC;

    /// <summary>mmap. The order of the checks is Linux's.</summary>
    /// <param name="length">Bytes, rounded up to pages.</param>
    /// <param name="file">Null for anonymous memory. That it may be mapped this way is checked by the caller.</param>
    /// <param name="offset">Bytes; a whole number of pages.</param>
    /// <param name="extra">Flags that have no MAP_* bit.</param>
    /// <returns>The address, or -errno.</returns>
    public SyscallResult Map(GuestAddress hint, ulong length, int prot, int flags, MappedFile? file, ulong offset, VmaFlags extra = VmaFlags.None)
    {
        if ((offset & ~GuestAddress.PageMask) != 0 || length == 0)
        {
            return Errno.EINVAL;
        }

        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        if (size == 0)
        {
            return Errno.ENOMEM;
        }

        if (offset + size < offset)
        {
            return Errno.EOVERFLOW;
        }

        bool @fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
        if (size > GuestAddress.TaskSize.Value)
        {
            return Errno.ENOMEM;
        }

        if (@fixed)
        {
            if (hint.Value > GuestAddress.TaskSize.Value - size)
            {
                return Errno.ENOMEM;
            }

            if (!hint.IsPageAligned)
            {
                return Errno.EINVAL;
            }

            if (hint.Value < MinAddress)
            {
                return Errno.EPERM;
            }
        }

        int type = flags & MAP_TYPE;
        if (type is not (MAP_PRIVATE or MAP_SHARED or MAP_SHARED_VALIDATE))
        {
            return Errno.EINVAL;
        }

        VmaFlags areaFlags = extra
            | (type == MAP_PRIVATE ? 0 : VmaFlags.Shared)
            | ((flags & MAP_GROWSDOWN) != 0 ? VmaFlags.GrowsDown : 0)
            | ((flags & MAP_NORESERVE) != 0 ? VmaFlags.NoReserve : 0);

        PageCache? cache = file?.Pages(_frames);
        if (cache is null && type != MAP_PRIVATE)
        {
            cache = new PageCache(_frames, null);
            offset = 0;
        }
        else
        {
            cache?.AddReference();
        }

        lock (_mmapLock)
        {
            GuestAddress start = PlaceArea(hint, size, flags, out Errno error);
            if (error != Errno.None)
            {
                cache?.Release();
                return error;
            }

            RemoveRange(start, start + size);
            Vma area = new(start, start + size, prot & ProtectionMask, areaFlags, cache, cache is null ? 0 : offset);
            if (cache is not null)
            {
                cache.AddMapping(this, area.MayShareWrites);
                cache.Release();
            }

            _areas.Insert(area);
            area = MergeAround(area);
            if ((flags & MAP_POPULATE) != 0 && (flags & MAP_NONBLOCK) == 0)
            {
                Populate(start, start + size, (prot & PROT_WRITE) != 0 ? Access.Write : Access.Read);
            }

            return (long)start.Value;
        }
    }

    public Errno Unmap(GuestAddress start, ulong length)
    {
        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        if (!start.IsPageAligned || start > GuestAddress.TaskSize || length > GuestAddress.TaskSize - start || size == 0)
        {
            return Errno.EINVAL;
        }

        lock (_mmapLock)
        {
            if (HasSealed(start, start + size))
            {
                return Errno.EPERM;
            }

            RemoveRange(start, start + size);
            return Errno.None;
        }
    }

    public Errno Protect(GuestAddress start, ulong length, int prot)
    {
        int grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
        if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || !start.IsPageAligned)
        {
            return Errno.EINVAL;
        }

        if (length == 0)
        {
            return Errno.None;
        }

        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        GuestAddress end = start + size;
        if (end <= start)
        {
            return Errno.ENOMEM;
        }

        if ((prot & ~(ProtectionMask | PROT_SEM | grows)) != 0)
        {
            return Errno.EINVAL;
        }

        lock (_mmapLock)
        {
            Vma? area = _areas.FindAtOrAbove(start);
            if (area is null)
            {
                return Errno.ENOMEM;
            }

            if (grows == PROT_GROWSDOWN)
            {
                if (area.Start >= end)
                {
                    return Errno.ENOMEM;
                }

                if ((area.Flags & VmaFlags.GrowsDown) == 0)
                {
                    return Errno.EINVAL;
                }

                start = area.Start;
            }
            else if (area.Start > start)
            {
                return Errno.ENOMEM;
            }
            else if (grows == PROT_GROWSUP)
            {
                return Errno.EINVAL;
            }

            if (HasSealed(start, end))
            {
                return Errno.EPERM;
            }

            return ProtectRange(area, start, end, prot & ProtectionMask);
        }
    }

    /// <summary>Sets where the heap begins (the end of the program's bss), at exec.</summary>
    public void SetBreakStart(GuestAddress start)
    {
        BreakStart = start;
        BreakEnd = start;
    }

    /// <summary>brk: the new program break, or the old one where it cannot move.</summary>
    public GuestAddress Break(GuestAddress wanted)
    {
        lock (_mmapLock)
        {
            if (wanted < BreakStart || wanted >= GuestAddress.TaskSize || wanted - BreakStart > DataLimit)
            {
                return BreakEnd;
            }

            GuestAddress from = BreakEnd.PageUp;
            GuestAddress to = wanted.PageUp;
            if (to < from)
            {
                RemoveRange(to, from);
            }
            else if (to > from)
            {
                // A page stays free between the heap and what is above it.
                Vma? above = _areas.FindAtOrAbove(from);
                if (above is not null && above.Start < to + GuestAddress.PageSize)
                {
                    return BreakEnd;
                }

                Vma area = new(from, to, PROT_READ | PROT_WRITE, VmaFlags.Heap, null, 0);
                _areas.Insert(area);
                MergeAround(area);
            }

            BreakEnd = wanted;
            return wanted;
        }
    }

    /// <summary>Most bytes of heap (RLIMIT_DATA).</summary>
    public ulong DataLimit { get; set; } = ulong.MaxValue;

    /// <summary>Where a new area goes: at the hint if it is free there, else the highest free place.</summary>
    private GuestAddress PlaceArea(GuestAddress hint, ulong size, int flags, out Errno error)
    {
        error = Errno.None;
        if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0)
        {
            if (HasSealed(hint, hint + size))
            {
                error = (flags & MAP_FIXED_NOREPLACE) != 0 ? Errno.EEXIST : Errno.EPERM;
            }
            else if ((flags & MAP_FIXED_NOREPLACE) != 0 && !IsFree(hint, hint + size))
            {
                error = Errno.EEXIST;
            }

            return hint;
        }

        if (!hint.IsNull)
        {
            GuestAddress at = hint.PageDown;
            if (at.Value < MinAddress)
            {
                at = new GuestAddress(MinAddress);
            }

            if (at.Value <= GuestAddress.TaskSize.Value - size && IsFree(at, at + size))
            {
                return at;
            }
        }

        GuestAddress floor = new(MinAddress);
        GuestAddress found = (flags & MAP_32BIT) != 0
            ? _areas.FindGapAbove(new GuestAddress(0x4000_0000), new GuestAddress(0x8000_0000), size)
            : _areas.FindGapBelow(MmapBase, floor, size);
        if (found.IsNull && (flags & MAP_32BIT) == 0)
        {
            found = _areas.FindGapAbove(MmapBase, GuestAddress.TaskSize, size);
        }

        if (found.IsNull)
        {
            error = Errno.ENOMEM;
        }

        return found;
    }

    private bool IsFree(GuestAddress start, GuestAddress end)
    {
        Vma? area = _areas.FindAtOrAbove(start);
        return area is null || area.Start >= end;
    }

    private bool HasSealed(GuestAddress start, GuestAddress end)
    {
        for (Vma? area = _areas.FindAtOrAbove(start); area is not null && area.Start < end; area = _areas.Next(area))
        {
            if (area.IsSealed)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes the areas and the pages of [start, end) away.</summary>
    private void RemoveRange(GuestAddress start, GuestAddress end)
    {
        Vma? area = _areas.FindAtOrAbove(start);
        if (area is null || area.Start >= end)
        {
            return;
        }

        SplitAt(start);
        SplitAt(end);
        while (_areas.FindAtOrAbove(start) is Vma inside && inside.Start < end)
        {
            DropPages(inside.Start, inside.End);
            _areas.Remove(inside);
            ReleaseLater(inside);
        }
    }

    private Errno ProtectRange(Vma area, GuestAddress start, GuestAddress end, int prot)
    {
        GuestAddress expected = start;
        SplitAt(start);
        for (Vma? next = _areas.FindAtOrAbove(start); next is not null && next.Start < end; next = _areas.Next(next))
        {
            if (next.Start > expected)
            {
                return Errno.ENOMEM;
            }

            if (IsWriteDenied(next, prot))
            {
                return Errno.EACCES;
            }

            if (next.End > end)
            {
                SplitAt(end);
            }

            area = next;
            if (next.Protection != prot)
            {
                area.Protection = prot;
                ProtectPages(area);
                area = MergeAround(area);
            }

            expected = area.End;
            next = area;
        }

        return expected < end ? Errno.ENOMEM : Errno.None;
    }

    private static bool IsWriteDenied(Vma area, int prot)
        => (prot & PROT_WRITE) != 0 && (area.Flags & VmaFlags.DenyWrite) != 0;

    /// <summary>The present pages of an area get the protection it has now.</summary>
    private void ProtectPages(Vma area)
    {
        Pte wanted = area.PteProtection();
        bool tracksWrites = area.IsShared && area.Cache!.TracksWrites;
        for (PageTableLeaf* leaf = _table.Next(area.Start, area.End); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), area.End))
        {
            (int low, int high) = BoundsIn(area, leaf);
            int dirtyFrom = high;
            int dirtyTo = low;
            for (int index = low; index < high; index++)
            {
                PageTableEntry entry = (*leaf)[index];
                if (!entry.IsPresent)
                {
                    continue;
                }

                Pte protection = wanted;
                bool holdBack = area.IsShared ? tracksWrites && !entry.Has(Pte.Write) : !IsSoleUser(entry);
                if ((wanted & Pte.Write) != 0 && holdBack)
                {
                    protection &= ~Pte.Write;
                }

                if ((entry.Bits & Pte.Protection) != protection)
                {
                    (*leaf)[index] = entry.Without(Pte.Protection).With(protection | Pte.NewProtection);
                    dirtyFrom = Math.Min(dirtyFrom, index);
                    dirtyTo = index + 1;
                }
            }

            if (dirtyFrom < dirtyTo)
            {
                MarkDirty(leaf, dirtyFrom, dirtyTo);
            }
        }
    }

    /// <summary>Takes the pages of [start, end) out of the table and gathers their frames. What the host child
    /// still has there is marked, to be unmapped by the next sync.</summary>
    /// <param name="copies">False leaves pages that are the process's own.</param>
    private void DropPages(GuestAddress start, GuestAddress end, bool copies = true)
    {
        for (PageTableLeaf* leaf = _table.Next(start, end); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), end))
        {
            int low = start.Value > leaf->Start ? PageTableLeaf.IndexOf(start) : 0;
            int high = end.Value < leaf->Start + PageTable.LeafSpan ? PageTableLeaf.IndexOf(end) : PageTableLeaf.Entries;
            for (int index = low; index < high; index++)
            {
                PageTableEntry entry = (*leaf)[index];
                if (!entry.IsPresent || !(copies || entry.Has(Pte.Cache)))
                {
                    continue;
                }

                Gather(entry.Frame);
                _pages--;
                (*leaf)[index] = entry.Has(Pte.HostMapped)
                    ? new PageTableEntry((ulong)(Pte.HostMapped | Pte.NewPage))
                    : default;
            }

            MarkDirty(leaf, low, high);
        }
    }

    private void SplitAt(GuestAddress at)
    {
        Vma? area = _areas.Find(at);
        if (area is null || area.Start == at)
        {
            return;
        }

        Vma upper = area.Slice(at, area.End, this);
        _areas.Resize(area, area.Start, at);
        _areas.Insert(upper);
    }

    /// <summary>Joins an area with its neighbours where they are alike.</summary>
    private Vma MergeAround(Vma area)
    {
        Vma? next = _areas.Next(area);
        if (next is not null && area.CanMergeWith(next))
        {
            _areas.Remove(next);
            _areas.Resize(area, area.Start, next.End);
            next.Release(this);
        }

        Vma? previous = _areas.Previous(area);
        if (previous is not null && previous.CanMergeWith(area))
        {
            _areas.Remove(area);
            _areas.Resize(previous, previous.Start, area.End);
            area.Release(this);
            return previous;
        }

        return area;
    }

    /// <summary>Faults a range in ahead of its use; stops quietly where that cannot be done.</summary>
    private Errno Populate(GuestAddress start, GuestAddress end, Access access)
    {
        for (GuestAddress at = start; at < end; at += GuestAddress.PageSize)
        {
            PageTableEntry entry = _table[at];
            if (entry.IsPresent && (entry.Has(Pte.Write) || access != Access.Write))
            {
                continue;
            }

            FaultResult result = FaultLocked(at, access);
            if (result != FaultResult.Resolved)
            {
                return result switch
                {
                    FaultResult.OutOfMemory => Errno.ENOMEM,
                    FaultResult.BusAddressError => Errno.EFAULT,
                    FaultResult.SegvMapError => Errno.ENOMEM,
                    _ => Errno.EINVAL,
                };
            }
        }

        return Errno.None;
    }
}
