namespace UmlHost.Memory;

/// <summary>Page faults of one address space by kind, for the report. Under the mmap lock.</summary>
internal sealed class FaultCounters
{
    /// <summary>Fresh anonymous memory was granted.</summary>
    public long Anonymous;

    /// <summary>Pages of a file or a shared object were mapped.</summary>
    public long File;

    /// <summary>Pages were copied on a write.</summary>
    public long CopyOnWrite;

    /// <summary>A write to pages with no other user: only the protection changed.</summary>
    public long Reused;

    /// <summary>Pages that were present but that the host child did not have yet, as after fork.</summary>
    public long Unmapped;

    /// <summary>Nothing was left to do but to let the guest go on: another thread or a pending batch had it.</summary>
    public long Spurious;

    /// <summary>The guest's own error.</summary>
    public long Violations;

    /// <summary>Pages made present by all of them.</summary>
    public long Pages;

    public long Total => Anonymous + File + CopyOnWrite + Reused + Unmapped + Spurious + Violations;

    public void Add(FaultCounters other)
    {
        Anonymous += other.Anonymous;
        File += other.File;
        CopyOnWrite += other.CopyOnWrite;
        Reused += other.Reused;
        Unmapped += other.Unmapped;
        Spurious += other.Spurious;
        Violations += other.Violations;
        Pages += other.Pages;
    }
}
