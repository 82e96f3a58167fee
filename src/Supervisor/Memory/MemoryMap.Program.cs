using System;

using UmlHost.Abi;
using UmlHost.Loader;

namespace UmlHost.Memory;

/// <summary>Where a program was put (start_code and its like in Linux's mm_struct).</summary>
internal readonly record struct ProgramLayout(GuestAddress CodeStart, GuestAddress CodeEnd, GuestAddress DataStart, GuestAddress DataEnd, GuestAddress StackStart)
{
    /// <summary>Pages of code.</summary>
    public ulong CodePages => (CodeEnd.PageUp - CodeStart.PageDown) >> GuestAddress.PageShift;
}

// What /proc tells of the program, and of single pages.
internal sealed partial class MemoryMap
{
    public ProgramLayout Program { get; private set; }

    /// <summary>As the program found it on its stack, with its AT_NULL.</summary>
    public byte[] AuxiliaryVector { get; private set; } = [];

    /// <summary>/proc/PID/coredump_filter: which areas a core dump would have. There are none.</summary>
    public uint CoredumpFilter { get; set; } = 0x33;

    /// <summary>Where the loader has put the program.</summary>
    internal void SetProgram(SegmentPlan plan, GuestAddress stack, byte[] auxiliaryVector)
    {
        Program = new ProgramLayout(plan.StartCode, plan.EndCode, plan.StartData, plan.EndData, stack);
        AuxiliaryVector = auxiliaryVector;
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
}
