namespace UmlHost.Host;

/// <summary>Where the stub is in every host child and what its pages hold: the supervisor's side of
/// <c>stub/layout.h</c>. <see cref="StubImage"/> compares the two at start.</summary>
internal static class StubLayout
{
    public const ulong PageSize = 0x1000;
    public const ulong Start = 0x100000;
    public const ulong Code = Start;
    public const ulong Batch = Code + PageSize;
    public const ulong Data = Batch + PageSize;
    public const int DataPages = 8;
    public const ulong DataSize = DataPages * PageSize;
    public const ulong FaultInfoSize = 64;
    public const ulong SignalStack = Data + FaultInfoSize;
    public const ulong SignalStackSize = DataSize - FaultInfoSize;

    /// <summary>Where <see cref="Host.HostVdso"/> is.</summary>
    public const ulong HostVdso = Data + DataSize;
    public const int HostVdsoPages = 32;
    public const int HostVdsoParts = 4;
    public const ulong End = HostVdso + (HostVdsoPages * PageSize);

    public const int OpSize = 64;

    /// <summary>Operations that one resume can run; the entry after them ends the batch.</summary>
    public const int BatchOps = ((int)PageSize / OpSize) - 1;

    public const int MemoryFd = 0;

    /// <summary>In the batch page while a child comes up.</summary>
    public const int InitOps = 0x100;
    public const int InitAux = 0x800;

    public const ulong Magic = 0x31627574536c6d55;

    public static string ExitReason(int status) => status switch
    {
        101 => "the stub executable was started without its argument",
        102 => $"the stub pages could not be mapped at 0x{Start:x}-0x{End:x} (vm.mmap_min_addr?)",
        103 => "the stub's parent was gone",
        106 => "the host's vDSO could not be moved",
        105 => "the stub could not make itself an empty address space (is seccomp there?)",
        104 => "prctl(PR_SET_PDEATHSIG) was refused",
        _ => $"the stub executable ended with status {status}",
    };
}
