using System;

using UmlHost.Abi;

namespace UmlHost.Trace;

/// <summary>Guest memory as far as a trace needs it.</summary>
internal interface IGuestMemoryReader
{
    /// <summary>Copies guest memory to <paramref name="destination"/> as far as it can.</summary>
    /// <returns>Bytes copied.</returns>
    int CopyIn(GuestAddress source, Span<byte> destination);
}
