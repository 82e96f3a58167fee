using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// The areas as the calls change them, and what they add up to.
internal sealed unsafe partial class MemoryMap
{
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
            RemoveArea(inside);
            ReleaseLater(inside);
        }
    }

    /// <summary>Takes the pages of [start, end) out of the table and gathers their frames. What the host child
    /// still has there is marked, to be unmapped by the next sync.</summary>
    /// <param name="copies">False leaves pages that are the process's own.</param>
    private void DropPages(GuestAddress start, GuestAddress end, bool copies = true)
    {
        NotePeak(end - start);
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

    private void InsertArea(Vma area)
    {
        _areas.Insert(area);
        Account(area, (long)area.Length);
    }

    private void RemoveArea(Vma area)
    {
        _areas.Remove(area);
        Account(area, -(long)area.Length);
    }

    private void ResizeArea(Vma area, GuestAddress start, GuestAddress end)
    {
        Account(area, -(long)area.Length);
        _areas.Resize(area, start, end);
        Account(area, (long)area.Length);
    }

    /// <summary>Another protection or other flags for a whole area.</summary>
    private void ChangeArea(Vma area, int protection, VmaFlags flags)
    {
        Account(area, -(long)area.Length);
        area.Protection = protection;
        area.Flags = flags;
        Account(area, (long)area.Length);
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

    /// <summary>Faults a range in ahead of its use, and has the host give memory to it; stops where that cannot be
    /// done.</summary>
    private Errno Populate(GuestAddress start, GuestAddress end, Access access)
    {
        for (GuestAddress at = start; at < end; at += GuestAddress.PageSize)
        {
            PageTableEntry entry = _table[at];
            if (!entry.IsPresent || (entry.Bits & Pte.Protection) == 0 || (access == Access.Write && !entry.Has(Pte.Write)))
            {
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

                entry = _table[at];
            }

            _ = System.Threading.Volatile.Read(ref *_frames.Pointer(entry.Frame));
        }

        return Errno.None;
    }

    /// <summary>Populates as far as it goes, skipping what cannot be (mm_populate).</summary>
    private void PopulateQuietly(Vma area)
    {
        if (area.Protection != PROT_NONE && (area.Flags & VmaFlags.LockOnFault) == 0)
        {
            _ = Populate(area.Start, area.End, PopulateAccess(area));
        }
    }

    /// <summary>As Linux: private writable memory is broken from its file at once.</summary>
    private static Access PopulateAccess(Vma area)
        => (area.Protection & PROT_WRITE) != 0 && !area.IsShared ? Access.Write : Access.Read;
}
