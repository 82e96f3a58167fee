using System;
using System.Buffers.Binary;

using UmlHost.Abi;

namespace UmlHost.Trace;

// What belongs to sockets.
internal sealed partial class TraceText
{
    private const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;

    private void SocketOption(int level, int option)
    {
        SymbolTable? table = level switch { 1 => Symbols.SocketOption, 6 => Symbols.TcpOption, _ => null };
        if (table is null)
        {
            Number(option);
        }
        else
        {
            Name(table, option);
        }
    }

    private void Option(ulong address, uint length)
    {
        if (length == 4)
        {
            At(address, (in int n) => Append("[").Number(n).Append("]"));
        }
        else
        {
            Buffer(address, length);
        }
    }

    private void SockAddr(ulong address, uint length)
    {
        Span<byte> bytes = stackalloc byte[128];
        bytes.Clear();
        Span<byte> given = bytes[..(int)Math.Min(length, 128)];
        if (address == 0 || length < 2 || memory.CopyIn(new GuestAddress(address), given) < given.Length)
        {
            Address(address);
            return;
        }

        int family = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        Append("{sa_family=").Name(Symbols.SockDomain, family);
        switch (family)
        {
            case AF_UNIX when length > 2:
                bool isAbstract = bytes[2] == 0;
                ReadOnlySpan<byte> path = isAbstract ? given[3..] : given[2..].IndexOf((byte)0) is >= 0 and int end ? given.Slice(2, end) : given[2..];
                Append(isAbstract ? ", sun_path=@" : ", sun_path=").Quoted(path);
                break;
            case AF_INET when length >= 16:
                Append(", sin_port=htons(").Number(BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])).Append("), sin_addr=inet_addr(\"");
                Append(new System.Net.IPAddress(bytes.Slice(4, 4)).ToString()).Append("\")");
                break;
            case AF_INET6 when length >= 28:
                Append(", sin6_port=htons(").Number(BinaryPrimitives.ReadUInt16BigEndian(bytes[2..])).Append("), sin6_flowinfo=htonl(");
                Unsigned(BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])).Append("), inet_pton(AF_INET6, \"");
                Append(new System.Net.IPAddress(bytes.Slice(8, 16)).ToString()).Append("\", &sin6_addr), sin6_scope_id=");
                Unsigned(BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]));
                break;
            default:
                Append(", sa_data=").Quoted(given[2..]);
                break;
        }

        Append("}");
    }

    private void MsgHdr(ulong address, ulong bytes)
    {
        if (!Read(address, out Header header))
        {
            Address(address);
            return;
        }

        Append("{msg_name=");
        SockAddr(header.Name, (uint)header.NameLength);
        Append(", msg_namelen=").Unsigned((uint)header.NameLength).Append(", msg_iov=");
        Iovec(header.Iov, header.IovLength, bytes);
        Append(", msg_iovlen=").Unsigned(header.IovLength);
        if (header.ControlLength != 0)
        {
            Append(", msg_control=").Address(header.Control);
        }

        Append(", msg_controllen=").Unsigned(header.ControlLength).Append(", msg_flags=").Name(Symbols.MsgFlags, (uint)header.Flags).Append("}");
    }

    /// <summary>struct msghdr (the kernel's user_msghdr).</summary>
    private readonly record struct Header(ulong Name, ulong NameLength, ulong Iov, ulong IovLength, ulong Control, ulong ControlLength, ulong Flags);
}
