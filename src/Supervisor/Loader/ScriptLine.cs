using System;

namespace UmlHost.Loader;

/// <summary>The <c>#!</c> line of a script, by Linux's rules (binfmt_script): only the first 256 bytes of the
/// file count, blanks and tabs separate, everything after the interpreter is one argument, a NUL ends either.</summary>
/// <param name="Interpreter">The interpreter's path.</param>
/// <param name="Argument">The one optional argument; null where there is none.</param>
internal sealed record ScriptLine(byte[] Interpreter, byte[]? Argument)
{
    /// <summary>BINPRM_BUF_SIZE: how much of a file decides what it is.</summary>
    public const int BufferSize = 256;

    public static bool IsScript(ReadOnlySpan<byte> firstBytes) => firstBytes.StartsWith("#!"u8);

    /// <summary>Reads the line. Null means ENOEXEC: no interpreter on it, or its path may be cut off by the
    /// end of the buffer.</summary>
    /// <param name="firstBytes">The first 256 bytes of the file; as many as there are.</param>
    public static ScriptLine? Parse(ReadOnlySpan<byte> firstBytes)
    {
        // Linux's buffer is zero-filled, and a NUL ends a path: a short file needs no newline.
        Span<byte> buffer = stackalloc byte[BufferSize];
        buffer.Clear();
        firstBytes[..Math.Min(firstBytes.Length, BufferSize)].CopyTo(buffer);

        // The newline counts only before the first NUL.
        int end = buffer.IndexOfAny((byte)'\n', (byte)0);
        bool hasNewline = end >= 0 && buffer[end] == '\n';
        if (!hasNewline)
        {
            const int last = BufferSize - 1;
            int first = NextNonBlank(buffer, 2, last);
            if (first < 0 || NextTerminator(buffer, first, last) < 0)
            {
                return null;
            }

            end = last;
        }

        while (IsBlank(buffer[end - 1]))
        {
            end--;
        }

        int name = NextNonBlank(buffer, 2, end);
        if (name < 0 || name == end)
        {
            return null;
        }

        int separator = NextTerminator(buffer, name, end);
        int argument = separator >= 0 && buffer[separator] != 0 ? NextNonBlank(buffer, separator, end) : -1;
        int nameEnd = separator >= 0 && separator < end ? separator : end;
        return new ScriptLine(
            CString(buffer[name..nameEnd]),
            argument >= 0 && separator < end ? CString(buffer[argument..end]) : null);
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    // Both look at [first, last], last included.
    private static int NextNonBlank(ReadOnlySpan<byte> buffer, int first, int last)
    {
        int found = first > last ? -1 : buffer[first..(last + 1)].IndexOfAnyExcept((byte)' ', (byte)'\t');
        return found < 0 ? -1 : first + found;
    }

    private static int NextTerminator(ReadOnlySpan<byte> buffer, int first, int last)
    {
        int found = first > last ? -1 : buffer[first..(last + 1)].IndexOfAny((byte)' ', (byte)'\t', (byte)0);
        return found < 0 ? -1 : first + found;
    }

    private static byte[] CString(ReadOnlySpan<byte> bytes)
    {
        int nul = bytes.IndexOf((byte)0);
        return (nul < 0 ? bytes : bytes[..nul]).ToArray();
    }
}
