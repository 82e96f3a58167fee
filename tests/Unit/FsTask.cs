using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;

namespace UmlHost.Tests.Unit;

internal static class FsTask
{
    // Calls look at more than memory and files: a write to a broken pipe sends a signal to the process.
    private static readonly Lazy<Machine> s_machine = new(() => Machine.Create(
        new RunOptions { Program = [], Arguments = [], Environment = [] }, out string? failure) ?? throw new InvalidOperationException(failure));

    /// <summary>A task that only its memory and files are asked of.</summary>
    public static GuestTask Create(MemoryMap memory, FdTable files, FsContext fs)
        => new(2, new ThreadGroup(s_machine.Value, 2) { Limits = ResourceLimits.OfCaller() }, memory, files, fs)
        {
            Credentials = Credentials.OfCaller(),
            Host = null!,
        };
}
