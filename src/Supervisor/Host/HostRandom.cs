using System;

using UmlHost.Native;

namespace UmlHost.Host;

/// <summary>The host's random numbers.</summary>
internal static unsafe class HostRandom
{
    /// <summary>Fills as much as the host gives at once; bytes, or -errno.</summary>
    public static long Fill(Span<byte> bytes)
    {
        fixed (byte* to = bytes)
        {
            return LibC.getrandom(to, (nuint)bytes.Length, 0).Raw;
        }
    }
}
