using System;
using System.Collections.Generic;

using UmlHost.Abi;

namespace UmlHost.Memory;

// What /proc tells of an address space. Counting resident pages asks the host: frames are granted in runs, ahead of
// their use, and only the host knows which have been touched.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>What is looked at for a higher peak: a change that takes at least so many pages away.</summary>
    private const ulong MuchMemory = 1024 * GuestAddress.PageSize;

    private ulong _peakResident;

    /// <summary>All counters. Walks the page table.</summary>
    public MemoryUsage Usage()
    {
        lock (_mmapLock)
        {
            PagesUsage anonymous = default;
            PagesUsage file = default;
            PagesUsage shared = default;
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                PagesUsage pages = Count(area);
                ref PagesUsage cached = ref area.Cache?.File is null ? ref shared : ref file;
                cached = cached with { Resident = cached.Resident + pages.Resident - pages.Anonymous };
                anonymous = anonymous with { Resident = anonymous.Resident + pages.Anonymous };
            }

            _peakResident = Math.Max(_peakResident, anonymous.Resident + file.Resident + shared.Resident);
            return new MemoryUsage(
                _totalPages, _peakTotalPages, _lockedPages, _dataPages, _stackPages, _executablePages,
                anonymous.Resident, file.Resident, shared.Resident, _peakResident, (ulong)_table.Leaves * (ulong)sizeof(PageTableLeaf));
        }
    }

    /// <summary>Every area, in address order.</summary>
    /// <param name="countPages">For smaps; maps does without.</param>
    public List<AreaUsage> Areas(bool countPages)
    {
        lock (_mmapLock)
        {
            List<AreaUsage> areas = new(_areas.Count);
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                if (area.IsReserved)
                {
                    continue;
                }

                MappedFile? file = area.Cache?.File;
                areas.Add(new AreaUsage(
                    area.Start, area.End, area.Protection, area.Flags, file is null ? 0 : area.Offset,
                    file?.Device ?? (area.Cache is null ? 0 : 1UL), file?.Inode ?? area.Cache?.Serial ?? 0, NameOf(area), countPages ? Count(area) : default));
            }

            return areas;
        }
    }

    private string NameOf(Vma area)
        => area.Cache?.File is { } file ? file.Path
            : area.Cache is not null ? (area.Name is null ? "/dev/zero (deleted)" : $"[anon_shmem:{area.Name}]")
            : area.Start <= BreakEnd && area.End > BreakStart && BreakEnd != BreakStart ? "[heap]"
            : area.Start <= ArgStart && area.End > ArgStart ? "[stack]"
            : area.Name is not null ? $"[anon:{area.Name}]"
            : "";

    /// <summary>Before much is taken away.</summary>
    private void NotePeak(ulong bytes)
    {
        // More than are present cannot be resident.
        if (bytes >= MuchMemory && (ulong)_pages > _peakResident)
        {
            ulong resident = 0;
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                resident += Count(area).Resident;
            }

            _peakResident = Math.Max(_peakResident, resident);
        }
    }

    private PagesUsage Count(Vma area)
    {
        ulong resident = 0;
        ulong proportional = 0;
        ulong anonymous = 0;
        ulong sharedClean = 0;
        ulong sharedDirty = 0;
        ulong privateClean = 0;
        ulong privateDirty = 0;
        Span<byte> touched = stackalloc byte[PageTableLeaf.Entries];
        for (PageTableLeaf* leaf = _table.Next(area.Start, area.End); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), area.End))
        {
            (int low, int high) = BoundsIn(area, leaf);
            for (int index = low; index < high;)
            {
                PageTableEntry entry = (*leaf)[index];
                if (!entry.IsPresent)
                {
                    index++;
                    continue;
                }

                int to = index + 1;
                while (to < high && (*leaf)[to].IsPresent && (*leaf)[to].Frame == entry.Frame + (uint)(to - index)
                    && (*leaf)[to].Has(Pte.Cache) == entry.Has(Pte.Cache))
                {
                    to++;
                }

                Span<byte> run = touched[..(to - index)];
                bool known = _frames.Resident(entry.Frame, run);
                for (int page = 0; page < run.Length; page++)
                {
                    if (known && (run[page] & 1) == 0)
                    {
                        continue;
                    }

                    // Of a page cache's page one reference is the cache's own.
                    int users = Math.Max(1, _frames.References(entry.Frame + (uint)page) - (entry.Has(Pte.Cache) ? 1 : 0));
                    bool clean = entry.Has(Pte.Cache) && area.Cache!.IsClean(area.CachePage(new GuestAddress(leaf->Start + ((ulong)(index + page) << GuestAddress.PageShift))));
                    resident++;
                    anonymous += entry.Has(Pte.Cache) ? 0UL : 1;
                    proportional += GuestAddress.PageSize / (ulong)users;
                    (users > 1 ? ref (clean ? ref sharedClean : ref sharedDirty) : ref (clean ? ref privateClean : ref privateDirty))++;
                }

                index = to;
            }
        }

        return new PagesUsage(resident, proportional, sharedClean, sharedDirty, privateClean, privateDirty, anonymous);
    }
}
