using UmlHost.Abi;

namespace UmlHost.Memory;

// fork: the areas are copied, and of the pages only those that are the process's own; what comes from a page cache
// is found there again. Driven by the areas (M1): the span of the address space costs nothing.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>A copy of this address space whose pages are shared until one side writes. The caller runs a
    /// <see cref="Sync"/> before either side goes on: until then this side's threads can still write.</summary>
    public MemoryMap Fork()
    {
        lock (_mmapLock)
        {
            MemoryMap child = new(_frames)
            {
                MmapBase = MmapBase,
                AddressSpaceLimit = AddressSpaceLimit,
                StackLimit = StackLimit,
                DataLimit = DataLimit,
                BreakStart = BreakStart,
                BreakEnd = BreakEnd,
                ArgStart = ArgStart,
                ArgEnd = ArgEnd,
                EnvStart = EnvStart,
                EnvEnd = EnvEnd,
            };
            child.CopyContext(this);
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                if (area.IsReserved || (area.Flags & VmaFlags.DontFork) != 0)
                {
                    continue;
                }

                Vma copy = area.Slice(area.Start, area.End, child);
                copy.Flags &= ~VmaFlags.LockMask;
                child.InsertArea(copy);
                if (!area.IsShared && (area.Flags & VmaFlags.WipeOnFork) == 0)
                {
                    SharePages(area, child);
                }
            }

            return child;
        }
    }

    private void SharePages(Vma area, MemoryMap child)
    {
        for (PageTableLeaf* leaf = _table.Next(area.Start, area.End); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), area.End))
        {
            (int low, int high) = BoundsIn(area, leaf);
            PageTableLeaf* copy = null;
            int dirtyFrom = high;
            int dirtyTo = low;
            for (int index = low; index < high; index++)
            {
                PageTableEntry entry = (*leaf)[index];
                if (!entry.IsPresent || entry.Has(Pte.Cache))
                {
                    continue;
                }

                if (copy == null)
                {
                    copy = child._table.FindOrAdd(new GuestAddress(leaf->Start));
                }

                _frames.AddReference(entry.Frame);
                (*copy)[index] = new PageTableEntry(entry.Frame, Pte.Present | (entry.Bits & Pte.Protection & ~Pte.Write));
                child._pages++;
                if (entry.Has(Pte.Write))
                {
                    (*leaf)[index] = entry.Without(Pte.Write).With(Pte.NewProtection);
                    dirtyFrom = int.Min(dirtyFrom, index);
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
