using System.Collections.Generic;

namespace UmlHost.Kernel;

/// <summary>What <c>umlhost run</c> was asked.</summary>
internal sealed record RunOptions
{
    /// <summary>The program's path as the guest sees it; with no slash it was looked for in PATH already.</summary>
    public required byte[] Program { get; init; }

    /// <summary>argv, the program's name first.</summary>
    public required IReadOnlyList<byte[]> Arguments { get; init; }

    public required IReadOnlyList<byte[]> Environment { get; init; }

    /// <summary>Most guest memory in bytes; 0 for no limit.</summary>
    public ulong MemoryLimit { get; init; }

    public bool Randomize { get; init; } = true;

    /// <summary>Read every page fault through the stub's handler, also those that the first stop could resolve:
    /// for tests of that path.</summary>
    public bool AlwaysReadFaultInfo { get; init; }
}
