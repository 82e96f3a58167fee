using System;
using System.Runtime.InteropServices;
using System.Text;

using UmlHost.Abi;
using UmlHost.Trace;

namespace UmlHost.Tests.Unit;

/// <summary>A page of guest memory at 0x1000, with nothing after it.</summary>
internal sealed class TraceMemory : IGuestMemoryReader
{
    public const ulong Start = 0x1000;

    private readonly byte[] _bytes = new byte[0x1000];
    private int _used;

    public int CopyIn(GuestAddress source, Span<byte> destination)
    {
        if (source.Value < Start || source.Value >= Start + (ulong)_bytes.Length)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = _bytes.AsSpan((int)(source.Value - Start));
        rest = rest[..Math.Min(rest.Length, destination.Length)];
        rest.CopyTo(destination);
        return rest.Length;
    }

    public ulong Put(ReadOnlySpan<byte> bytes)
    {
        ulong address = Start + (ulong)_used;
        bytes.CopyTo(_bytes.AsSpan(_used));
        _used = (_used + bytes.Length + 15) & ~15;
        return address;
    }

    public ulong Put(string text) => Put(Encoding.UTF8.GetBytes(text + "\0"));

    public ulong Put<T>(params ReadOnlySpan<T> values)
        where T : unmanaged => Put(MemoryMarshal.AsBytes(values));

    /// <summary>Bytes that end where memory ends.</summary>
    public ulong PutLast(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(_bytes.Length - bytes.Length));
        return Start + (ulong)(_bytes.Length - bytes.Length);
    }
}
