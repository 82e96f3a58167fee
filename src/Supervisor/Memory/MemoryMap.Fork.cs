using UmlHost.Abi;

namespace UmlHost.Memory;

// fork: the areas are copied, and of the pages only those that are the process's own; what comes from a page cache
// is found there again. Driven by the areas (M1): the span of the address space costs nothing.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>Most pages that a fork copies at once rather than share.</summary>
    private const int MostHotPages = 32;

    /// <summary>Every so many forks nothing is copied at once, to find out anew what is written.</summary>
    private const int HotForks = 16;

    private int _forks;
    private int _hotLeft;

    /// <summary>A copy of this address space whose pages are shared until one side writes. Pages that were written
    /// since the last fork, and the stack's, would be copied by a fault on each side very soon: they are copied at
    /// once, but only where no other thread could write meanwhile: a fork is one moment for all pages. The caller runs a <see cref="Sync"/> before either side goes on: until then this side's threads can
    /// still write.</summary>
    /// <param name="stack">The stack pointer of the caller, and so of the copy.</param>
    public MemoryMap Fork(GuestAddress stack)
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
                _isFresh = false,
            };
            child.CopyContext(this);
            child.SetExecutable(Executable);
            _hotLeft = IsShared || ++_forks % HotForks == 0 ? 0 : MostHotPages;
            if (_hotLeft > 0 && _table.Find(stack.PageDown) is var leaf && leaf != null)
            {
                int index = PageTableLeaf.IndexOf(stack);
                (*leaf)[index] = (*leaf)[index].IsPresent ? (*leaf)[index].With(Pte.Hot) : (*leaf)[index];
            }

            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                if (area.IsReserved || (area.Flags & VmaFlags.DontFork) != 0)
                {
                    continue;
                }

                Vma copy = area.Slice(area.Start, area.End, child);
                copy.Flags &= ~VmaFlags.LockMask;
                copy.Remapped = area.Remapped?.Copy(area.Start, area.End, area.Start);
                child.InsertArea(copy);
                if (!area.IsShared && (area.Flags & VmaFlags.WipeOnFork) == 0)
                {
                    SharePages(area, child);
                }
            }

            child.MapAhead(default, GuestAddress.TaskSize);
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

                child._pages++;
                if (entry.Has(Pte.Hot))
                {
                    if (entry.Has(Pte.Write) && child.TryCopyHot(copy, index, entry, ref _hotLeft))
                    {
                        continue;
                    }

                    (*leaf)[index] = entry = entry.Without(Pte.Hot);
                }

                _frames.AddReference(entry.Frame);
                (*copy)[index] = new PageTableEntry(entry.Frame, Pte.Present | (entry.Bits & Pte.Protection & ~Pte.Write));
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

    /// <summary>Gives this new map a copy of its own of another's page.</summary>
    private bool TryCopyHot(PageTableLeaf* leaf, int index, PageTableEntry entry, ref int left)
    {
        if (left == 0 || !ReserveFrame(leaf, index))
        {
            return false;
        }

        uint frame = (leaf->Chunk * FrameAllocator.FramesPerChunk) + (uint)index;
        if (!_frames.TryGrant(frame, 1))
        {
            return false;
        }

        left--;
        _frames.Copy(entry.Frame, frame, 1);
        (*leaf)[index] = new PageTableEntry(frame, Pte.Present | (entry.Bits & Pte.Protection));
        return true;
    }
}
