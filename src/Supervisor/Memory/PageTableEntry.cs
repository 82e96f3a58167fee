using System;

namespace UmlHost.Memory;

/// <summary>What a page-table entry says. The low bits; the frame number is in bits 12 and up.</summary>
[Flags]
internal enum Pte : ulong
{
    None = 0,

    /// <summary>A frame is here, and the entry owns one reference of it.</summary>
    Present = 1 << 0,

    /// <summary>The protection that the host child is to have. Write is absent while the frame is shared
    /// copy-on-write, whatever the VMA allows.</summary>
    Read = 1 << 1,
    Write = 1 << 2,
    Execute = 1 << 3,

    Protection = Read | Write | Execute,

    /// <summary>The host child maps something at this page: this frame, or one that was here before.</summary>
    HostMapped = 1 << 4,

    /// <summary>The host child must map the frame, or, if nothing is present, unmap what it has.</summary>
    NewPage = 1 << 5,

    /// <summary>The host child must change the protection.</summary>
    NewProtection = 1 << 6,

    New = NewPage | NewProtection,

    /// <summary>The frame belongs to a page cache (a file or shared memory), not to this address space.</summary>
    Cache = 1 << 7,

    /// <summary>Reserved by UmlHost: nothing is here and nothing ever will be.</summary>
    Sealed = 1 << 8,

    /// <summary>Written after a fork had shared it: the next fork had better copy it at once.</summary>
    Hot = 1 << 9,
}

/// <summary>One entry of a guest page table (Linux's pte_t with UML's bits): a frame and what the host child
/// knows of it.</summary>
internal readonly record struct PageTableEntry(ulong Value)
{
    private const int FrameShift = 12;

    public PageTableEntry(uint frame, Pte bits)
        : this(((ulong)frame << FrameShift) | (ulong)bits)
    {
    }

    public uint Frame => (uint)(Value >> FrameShift);

    public Pte Bits => (Pte)(Value & ((1UL << FrameShift) - 1));

    public bool Has(Pte bit) => (Value & (ulong)bit) != 0;

    public bool IsPresent => Has(Pte.Present);

    public PageTableEntry With(Pte set) => new(Value | (ulong)set);

    public PageTableEntry Without(Pte clear) => new(Value & ~(ulong)clear);
}
