using System.Collections.Generic;

namespace UmlHost.Fs;

/// <summary>What a guest sees of the disk, as <c>umlhost run</c> was asked. Paths are bytes without a NUL.</summary>
internal sealed record FileOptions
{
    /// <summary>The host directory that is the guest's root.</summary>
    public byte[] Root { get; init; } = "/"u8.ToArray();

    /// <summary>More file systems, in the order in which they are mounted.</summary>
    public IReadOnlyList<FileMount> Mounts { get; init; } = [];

    /// <summary>The working directory inside; null for the supervisor's own.</summary>
    public byte[]? WorkingDirectory { get; init; }
}

/// <summary>One of --bind, --bind-rw and --tmpfs.</summary>
/// <param name="Source">The host's path; null for a tmpfs.</param>
/// <param name="Target">Where it is to be, an absolute path inside.</param>
/// <param name="IsWritable">Writes go to the host.</param>
/// <param name="Limit">Most bytes of a tmpfs; 0 for no limit.</param>
internal sealed record FileMount(byte[]? Source, byte[] Target, bool IsWritable, ulong Limit);
