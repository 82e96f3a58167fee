using System;
using System.Buffers.Text;

namespace UmlHost.Proc;

/// <summary>Ids as names, and the inode numbers of files that are made anew by each lookup.</summary>
internal static class ProcessNumbers
{
    private const int IdShift = 24;
    private const int KindShift = 52;

    /// <param name="file">Below 2^24.</param>
    public static ulong Of(in ProcessSubject subject, NumberKind kind, uint file) =>
        ((ulong)kind << KindShift) | ((ulong)(uint)subject.Id << IdShift) | file;

    /// <summary>A decimal number as Linux writes it: no sign, no zero in front.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out int number) =>
        Utf8Parser.TryParse(name, out number, out int used) && used == name.Length && number >= 0 && (name.Length == 1 || name[0] is >= (byte)'1' and <= (byte)'9');

    public static byte[] Name(int number)
    {
        Span<byte> digits = stackalloc byte[11];
        _ = Utf8Formatter.TryFormat(number, digits, out int length);
        return digits[..length].ToArray();
    }
}

/// <summary>What kind of file an inode number is of.</summary>
internal enum NumberKind
{
    Process = 1,
    Thread,
    Descriptor,
    DescriptorText,
    Namespace,
}
