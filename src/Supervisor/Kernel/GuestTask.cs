using System;

using UmlHost.Fs;
using UmlHost.Memory;

namespace UmlHost.Kernel;

/// <summary>One guest thread (Linux's task_struct): what a system call handler works with.</summary>
internal sealed class GuestTask(MemoryMap memory, FdTable files, FsContext fs)
{
    private byte[]? _scratch;

    /// <summary>The thread id that the guest sees (gettid).</summary>
    public int Tid { get; init; }

    /// <summary>The address space (mm).</summary>
    public MemoryMap Memory { get; } = memory;

    public FdTable Files { get; } = files;

    /// <summary>Working directory and umask.</summary>
    public FsContext Fs { get; } = fs;

    /// <summary>64 KiB for bytes on their way between a host call that may block and guest memory. Pinned; only for
    /// the time of one call, by the task's own thread.</summary>
    public byte[] Scratch => _scratch ??= GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
}
