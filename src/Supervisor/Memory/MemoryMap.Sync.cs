using UmlHost.Abi;
using UmlHost.Host;

namespace UmlHost.Memory;

// Bringing the host child up to date. A change of the page table only sets bits and marks the range (H8); just
// before the guest runs, the marked ranges become operations, the operations run, and then the frames that the
// changes took away are freed.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>Whether the child must be brought up to date before the guest runs.</summary>
    private bool NeedsSync => _table.HasDirty || _ops.Count > 0 || _goneAreas.Count > 0;

    /// <summary>Called by a task's own thread before it resumes the guest.</summary>
    /// <param name="thread">A stopped thread of the child, to run the batch.</param>
    /// <returns>Null, or why the child is no longer what the page table says.</returns>
    public HostOpFailure? Sync(IHostThread thread)
    {
        // Unlocked: what this thread itself changed it sees, and what another thread changes at the same time
        // that thread brings to the child before it goes on.
        if (!NeedsSync)
        {
            return null;
        }

        lock (_mmapLock)
        {
            CollectOps();
            CollectAhead();
            KeepWithinLimit();
            HostOpFailure? failure = _ops.Count == 0 ? null : thread.Run(_ops.Span);
            _ops.Clear();
            _childMappings = HostMappings;
            _gainedMappings = 0;
            PeakHostMappings = int.Max(PeakHostMappings, HostMappings);
            if (failure is null)
            {
                FreeGathered();
                ReleaseAreas();
                _isFresh = false;
            }

            return failure;
        }
    }

    private void MarkDirty(PageTableLeaf* leaf, int from, int to) => _table.MarkDirty(leaf, from, to);

    private void Gather(uint frame)
    {
        int last = _gathered.Count - 1;
        if (last >= 0)
        {
            (uint first, uint count) = _gathered[last];
            if (first + count == frame)
            {
                _gathered[last] = (first, count + 1);
                return;
            }
        }

        _gathered.Add((frame, 1));
    }

    /// <summary>What a guest writes until the batch has run must reach the file too.</summary>
    private void ReleaseLater(Vma area)
    {
        if (area.MayShareWrites && area.Cache!.TracksWrites)
        {
            _goneAreas.Add(area);
        }
        else
        {
            area.Release(this);
        }
    }

    private void ReleaseAreas()
    {
        foreach (Vma area in _goneAreas)
        {
            area.Release(this);
        }

        _goneAreas.Clear();
    }

    private void FreeGathered()
    {
        foreach ((uint first, uint count) in _gathered)
        {
            _frames.Release(first, count);
        }

        _gathered.Clear();
    }

    private void CollectOps()
    {
        // Pages to unmap, as long as nothing but empty entries comes between them.
        GuestAddress unmapFrom = default;
        GuestAddress unmapTo = default;

        PageTableLeaf* next;
        for (PageTableLeaf* leaf = _table.TakeDirty(); leaf != null; leaf = next)
        {
            next = leaf->NextDirty;
            // What comes before the dirty stretch has not been looked at: it may be in use.
            if (unmapTo.Value != 0 && leaf->Start + ((ulong)leaf->DirtyFrom << GuestAddress.PageShift) != unmapTo.Value)
            {
                FlushUnmap(ref unmapFrom, ref unmapTo);
            }

            for (int index = leaf->DirtyFrom; index < leaf->DirtyTo; index++)
            {
                PageTableEntry entry = (*leaf)[index];
                if (entry.Value == 0)
                {
                    continue;
                }

                GuestAddress at = new(leaf->Start + ((ulong)index << GuestAddress.PageShift));
                if (!entry.IsPresent && entry.Has(Pte.NewPage))
                {
                    if (unmapTo.Value == 0)
                    {
                        unmapFrom = at;
                    }

                    unmapTo = at + GuestAddress.PageSize;
                    (*leaf)[index] = default;
                    continue;
                }

                if (unmapTo.Value != 0)
                {
                    FlushUnmap(ref unmapFrom, ref unmapTo);
                }

                if (entry.Has(Pte.NewPage))
                {
                    _ops.Map(at, GuestAddress.PageSize, HostProtection(entry.Bits), FrameAllocator.FileOffset(entry.Frame));
                    (*leaf)[index] = entry.Without(Pte.New).With(Pte.HostMapped);
                }
                else if (entry.Has(Pte.NewProtection))
                {
                    // What the child does not have (as after fork) it will get with the protection of that time.
                    if (entry.Has(Pte.HostMapped))
                    {
                        _ops.Protect(at, GuestAddress.PageSize, HostProtection(entry.Bits));
                    }

                    (*leaf)[index] = entry.Without(Pte.New);
                }
            }

            leaf->DirtyFrom = leaf->DirtyTo = 0;
            leaf->NextDirty = null;
            leaf->IsUsed = true;
            UpdateHostMappings(leaf);
            if (leaf->Used == 0)
            {
                RemoveLeaf(leaf);
            }
        }

        if (unmapTo.Value != 0)
        {
            FlushUnmap(ref unmapFrom, ref unmapTo);
        }
    }

    private void FlushUnmap(ref GuestAddress from, ref GuestAddress to)
    {
        _ops.Unmap(from, to - from);
        from = default;
        to = default;
    }

    private void RemoveLeaf(PageTableLeaf* leaf)
    {
        if (leaf->Chunk != FrameAllocator.NoChunk)
        {
            _frames.ReleaseChunk(leaf->Chunk);
        }

        _table.Remove(leaf);
    }

    /// <summary>Counts the host's mappings in a leaf: runs of the same protection and neighbouring frames.</summary>
    private void UpdateHostMappings(PageTableLeaf* leaf)
    {
        const ulong Same = (ulong)(Pte.Protection | Pte.HostMapped);
        int runs = 0;
        ulong previous = 0;
        for (int index = 0; index < PageTableLeaf.Entries; index++)
        {
            ulong entry = leaf->Entry[index];
            if ((entry & (ulong)Pte.HostMapped) != 0
                && !(((entry ^ previous) & Same) == 0 && entry >> GuestAddress.PageShift == (previous >> GuestAddress.PageShift) + 1))
            {
                runs++;
            }

            previous = entry;
        }

        int gained = runs - leaf->HostMappings;
        HostMappings += gained;
        _gainedMappings += int.Max(gained, 0);
        leaf->HostMappings = (ushort)runs;
    }

    /// <summary>Mappings that the host child has for the guest's pages, counted leaf by leaf: never less than
    /// the host's own number, which also merges across leaves.</summary>
    public int HostMappings { get; private set; }

    public int PeakHostMappings { get; private set; }

    /// <summary>The Pte protection bits are PROT_READ, PROT_WRITE and PROT_EXEC shifted by one.</summary>
    private static int HostProtection(Pte bits) => (int)(bits & Pte.Protection) >> 1;
}
