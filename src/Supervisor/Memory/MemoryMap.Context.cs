namespace UmlHost.Memory;

// What belongs to an address space besides its pages.
internal sealed partial class MemoryMap
{
    /// <summary>PR_SET_DUMPABLE: 1 lets processes of the same user look into it.</summary>
    public int Dumpable { get; set; } = 1;

    /// <summary>PR_SET_THP_DISABLE. Huge pages are the host's affair.</summary>
    public bool IsHugePageDisabled { get; set; }

    public LocalDescriptorTable Ldt { get; } = new();

    /// <summary>For a fork.</summary>
    private void CopyContext(MemoryMap from)
    {
        Dumpable = from.Dumpable;
        RegisterBarrier(from.Barriers);
        IsHugePageDisabled = from.IsHugePageDisabled;
        Ldt.CopyFrom(from.Ldt);
        Program = from.Program;
        AuxiliaryVector = from.AuxiliaryVector;
        CoredumpFilter = from.CoredumpFilter;
    }
}
