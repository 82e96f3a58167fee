using System;

using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// mprotect.
internal sealed unsafe partial class MemoryMap
{
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

            if (!MayProtect(next, (next.End < end ? next.End : end) - next.Start, prot))
            {
                return Errno.ENOMEM;
            }

            if (next.End > end)
            {
                SplitAt(end);
            }

            area = next;
            area.Remapped?.ClearProtections(area.Start, area.End);
            if (next.Protection != prot || area.Remapped is not null)
            {
                ChangeArea(area, prot, area.Flags);
                ProtectPages(area);
                area = MergeAround(area);
            }

            expected = area.End;
            next = area;
        }

        return expected < end ? Errno.ENOMEM : Errno.None;
    }

    /// <summary>Private memory that becomes writable counts as data, and is to be there when it is written.</summary>
    private bool MayProtect(Vma area, ulong size, int prot)
    {
        bool becomesData = !area.IsShared && (area.Flags & VmaFlags.GrowsDown) == 0 && (prot & ~area.Protection & PROT_WRITE) != 0;
        return !becomesData || (_dataPages + (size >> GuestAddress.PageShift) <= DataLimit >> GuestAddress.PageShift && MayCommit(size, area.Flags));
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
}
