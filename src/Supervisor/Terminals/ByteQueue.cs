using System;

namespace UmlHost.Terminals;

/// <summary>A ring of bytes of a fixed size. Its owner's lock.</summary>
internal sealed class ByteQueue(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private int _start;

    public int Count { get; private set; }

    public int Room => _bytes.Length - Count;

    /// <summary>The first bytes, as many as lie together.</summary>
    public ReadOnlySpan<byte> Front => _bytes.AsSpan(_start, Math.Min(Count, _bytes.Length - _start));

    /// <summary>Appends all of it; there is room.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        int end = (_start + Count) % _bytes.Length;
        int first = Math.Min(bytes.Length, _bytes.Length - end);
        bytes[..first].CopyTo(_bytes.AsSpan(end));
        bytes[first..].CopyTo(_bytes);
        Count += bytes.Length;
    }

    public void Skip(int count)
    {
        Count -= count;
        _start = Count == 0 ? 0 : (_start + count) % _bytes.Length;
    }

    /// <summary>Moves as many as there are and fit.</summary>
    public int Take(Span<byte> to)
    {
        int done = 0;
        while (done < to.Length && Count > 0)
        {
            ReadOnlySpan<byte> front = Front;
            front = front[..Math.Min(front.Length, to.Length - done)];
            front.CopyTo(to[done..]);
            Skip(front.Length);
            done += front.Length;
        }
        return done;
    }

    /// <summary>Keeps at most the first <paramref name="count"/>.</summary>
    public void Truncate(int count) => Count = Math.Min(Count, count);
}
