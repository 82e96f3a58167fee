using System;

using UmlHost.Abi;
using UmlHost.Loader;

namespace UmlHost.Memory;

/// <summary>What an address space takes, in pages, as /proc shows it (Linux's mm counters).</summary>
internal readonly record struct MemoryUsage
{
    /// <summary>total_vm and its peak.</summary>
    public ulong Total { get; init; }

    public ulong Peak { get; init; }

    /// <summary>data_vm, stack_vm, exec_vm, locked_vm.</summary>
    public ulong Data { get; init; }

    public ulong Stack { get; init; }

    public ulong Executable { get; init; }

    public ulong Locked { get; init; }

    /// <summary>The program's own code, of <see cref="Executable"/>.</summary>
    public ulong Text { get; init; }

    public ulong ResidentAnonymous { get; init; }

    public ulong ResidentFile { get; init; }

    public ulong ResidentShared { get; init; }

    public ulong Resident => ResidentAnonymous + ResidentFile + ResidentShared;

    /// <summary>Most that was seen resident; looked at when somebody asks.</summary>
    public ulong PeakResident { get; init; }

    /// <summary>Page tables.</summary>
    public ulong Tables { get; init; }
}

/// <summary>The pages of one area that are there, for smaps; in pages but for <see cref="ProportionalBytes"/>.</summary>
internal struct AreaUsage
{
    public ulong Resident;

    /// <summary>Not a file's: the process's own.</summary>
    public ulong Anonymous;

    /// <summary>In no other address space.</summary>
    public ulong PrivateClean;
    public ulong PrivateDirty;
    public ulong SharedClean;
    public ulong SharedDirty;

    /// <summary>Each page divided by the number of address spaces that have it (Pss), and what of it is dirty.</summary>
    public ulong ProportionalBytes;
    public ulong ProportionalDirtyBytes;
    public ulong ProportionalAnonymousBytes;

    public void Add(in AreaUsage other)
    {
        Resident += other.Resident;
        Anonymous += other.Anonymous;
        PrivateClean += other.PrivateClean;
        PrivateDirty += other.PrivateDirty;
        SharedClean += other.SharedClean;
        SharedDirty += other.SharedDirty;
        ProportionalBytes += other.ProportionalBytes;
        ProportionalDirtyBytes += other.ProportionalDirtyBytes;
        ProportionalAnonymousBytes += other.ProportionalAnonymousBytes;
    }
}

/// <summary>Where a program was put (start_code and its like in Linux's mm_struct).</summary>
internal readonly record struct ProgramLayout(GuestAddress CodeStart, GuestAddress CodeEnd, GuestAddress DataStart, GuestAddress DataEnd, GuestAddress StackStart);

// What is there, for those who look from outside. All of it is slow: it walks the page table, and asks the host which of
// the frames that were granted ahead have been touched.
internal sealed unsafe partial class MemoryMap
{
    private ulong _peakResident;

    public ProgramLayout Program { get; private set; }

    /// <summary>As the program found it on its stack, with its AT_NULL.</summary>
    public byte[] AuxiliaryVector { get; private set; } = [];

    /// <summary>/proc/PID/coredump_filter: which areas a core dump would have. There are none.</summary>
    public uint CoredumpFilter { get; set; } = 0x33;

    public MemoryUsage Usage
    {
        get
        {
            lock (_mmapLock)
            {
                ulong anonymous = 0, file = 0, shared = 0;
                for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
                {
                    AreaUsage usage = UsageOf(area);
                    anonymous += usage.Anonymous;
                    if (area.Cache?.File is { IsMemory: false })
                    {
                        file += usage.Resident - usage.Anonymous;
                    }
                    else
                    {
                        shared += usage.Resident - usage.Anonymous;
                    }
                }

                _peakResident = Math.Max(_peakResident, anonymous + file + shared);
                return new MemoryUsage
                {
                    Total = _totalPages,
                    Peak = Math.Max(_peakTotalPages, _totalPages),
                    Data = _dataPages,
                    Stack = _stackPages,
                    Executable = _executablePages,
                    Locked = _lockedPages,
                    Text = Math.Min(_executablePages, (Program.CodeEnd.PageUp - Program.CodeStart.PageDown) >> GuestAddress.PageShift),
                    ResidentAnonymous = anonymous,
                    ResidentFile = file,
                    ResidentShared = shared,
                    PeakResident = _peakResident,
                    Tables = (ulong)_table.Leaves + 3,
                };
            }
        }
    }

