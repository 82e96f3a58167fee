using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;

namespace UmlHost.Sockets;

/// <summary>Bytes on their way to a socket, with what came with them (Linux's sk_buff and unix_skb_parms). Kept with
/// a page of native memory for the next message, so that sending allocates nothing. Owned by one task at a
/// time, or by a queue under its socket's lock. Lock of the kept ones: <c>message pool lock</c>, a leaf.</summary>
internal sealed unsafe class SocketMessage
{
    /// <summary>The most bytes of a stream that are one message.</summary>
    public const int MaxStreamBytes = 48768;

    private const int MostKept = 256;
    private const int MaxHeadBytes = 4096 - SharedInfo, MaxLinearBytes = (4 * 4096) - SharedInfo, SharedInfo = 320, Header = 256;
    private const int MaxFragments = 17;

    private static readonly Lock s_poolLock = new();
    private static SocketMessage? s_kept;
    private static int s_keptCount;

    private readonly byte* _page = PipePages.Take();
    private byte* _large;
    private int _offset;

    private SocketMessage()
    {
    }

    public SocketMessage? Next { get; set; }

    /// <summary>Bytes that have not been read.</summary>
    public int Length { get; private set; }

    /// <summary>Who is charged for it until it is read.</summary>
    public UnixSocket? Sender { get; private set; }

    /// <summary>What it is charged: Linux's truesize, which decides when a sender must wait.</summary>
    public int Charge { get; private set; }

    /// <summary>The process that sent it; null where nobody asked for credentials when it was sent.</summary>
    public ThreadGroup? Process { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>Open files that go with it.</summary>
    public FlightFiles? Files { get; set; }

    /// <summary>In the queue of a listening socket: the connection's end that accept takes.</summary>
    public UnixSocket? Connection { get; set; }

    /// <summary>A peek has seen it (of a message without bytes, SO_PEEK_OFF says nothing else).</summary>
    public bool WasPeeked { get; set; }

    public Span<byte> Bytes => new((_large == null ? _page : _large) + _offset, Length);

    /// <summary>Room for <paramref name="length"/> bytes, charged to <paramref name="sender"/>.</summary>
    public static SocketMessage Take(int length, UnixSocket? sender, bool stream)
    {
        SocketMessage? message;
        lock (s_poolLock)
        {
            message = s_kept;
            if (message is not null)
            {
                s_kept = message.Next;
                s_keptCount--;
            }
        }

        message ??= new SocketMessage();
        message.Next = null;
        message._offset = 0;
        message.Length = length;
        message._large = length > PipePages.PageSize ? (byte*)NativeMemory.Alloc((nuint)length) : null;
        message.WasPeeked = false;
        message.Sender = sender;
        message.Charge = ChargeOf(length, stream);
        sender?.Charged(message.Charge);
        return message;
    }

    /// <summary>Moves past bytes that have been read.</summary>
    public void Consume(int bytes)
    {
        _offset += bytes;
        Length -= bytes;
    }

    /// <summary>It was read, or never sent: the sender has its room back. Its files must be taken out first. Without
    /// locks.</summary>
    public void Free()
    {
        Sender?.Uncharged(Charge);
        Sender = null;
        Process = null;
        Connection = null;
        if (_large != null)
        {
            NativeMemory.Free(_large);
            _large = null;
        }

        lock (s_poolLock)
        {
            if (s_keptCount < MostKept)
            {
                Next = s_kept;
                s_kept = this;
                s_keptCount++;
                return;
            }
        }

        PipePages.Return(_page);
    }

    /// <summary>Whether the same process sent both, as the same user.</summary>
    public bool HasSameSender(SocketMessage other) => Process == other.Process && Uid == other.Uid && Gid == other.Gid;

    /// <summary>Linux's skb->truesize of a message: a head in a power of two, the rest in pages.</summary>
    internal static int ChargeOf(int length, bool stream)
    {
        int inPages = stream
            ? int.Min(length, PageUp(int.Max(0, length - MaxHeadBytes)))
            : length > MaxLinearBytes ? PageUp(int.Min(length - MaxLinearBytes, MaxFragments * 4096)) : 0;
        int head = ((length - inPages + 63) & ~63) + SharedInfo;
        return (int)BitOperations.RoundUpToPowerOf2((uint)int.Max(head, 512)) + Header + PageUp(inPages);
    }

    private static int PageUp(int bytes) => (bytes + 4095) & ~4095;
}

/// <summary>Messages in the order in which they came. The socket lock of its owner.</summary>
internal struct MessageQueue
{
    private SocketMessage? _last;

    public SocketMessage? First { get; private set; }

    public int Count { get; private set; }

    public readonly bool IsEmpty => First is null;

    public void Add(SocketMessage message)
    {
        if (_last is null)
        {
            First = message;
        }
        else
        {
            _last.Next = message;
        }

        _last = message;
        Count++;
    }

    public SocketMessage RemoveFirst()
    {
        SocketMessage message = First!;
        First = message.Next;
        if (First is null)
        {
            _last = null;
        }

        message.Next = null;
        Count--;
        return message;
    }

    /// <summary>Takes out one that is in the queue.</summary>
    public void Remove(SocketMessage message)
    {
        if (message == First)
        {
            RemoveFirst();
            return;
        }

        SocketMessage before = First!;
        while (before.Next != message)
        {
            before = before.Next!;
        }

        before.Next = message.Next;
        if (_last == message)
        {
            _last = before;
        }

        message.Next = null;
        Count--;
    }

    /// <summary>Takes everything: the first of a chain.</summary>
    public SocketMessage? TakeAll()
    {
        SocketMessage? first = First;
        First = _last = null;
        Count = 0;
        return first;
    }
}
