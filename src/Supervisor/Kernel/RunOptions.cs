using System.Collections.Generic;

namespace UmlHost.Kernel;

/// <summary>What <c>umlhost run</c> was asked.</summary>
internal sealed record RunOptions
{
    /// <summary>The program's path as the guest sees it; without a slash it is looked for in PATH, inside.</summary>
    public required byte[] Program { get; init; }

    /// <summary>argv, the program's name first.</summary>
    public required IReadOnlyList<byte[]> Arguments { get; init; }

    public required IReadOnlyList<byte[]> Environment { get; init; }

    /// <summary>Most guest memory in bytes; 0 for no limit.</summary>
    public ulong MemoryLimit { get; init; }

    /// <summary>What the guest sees of the disk.</summary>
    public Fs.FileOptions Files { get; init; } = new();

    /// <summary>What uname tells; null for the host's name.</summary>
    public byte[]? HostName { get; init; }

    /// <summary>The guest's ids; null for the caller's.</summary>
    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public bool Randomize { get; init; } = true;

    /// <summary>Guests get a vDSO; else every reading of a clock is a system call.</summary>
    public bool Vdso { get; init; } = true;

    /// <summary>Read every page fault through the stub's handler, also those that the first stop could resolve:
    /// for tests of that path.</summary>
    public bool AlwaysReadFaultInfo { get; init; }
}