    /// <summary>Where the loader has put the program.</summary>
    internal void SetProgram(SegmentPlan plan, GuestAddress stack, byte[] auxiliaryVector)
    {
        Program = new ProgramLayout(plan.StartCode, plan.EndCode, plan.StartData, plan.EndData, stack);
        AuxiliaryVector = auxiliaryVector;
    }

    /// <summary>What of an area is there. For visitors of <see cref="VisitAreas"/>, who hold the mmap lock.</summary>
    public AreaUsage UsageOf(Vma area)
    {
        AreaUsage usage = default;
        if (area.IsReserved)
        {
            return usage;
        }

        Span<byte> touched = stackalloc byte[PageTableLeaf.Entries];
        for (PageTableLeaf* leaf = _table.Next(area.Start, area.End); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), area.End))
        {
            int low = area.Start.Value > leaf->Start ? PageTableLeaf.IndexOf(area.Start) : 0;
            int high = area.End.Value < leaf->Start + PageTable.LeafSpan ? PageTableLeaf.IndexOf(area.End) : PageTableLeaf.Entries;
            for (int index = low; index < high;)
            {
                PageTableEntry entry = (*leaf)[index];
                if (!entry.IsPresent)
                {
                    index++;
                    continue;
                }

                int end = index + 1;
                while (end < high && (*leaf)[end].IsPresent && (*leaf)[end].Has(Pte.Cache) == entry.Has(Pte.Cache)
                    && (*leaf)[end].Frame == entry.Frame + (uint)(end - index))
                {
                    end++;
                }

                Span<byte> run = touched[..(end - index)];
                if (entry.Has(Pte.Cache) || !_frames.Resident(entry.Frame, run))
                {
                    run.Fill(1);
                }

                AddRun(ref usage, entry, run, area);
                index = end;
            }
        }

        return usage;
    }

    /// <summary>/proc/PID/pagemap's words for the pages from <paramref name="start"/> on: present, and whether a file's;
    /// never the frame.</summary>
    public void PageMap(GuestAddress start, Span<ulong> words)
    {
        const ulong present = 1UL << 63, file = 1UL << 61, exclusive = 1UL << 56;
        lock (_mmapLock)
        {
            for (int index = 0; index < words.Length; index++)
            {
                GuestAddress at = start + ((ulong)index << GuestAddress.PageShift);
                PageTableEntry entry = at < GuestAddress.TaskSize ? _table[at] : default;
                byte touched = 1;
                bool isThere = entry.IsPresent && !entry.Has(Pte.Sealed)
                    && (entry.Has(Pte.Cache) || !_frames.Resident(entry.Frame, new Span<byte>(ref touched)) || (touched & 1) != 0);
                words[index] = !isThere ? 0
                    : present | (entry.Has(Pte.Cache) ? file : 0) | (_frames.References(entry.Frame) == 1 ? exclusive : 0);
            }
        }
    }

    private void AddRun(ref AreaUsage usage, PageTableEntry first, ReadOnlySpan<byte> touched, Vma area)
    {
        bool isCache = first.Has(Pte.Cache);
        bool isDirty = !isCache || area.Cache?.File is null or { IsMemory: true };
        for (int index = 0; index < touched.Length; index++)
        {
            if ((touched[index] & 1) == 0)
            {
                continue;
            }

            // One reference of a cached page is the cache's.
            int users = Math.Max(1, _frames.References(first.Frame + (uint)index) - (isCache ? 1 : 0));
            ulong part = GuestAddress.PageSize / (ulong)users;
            usage.Resident++;
            usage.Anonymous += isCache ? 0ul : 1;
            usage.ProportionalBytes += part;
            usage.ProportionalDirtyBytes += isDirty ? part : 0;
            usage.ProportionalAnonymousBytes += isCache ? 0 : part;
            ref ulong kind = ref usage.PrivateClean;
            kind = ref users > 1 ? ref isDirty ? ref usage.SharedDirty : ref usage.SharedClean : ref isDirty ? ref usage.PrivateDirty : ref usage.PrivateClean;
            kind++;
        }
    }
}
