using System;
using System.Buffers.Text;
using System.Text;

namespace UmlHost.Fs;

/// <summary>A text as it grows.</summary>
internal sealed class TextBuffer
{
    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public TextBuffer Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        Length += text.Length;
        return this;
    }

    public TextBuffer Append(string text)
    {
        Length += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetByteCount(text)));
        return this;
    }

    /// <param name="width">At least as many characters, with spaces in front.</param>
    public TextBuffer Append(long value, int width = 0)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(value, digits, out int length);
        return Pad(length, width, (byte)' ').Append(digits[..length]);
    }

    /// <param name="width">At least as many digits, with zeros in front.</param>
    public TextBuffer AppendHex(ulong value, int width = 0)
    {
        Span<byte> digits = stackalloc byte[16];
        _ = Utf8Formatter.TryFormat(value, digits, out int length, 'x');
        return Pad(length, width, (byte)'0').Append(digits[..length]);
    }

    /// <param name="width">At least as many characters, with spaces in front.</param>
    public TextBuffer AppendSpacedHex(ulong value, int width)
    {
        Span<byte> digits = stackalloc byte[16];
        _ = Utf8Formatter.TryFormat(value, digits, out int length, 'x');
        return Pad(length, width, (byte)' ').Append(digits[..length]);
    }

    /// <param name="width">At least as many digits, with zeros in front.</param>
    public TextBuffer AppendDecimal(ulong value, int width)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(value, digits, out int length);
        return Pad(length, width, (byte)'0').Append(digits[..length]);
    }

    /// <param name="width">At least as many digits, with zeros in front.</param>
    public TextBuffer AppendOctal(uint value, int width = 0)
    {
        Span<byte> digits = stackalloc byte[11];
        int at = digits.Length;
        do
        {
            digits[--at] = (byte)('0' + (value & 7));
            value >>= 3;
        }
        while (value != 0);
        digits = digits[at..];
        return Pad(digits.Length, width, (byte)'0').Append(digits);
    }

    public TextBuffer Append(ulong value) => AppendDecimal(value, 0);

    /// <summary>A text with spaces after it up to a width.</summary>
    public TextBuffer AppendPadded(string text, int width)
    {
        int start = Length;
        return Append(text).PadTo(start + width);
    }

    /// <summary>Spaces up to a length of the whole.</summary>
    public TextBuffer PadTo(int length) => Pad(Length, length, (byte)' ');

    public void Clear() => Length = 0;

    private TextBuffer Pad(int length, int width, byte with)
    {
        int pad = width - length;
        if (pad > 0)
        {
            Room(pad)[..pad].Fill(with);
            Length += pad;
        }

        return this;
    }

    private Span<byte> Room(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
        }

        return _bytes.AsSpan(Length);
    }
}
