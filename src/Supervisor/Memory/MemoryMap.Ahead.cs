using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Host;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// Mapping ahead of use. A batch costs a stop however little is in it, and a fault costs two: where pages are there
// already (in the page cache, or left by fork) and the guest is likely to touch them, they are mapped along with the
// next batch that runs anyway. Nothing depends on it: what was not mapped ahead is faulted in.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>Most operations in the waiting batch, so that it stays one.</summary>
    private const int MostAheadOps = StubLayout.BatchOps;

    /// <summary>Most pages of one area.</summary>
    private const ulong MostAheadPages = 512;

    /// <summary>Private data of a program no larger than this is copied at exec: its relocations are all over it.</summary>
    private const int MostCopiedAhead = 16;

    /// <summary>The bss of a program no larger than this is granted at exec.</summary>
    private const int MostGrantedAhead = 64;

    private const int MostAheadRanges = 64;

    private readonly List<(GuestAddress From, GuestAddress To)> _ahead = [];

    /// <summary>All of this map, which a program was just loaded into or which a fork has just made, is to be mapped
    /// as far as it is there.</summary>
    public void MapAllAhead()
    {
        lock (_mmapLock)
        {
            _ahead.Clear();
            _ahead.Add((default, GuestAddress.TaskSize));
        }
    }

    private void MapAhead(GuestAddress from, GuestAddress to)
    {
        if (_ahead.Count < MostAheadRanges)
        {
            _ahead.Add((from, to));
        }
    }

    /// <summary>Adds to the operations that are about to run.</summary>
    private void CollectAhead()
    {
        foreach ((GuestAddress from, GuestAddress to) in _ahead)
        {
            for (Vma? area = _areas.FindAtOrAbove(from); area is not null && area.Start < to && _ops.Count < MostAheadOps; area = _areas.Next(area))
            {
                if (area.IsReserved || area.Remapped is not null || area.Protection == PROT_NONE)
                {
                    continue;
                }

                if (area.Cache is not null && (!area.IsShared || area.Cache.File is null))
                {
                    TakeCachedPages(area);
                }
                else if (_isFresh && area.Cache is null && area.Length <= MostGrantedAhead * GuestAddress.PageSize)
                {
                    GrantAhead(area);
                }

                MapPresentPages(area);
            }
        }

        _ahead.Clear();
    }

    /// <summary>Enters the pages of an area's page cache that have been read already.</summary>
    private void TakeCachedPages(Vma area)
    {
        ulong first = area.CachePage(area.Start);
        ulong end = first + ulong.Min(area.Length >> GuestAddress.PageShift, MostAheadPages);
        Pte bits = Pte.Present | Pte.Cache | (area.IsShared ? area.PteProtection() : area.PteProtection() & ~Pte.Write);
        bool copied = IsProgramData(area);
        for (ulong page = first; page < end;)
        {
            GuestAddress at = area.Start + ((page - first) << GuestAddress.PageShift);
            PageTableLeaf* leaf = _table.FindOrAdd(at);
            int index = PageTableLeaf.IndexOf(at);
            int high = (int)ulong.Min(PageTableLeaf.Entries, (ulong)index + (end - page));
            int absentTo = index;
            while (absentTo < high && !(*leaf)[absentTo].IsPresent)
            {
                absentTo++;
            }

            if (absentTo == index)
            {
                page++;
                continue;
            }

            int count = area.Cache!.TakeCachedRun(page, page + (ulong)(absentTo - index), out ulong runFirst, out uint frame);
            if (count == 0)
            {
                page += (ulong)(absentTo - index);
                continue;
            }

            int from = index + (int)(runFirst - page);
            for (int entry = from; entry < from + count; entry++)
            {
                // Something that the child still has here is replaced, not mapped ahead.
                Pte left = (*leaf)[entry].Bits & Pte.HostMapped;
                (*leaf)[entry] = new PageTableEntry(frame + (uint)(entry - from), bits | (left == 0 ? 0 : left | Pte.NewPage));
            }

            _pages += count;
            if (copied)
            {
                for (int entry = from; entry < from + count && !(*leaf)[entry].Has(Pte.Write);)
                {
                    if (FaultWrite(area, leaf, entry, CopyRun) != FaultResult.Resolved)
                    {
                        break;
                    }

                    while (entry < from + count && (*leaf)[entry].Has(Pte.Write))
                    {
                        entry++;
                    }
                }
            }

            page = runFirst + (ulong)count;
        }
    }

    private void GrantAhead(Vma area)
    {
        for (GuestAddress at = area.Start; at < area.End && !_table[at].IsPresent; at = new GuestAddress((at.Value | (PageTable.LeafSpan - 1)) + 1))
        {
            if (FaultAnonymous(area, _table.FindOrAdd(at), PageTableLeaf.IndexOf(at)) != FaultResult.Resolved)
            {
                return;
            }
        }
    }

    private bool IsProgramData(Vma area) => _isFresh && !area.IsShared
        && (area.Protection & (PROT_WRITE | PROT_EXEC)) == PROT_WRITE && area.Length <= MostCopiedAhead * GuestAddress.PageSize;

    /// <summary>Maps what is present and unknown to the child.</summary>
    private void MapPresentPages(Vma area)
    {
        for (PageTableLeaf* leaf = _table.Next(area.Start, area.End); leaf != null && _ops.Count < MostAheadOps;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), area.End))
        {
            (int low, int high) = BoundsIn(area, leaf);
            for (int index = low; index < high && _ops.Count < MostAheadOps; index++)
            {
                PageTableEntry entry = (*leaf)[index];
                if (!entry.IsPresent || entry.Has(Pte.HostMapped))
                {
                    continue;
                }

                int to = index + 1;
                while (to < high && IsLike((*leaf)[to], entry, to - index))
                {
                    to++;
                }

                for (int at = index; at < to; at++)
                {
                    (*leaf)[at] = (*leaf)[at].With(Pte.HostMapped).Without(Pte.New);
                }

                MapOp(leaf, index, to, entry.Frame, entry.Bits);
                index = to - 1;
            }
        }
    }
}
