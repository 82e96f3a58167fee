using UmlHost.Abi;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// mremap. Page-table entries move; the host child gets its mappings at the new place, and loses the old ones, in the
// batch of the next sync.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>mremap, with the checks in Linux's order.</summary>
    /// <param name="lockLimit">See <see cref="Lock"/>.</param>
    /// <returns>The new address, or -errno.</returns>
    public SyscallResult Remap(GuestAddress old, ulong oldLength, ulong newLength, int flags, GuestAddress wanted, ulong lockLimit)
    {
        ulong oldSize = (oldLength + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        ulong newSize = (newLength + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        bool toNewAddress = (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0;
        if ((flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP)) != 0 || !old.IsPageAligned || newSize == 0
            || newSize > GuestAddress.TaskSize.Value
            || (toNewAddress && (wanted.Value > GuestAddress.TaskSize.Value - newSize || (flags & MREMAP_MAYMOVE) == 0 || !wanted.IsPageAligned))
            || ((flags & MREMAP_DONTUNMAP) != 0 && oldSize != newSize)
            || (toNewAddress && old + oldSize > wanted && wanted + newSize > old))
        {
            return Errno.EINVAL;
        }

        lock (_mmapLock)
        {
            return _areas.Find(old) is not { IsReserved: false } area ? Errno.EFAULT
                : toNewAddress && oldSize == newSize ? RemapSeveral(area, old, oldSize, flags, wanted)
                : toNewAddress ? RemapTo(area, old, oldSize, newSize, flags, wanted, lockLimit)
                : RemapAnywhere(area, old, oldSize, newSize, flags, lockLimit);
        }
    }

    /// <summary>Same size, another place: whatever areas are there move, with the gaps between them.</summary>
    private SyscallResult RemapSeveral(Vma first, GuestAddress old, ulong size, int flags, GuestAddress wanted)
    {
        if (HasSealed(old, old + size))
        {
            return Errno.EPERM;
        }

        if ((flags & MREMAP_DONTUNMAP) != 0 && !MayExpand(size, first.Protection, first.Flags))
        {
            return Errno.ENOMEM;
        }

        GuestAddress target = ClearTarget(size, flags, wanted, out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        GuestAddress end = old + size;
        GuestAddress at = old;
        while (at < end && _areas.FindAtOrAbove(at) is { } area && area.Start < end)
        {
            GuestAddress from = area.Start < at ? at : area.Start;
            GuestAddress to = area.End < end ? area.End : end;
            MoveArea(area, from, to - from, to - from, target + (from - old), flags);
            at = to;
        }

        return (long)target.Value;
    }

    /// <summary>Another size at a given place.</summary>
    private SyscallResult RemapTo(Vma area, GuestAddress old, ulong oldSize, ulong newSize, int flags, GuestAddress wanted, ulong lockLimit)
    {
        if (newSize < oldSize)
        {
            if (HasSealed(old, old + oldSize))
            {
                return Errno.EPERM;
            }

            _ = ClearTarget(newSize, flags, wanted, out Errno error);
            if (error != Errno.None)
            {
                return error;
            }

            RemoveRange(old + newSize, old + oldSize);
            oldSize = newSize;
            area = _areas.Find(old)!;
            if (oldSize > area.End - old)
            {
                return Errno.EFAULT;
            }
        }
        else
        {
            Errno error = CheckGrowth(area, old, oldSize, newSize, lockLimit);
            if (error == Errno.None)
            {
                _ = ClearTarget(newSize, flags, wanted, out error);
            }

            if (error != Errno.None)
            {
                return error;
            }
        }

        MoveArea(area, old, oldSize, newSize, wanted, flags);
        return (long)wanted.Value;
    }

    private SyscallResult RemapAnywhere(Vma area, GuestAddress old, ulong oldSize, ulong newSize, int flags, ulong lockLimit)
    {
        if (newSize <= oldSize)
        {
            if (area.IsSealed || HasSealed(old + newSize, old + oldSize))
            {
                return Errno.EPERM;
            }

            RemoveRange(old + newSize, old + oldSize);
            return (long)old.Value;
        }

        Errno error = CheckGrowth(area, old, oldSize, newSize, lockLimit);
        if (error != Errno.None)
        {
            return error;
        }

        ulong growth = newSize - oldSize;
        if (old + oldSize == area.End && area.End.Value <= GuestAddress.TaskSize.Value - growth && IsFree(area.End, area.End + growth))
        {
            GuestAddress end = area.End;
            ResizeArea(area, area.Start, end + growth);
            area = MergeAround(area);
            PopulateLocked(area, end, end + growth);
            return (long)old.Value;
        }

        if ((flags & MREMAP_MAYMOVE) == 0)
        {
            return Errno.ENOMEM;
        }

        GuestAddress place = PlaceArea(default, newSize, 0, out error);
        if (error != Errno.None)
        {
            return error;
        }

        MoveArea(area, old, oldSize, newSize, place, flags);
        return (long)place.Value;
    }

    private Errno CheckGrowth(Vma area, GuestAddress old, ulong oldSize, ulong newSize, ulong lockLimit)
        => area.IsSealed ? Errno.EPERM
            : oldSize == 0 && !area.IsShared ? Errno.EINVAL
            : oldSize > area.End - old ? Errno.EFAULT
            : area.Offset + (old - area.Start) + newSize < newSize ? Errno.EINVAL
            : area.IsLocked && !MayLock(newSize - oldSize, lockLimit) ? Errno.EAGAIN
            : !MayExpand(newSize - oldSize, area.Protection, area.Flags)
                || (IsData(area.Protection, area.Flags) && !MayCommit(newSize - oldSize, area.Flags)) ? Errno.ENOMEM
            : Errno.None;

    /// <summary>Where a move goes: MREMAP_FIXED's address, with what was there taken away, or a free place.</summary>
    private GuestAddress ClearTarget(ulong size, int flags, GuestAddress wanted, out Errno error)
    {
        if ((flags & MREMAP_FIXED) == 0)
        {
            return PlaceArea(wanted, size, 0, out error);
        }

        error = wanted.Value < MinAddress || HasSealed(wanted, wanted + size) ? Errno.EPERM : Errno.None;
        if (error == Errno.None)
        {
            RemoveRange(wanted, wanted + size);
        }

        return wanted;
    }

    /// <summary>Moves [<paramref name="from"/>, +<paramref name="oldSize"/>) of one area to a free place.</summary>
    /// <param name="oldSize">0 makes a second mapping of shared pages.</param>
    private void MoveArea(Vma area, GuestAddress from, ulong oldSize, ulong newSize, GuestAddress to, int flags)
    {
        Vma moved = new(to, to + newSize, area.Protection, area.Flags & ~VmaFlags.Heap, area.Cache, area.Cache is null ? 0 : area.Offset + (from - area.Start))
        {
            Name = area.Name,
            Remapped = area.Remapped?.Copy(from, from + (oldSize == 0 ? newSize : oldSize), to),
        };
        area.Cache?.AddMapping(this, area.MayShareWrites);
        InsertArea(moved);
        MovePages(from, from + oldSize, to);
        if ((flags & MREMAP_DONTUNMAP) == 0)
        {
            RemoveRange(from, from + oldSize);
        }
        else
        {
            _ = SetLocked(from, from + oldSize, VmaFlags.None);
        }

        moved = MergeAround(moved);
        PopulateLocked(moved, to + oldSize, to + newSize);
    }

    private void PopulateLocked(Vma area, GuestAddress from, GuestAddress to)
    {
        if ((area.Flags & VmaFlags.LockMask) == VmaFlags.Locked && area.Protection != PROT_NONE)
        {
            _ = Populate(from, to, PopulateAccess(area));
        }
    }

    /// <summary>Moves the present pages of [<paramref name="start"/>, <paramref name="end"/>), which keep their frames.
    /// Where nothing is present now.</summary>
    private void MovePages(GuestAddress start, GuestAddress end, GuestAddress to)
    {
        // Where the child has many mappings, it gets those at the new place as they are touched.
        bool follow = HostMappings < FewMappings;
        for (PageTableLeaf* leaf = _table.Next(start, end); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), end))
        {
            int low = start.Value > leaf->Start ? PageTableLeaf.IndexOf(start) : 0;
            int high = end.Value < leaf->Start + PageTable.LeafSpan ? PageTableLeaf.IndexOf(end) : PageTableLeaf.Entries;
            for (int index = low; index < high; index++)
            {
                PageTableEntry entry = (*leaf)[index];
                if (!entry.IsPresent)
                {
                    continue;
                }

                GuestAddress at = to + (leaf->Start + ((ulong)index << GuestAddress.PageShift) - start.Value);
                PageTableLeaf* target = _table.FindOrAdd(at);
                int place = PageTableLeaf.IndexOf(at);
                Pte mapped = ((follow ? entry.Bits : 0) | (*target)[place].Bits) & Pte.HostMapped;
                (*target)[place] = entry.Without(Pte.New | Pte.HostMapped).With(mapped == 0 ? 0 : mapped | Pte.NewPage);
                MarkDirty(target, place, place + 1);
                (*leaf)[index] = entry.Has(Pte.HostMapped) ? new PageTableEntry((ulong)(Pte.HostMapped | Pte.NewPage)) : default;
            }

            MarkDirty(leaf, low, high);
        }
    }
}
