using UmlHost.Fs;
using UmlHost.Memory;

namespace UmlHost.Kernel;

/// <summary>One guest thread (Linux's task_struct): what a system call handler works with.</summary>
internal sealed class GuestTask(MemoryMap memory, FdTable files)
{
    /// <summary>The thread id that the guest sees (gettid).</summary>
    public int Tid { get; init; }

    /// <summary>The address space (mm).</summary>
    public MemoryMap Memory { get; } = memory;

    public FdTable Files { get; } = files;
}
