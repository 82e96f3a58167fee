using System;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The vDSO that the host gives each process: code, and data pages that the host keeps current. A child moves
/// it into the stub range when it comes up and keeps it, whatever guests come and go: the guests' own vDSO reads time
/// through it. What is found here in the supervisor's own memory is the same in every process.</summary>
internal static unsafe class HostVdso
{
    private static readonly byte* s_image;
    private static readonly Part[] s_parts = Find(out s_image);

    /// <summary>One of the areas it consists of: struct stub_init's host_vdso.</summary>
    /// <param name="Offset">Bytes from the start of its code (AT_SYSINFO_EHDR).</param>
    /// <param name="Size">Bytes.</param>
    internal readonly record struct Part(long Offset, ulong Size);

    /// <summary>In the order of their addresses; none if the host has no vDSO.</summary>
    public static ReadOnlySpan<Part> Parts => s_parts;

    /// <summary>Where a host child has the function <paramref name="name"/>; 0 if there is none.</summary>
    public static ulong Function(ReadOnlySpan<byte> name)
    {
        ulong value = s_parts.Length == 0 ? 0 : Symbol(name);
        return value == 0 ? 0 : StubLayout.HostVdso + value - (ulong)s_parts[0].Offset;
    }

    private static Part[] Find(out byte* image)
    {
        image = null;
        ulong start = 0, end = 0;
        Span<(ulong Start, ulong End)> areas = stackalloc (ulong, ulong)[StubLayout.HostVdsoParts];
        int count = 0;
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            bool isCode = line.EndsWith("[vdso]", StringComparison.Ordinal);
            if (!isCode && !line.Contains("[vvar", StringComparison.Ordinal))
            {
                continue;
            }

            int dash = line.IndexOf('-', StringComparison.Ordinal);
            if (count == areas.Length
                || !ulong.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
                || !ulong.TryParse(line.AsSpan(dash + 1, line.IndexOf(' ', StringComparison.Ordinal) - dash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out end))
            {
                return [];
            }

            image = isCode ? (byte*)start : image;
            areas[count++] = (start, end);
        }

        if (image == null || end - areas[0].Start > StubLayout.HostVdsoPages * StubLayout.PageSize)
        {
            return [];
        }

        Part[] parts = new Part[count];
        for (int i = 0; i < count; i++)
        {
            parts[i] = new Part((long)(areas[i].Start - (ulong)image), areas[i].End - areas[i].Start);
        }

        return parts;
    }

    /// <returns>The symbol's value: bytes from the start of the image.</returns>
    private static ulong Symbol(ReadOnlySpan<byte> name)
    {
        Elf64_Ehdr* header = (Elf64_Ehdr*)s_image;
        Elf64_Phdr* segments = (Elf64_Phdr*)(s_image + header->e_phoff);
        ulong* dynamic = null;
        for (int i = 0; i < header->e_phnum; i++)
        {
            dynamic = segments[i].p_type == PT_DYNAMIC ? (ulong*)(s_image + segments[i].p_offset) : dynamic;
        }

        Elf64_Sym* symbols = null;
        byte* strings = null;
        uint* hash = null;
        uint* gnuHash = null;
        for (; dynamic != null && dynamic[0] != DT_NULL; dynamic += 2)
        {
            // The image is linked at 0.
            byte* at = s_image + dynamic[1];
            switch (dynamic[0])
            {
                case DT_SYMTAB: symbols = (Elf64_Sym*)at; break;
                case DT_STRTAB: strings = at; break;
                case DT_HASH: hash = (uint*)at; break;
                case DT_GNU_HASH: gnuHash = (uint*)at; break;
                default: break;
            }
        }

        uint count = hash != null ? hash[1] : gnuHash != null ? CountSymbols(gnuHash) : 0;
        for (uint i = 0; symbols != null && strings != null && i < count; i++)
        {
            if ((symbols[i].st_info & 0xf) == STT_FUNC && symbols[i].st_shndx != 0
                && MemoryMarshal.CreateReadOnlySpanFromNullTerminated(strings + symbols[i].st_name).SequenceEqual(name))
            {
                return symbols[i].st_value;
            }
        }

        return 0;
    }

    /// <summary>A GNU hash table does not tell the number of symbols: it is one past the last one of the last chain.
    /// </summary>
    private static uint CountSymbols(uint* table)
    {
        uint bucketCount = table[0];
        uint first = table[1];
        uint* buckets = table + 4 + (2 * table[2]);
        uint* chains = buckets + bucketCount;
        uint last = 0;
        for (uint i = 0; i < bucketCount; i++)
        {
            last = Math.Max(last, buckets[i]);
        }

        while (last >= first && (chains[last - first] & 1) == 0)
        {
            last++;
        }

        return last < first ? first : last + 1;
    }
}
