using System;
using System.Globalization;

namespace UmlHost.Cli;

/// <summary>Sizes as people write them: <c>1048576</c>, <c>512M</c>, <c>2GiB</c>; K, M, G and T are powers of 1024.</summary>
internal static class ByteSize
{
    /// <returns>Null for what is no size or more than 2^63-1 bytes.</returns>
    public static ulong? Parse(string text)
    {
        ReadOnlySpan<char> rest = text;
        int digits = rest.IndexOfAnyExceptInRange('0', '9');
        ReadOnlySpan<char> unit = digits < 0 ? "" : rest[digits..];
        if (!ulong.TryParse(digits < 0 ? rest : rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            return null;
        }

        int shift = 0;
        if (!unit.IsEmpty)
        {
            int power = "BKMGT".IndexOf(char.ToUpperInvariant(unit[0]));
            string tail = unit[1..].ToString().ToUpperInvariant();
            if (power < 0 || (tail.Length > 0 && (power == 0 || (tail != "B" && tail != "IB"))))
            {
                return null;
            }

            shift = 10 * power;
        }

        return number <= (ulong)long.MaxValue >> shift ? number << shift : null;
    }

    /// <summary>"1.5 GiB": for people, to one decimal.</summary>
    public static string Show(ulong bytes)
    {
        ReadOnlySpan<string> units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}
