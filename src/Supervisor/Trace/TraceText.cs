using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

using UmlHost.Abi;

namespace UmlHost.Trace;

/// <summary>A piece of a trace line in the making, in strace's notation. What cannot be read from the guest is
/// shown as its address.</summary>
internal sealed partial class TraceText(IGuestMemoryReader memory)
{
    /// <summary>Bytes of a string or buffer that are shown, and elements of an array.</summary>
    private const int Shown = 32;

    private const int PathMax = 4096;

    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    public TraceText Append(string text)
    {
        _text.Append(text);
        return this;
    }

    private TraceText Number(long value)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{value}");
        return this;
    }

    private TraceText Unsigned(ulong value)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{value}");
        return this;
    }

    /// <summary>Hexadecimal with 0x, but for zero.</summary>
    private TraceText Hex(ulong value)
    {
        if (value == 0)
        {
            return Append("0");
        }

        _text.Append(CultureInfo.InvariantCulture, $"0x{value:x}");
        return this;
    }

    private TraceText Octal(uint value)
    {
        string digits = Convert.ToString(value, 8);
        _text.Append(digits.Length < 3 ? digits.PadLeft(3, '0') : "0" + digits);
        return this;
    }

    private TraceText Address(ulong address) => address == 0 ? Append("NULL") : Hex(address);

    private TraceText Name(SymbolTable table, long value)
    {
        table.Append(_text, value);
        return this;
    }

    private TraceText Signal(int signal)
    {
        if (signal is >= Native.Linux.SIGRTMIN and <= Native.Linux.SIGRTMAX)
        {
            return signal == Native.Linux.SIGRTMIN ? Append("SIGRTMIN") : Append("SIGRT_").Number(signal - Native.Linux.SIGRTMIN);
        }

        return Symbols.SignalNames.NameOf(signal) is { } name ? Append(name) : Number(signal);
    }

    private bool Read<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        return address != 0 && memory.CopyIn(new GuestAddress(address), bytes) == bytes.Length;
    }

    private delegate void Show<T>(in T value);

    /// <summary>The value at <paramref name="address"/>, or the address where there is none.</summary>
    private void At<T>(ulong address, Show<T> show)
        where T : unmanaged
    {
        if (Read(address, out T value))
        {
            show(in value);
        }
        else
        {
            Address(address);
        }
    }

    /// <summary>An array at <paramref name="address"/> in brackets: at most <see cref="Shown"/> elements.</summary>
    private unsafe void Array<T>(ulong address, ulong count, Show<T> show)
        where T : unmanaged
    {
        if (address == 0 || (count != 0 && !Read<T>(address, out _)))
        {
            Address(address);
            return;
        }

        Append("[");
        for (ulong i = 0; i < count; i++)
        {
            Append(i == 0 ? "" : ", ");
            ulong element = address + (i * (ulong)sizeof(T));
            if (i == Shown)
            {
                Append("...");
                break;
            }

            if (!Read(element, out T value))
            {
                Append("... /* ").Hex(element).Append(" */");
                break;
            }

            show(in value);
        }

        Append("]");
    }

    private void Buffer(ulong address, ulong length)
    {
        Span<byte> bytes = stackalloc byte[Shown];
        bytes = bytes[..(int)Math.Min(length, Shown)];
        if (address == 0 || memory.CopyIn(new GuestAddress(address), bytes) < bytes.Length)
        {
            Address(address);
            return;
        }

        Quoted(bytes);
        Append(length > Shown ? "..." : "");
    }

    /// <summary>A NUL-terminated string, of which at most <paramref name="limit"/> bytes are shown.</summary>
    private void String(ulong address, int limit = Shown)
    {
        Span<byte> bytes = limit < 64 ? stackalloc byte[64] : new byte[PathMax];
        int length = address == 0 ? 0 : memory.CopyIn(new GuestAddress(address), bytes[..(limit + 1)]);
        int end = bytes[..length].IndexOf((byte)0);
        if (end < 0 && length <= limit)
        {
            Address(address);
            return;
        }

        Quoted(bytes[..(end < 0 ? limit : end)]);
        Append(end < 0 ? "..." : "");
    }

    private void Path(ulong address) => String(address, PathMax - 1);

    private void Quoted(ReadOnlySpan<byte> bytes)
    {
        _text.Append('"');
        for (int i = 0; i < bytes.Length; i++)
        {
            char c = (char)bytes[i];
            switch (c)
            {
                case '"' or '\\':
                    _text.Append('\\').Append(c);
                    break;
                case '\t':
                    _text.Append("\\t");
                    break;
                case '\n':
                    _text.Append("\\n");
                    break;
                case '\v':
                    _text.Append("\\v");
                    break;
                case '\f':
                    _text.Append("\\f");
                    break;
                case '\r':
                    _text.Append("\\r");
                    break;
                case >= ' ' and <= '~':
                    _text.Append(c);
                    break;
                default:
                    // All three digits only where a digit follows that would be taken for another one.
                    bool digitFollows = i + 1 < bytes.Length && bytes[i + 1] is >= (byte)'0' and <= (byte)'9';
                    string octal = Convert.ToString(c, 8);
                    _text.Append('\\').Append(digitFollows ? octal.PadLeft(3, '0') : octal);
                    break;
            }
        }

        _text.Append('"');
    }
}
