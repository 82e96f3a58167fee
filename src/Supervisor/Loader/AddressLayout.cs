using System;
using System.Buffers.Binary;

using UmlHost.Abi;

namespace UmlHost.Loader;

/// <summary>Where the parts of a new address space go, and Linux's randomisation of that (ASLR) on x86_64.</summary>
/// <param name="StackTop">One past the highest stack byte.</param>
/// <param name="MmapBase">Where mmap starts looking downwards; below the largest stack.</param>
/// <param name="PositionIndependentBase">The lowest address of an ET_DYN program, before its alignment.</param>
/// <param name="BreakOffset">Bytes (whole pages) between the end of bss and the heap.</param>
/// <param name="StackOffset">Bytes left free below the strings, so that cache colours differ.</param>
internal readonly record struct AddressLayout(GuestAddress StackTop, GuestAddress MmapBase, GuestAddress PositionIndependentBase, ulong BreakOffset, ulong StackOffset)
{
    /// <summary>Random bytes that <see cref="Choose"/> takes.</summary>
    public const int EntropyBytes = 5 * sizeof(ulong);

    private const ulong StackRandomPages = 1UL << 22;
    private const ulong MmapRandomPages = 1UL << 28;
    private const ulong BreakRandomPages = 1UL << 18;
    private const ulong StackOffsetBytes = 8192;
    private const ulong StackGuardGap = 256 * GuestAddress.PageSize;
    private const ulong MinGap = 128UL << 20;

    /// <param name="stackLimit">RLIMIT_STACK in bytes; RLIM_INFINITY is all ones.</param>
    /// <param name="entropy"><see cref="EntropyBytes"/> random bytes; not used where nothing is randomised.</param>
    public static AddressLayout Choose(bool randomize, ulong stackLimit, ReadOnlySpan<byte> entropy)
    {
        ulong top = GuestAddress.TaskSize.Value;
        ulong maxGap = top / 6 * 5;
        ulong pad = StackGuardGap + (randomize ? StackRandomPages << GuestAddress.PageShift : 0);
        ulong gap = Math.Clamp(stackLimit < maxGap ? stackLimit + pad : maxGap, MinGap, maxGap);
        GuestAddress mmapBase = new GuestAddress(top - gap).PageUp;
        GuestAddress programBase = new GuestAddress(top / 3 * 2).PageDown;
        if (!randomize)
        {
            return new AddressLayout(GuestAddress.TaskSize, mmapBase, programBase, 0, 0);
        }

        return new AddressLayout(
            GuestAddress.TaskSize - RandomPages(entropy, 0, StackRandomPages),
            mmapBase - RandomPages(entropy, 1, MmapRandomPages),
            programBase + RandomPages(entropy, 2, MmapRandomPages),
            RandomPages(entropy, 3, BreakRandomPages),
            Number(entropy, 4) % StackOffsetBytes);
    }

    private static ulong RandomPages(ReadOnlySpan<byte> entropy, int index, ulong count) =>
        (Number(entropy, index) % count) << GuestAddress.PageShift;

    private static ulong Number(ReadOnlySpan<byte> entropy, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(entropy[(index * sizeof(ulong))..]);
}
