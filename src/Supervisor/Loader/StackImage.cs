using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

using UmlHost.Abi;

using static UmlHost.Native.Linux;

namespace UmlHost.Loader;

/// <summary>The values of the auxiliary vector that do not point into the stack.</summary>
internal readonly record struct AuxiliaryValues
{
    public GuestAddress ProgramHeaders { get; init; }

    public int ProgramHeaderCount { get; init; }

    /// <summary>The program's entry, not the interpreter's.</summary>
    public GuestAddress Entry { get; init; }

    /// <summary>The interpreter's bias; zero without one.</summary>
    public GuestAddress Base { get; init; }

    public uint Uid { get; init; }

    public uint EffectiveUid { get; init; }

    public uint Gid { get; init; }

    public uint EffectiveGid { get; init; }

    public bool Secure { get; init; }

    public ulong HardwareCapabilities { get; init; }

    public ulong HardwareCapabilities2 { get; init; }

    /// <summary>AT_MINSIGSTKSZ: what a signal frame needs with this CPU's state.</summary>
    public ulong MinSignalStackSize { get; init; }

    /// <summary>AT_SYSINFO_EHDR; null leaves it out.</summary>
    public GuestAddress Vdso { get; init; }

    /// <summary>AT_RSEQ_FEATURE_SIZE; zero leaves both rseq entries out.</summary>
    public uint RseqFeatureSize { get; init; }

    public uint RseqAlignment { get; init; }
}

/// <summary>The bytes that a new program finds on its stack, from the stack pointer up to the top: argc, argv,
/// envp, the auxiliary vector, 16 random bytes, the strings. A pure computation.</summary>
internal sealed class StackImage
{
    public const int RandomBytes = 16;

    private const ulong ClockTicks = 100;

    /// <summary>Room for every entry that <see cref="Vector"/> can make.</summary>
    private const int MaxVectorWords = 50;

    private StackImage(byte[] bytes, GuestAddress stackPointer)
    {
        Bytes = bytes;
        StackPointer = stackPointer;
    }

    /// <summary>Goes to <see cref="StackPointer"/>; ends at the top of the stack.</summary>
    public byte[] Bytes { get; }

    /// <summary>A multiple of 16; argc is there.</summary>
    public GuestAddress StackPointer { get; }

    public GuestAddress ArgStart { get; private init; }

    public GuestAddress ArgEnd { get; private init; }

    /// <summary>Equal to <see cref="ArgEnd"/>.</summary>
    public GuestAddress EnvStart => ArgEnd;

    public GuestAddress EnvEnd { get; private init; }

    /// <summary>The auxiliary vector with its AT_NULL, as /proc/PID/auxv shows it.</summary>
    public required byte[] AuxiliaryVector { get; init; }

    /// <param name="top">One past the highest byte, page-aligned.</param>
    /// <param name="offset">Bytes left free below the strings (<see cref="AddressLayout.StackOffset"/>).</param>
    /// <param name="fileName">AT_EXECFN.</param>
    /// <param name="random">AT_RANDOM's 16 bytes.</param>
    public static StackImage Build(GuestAddress top, ulong offset, ReadOnlySpan<byte> fileName, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment, ReadOnlySpan<byte> random, in AuxiliaryValues values)
    {
        // From the top: eight zero bytes, file name, environment, arguments; then what the vector points at.
        ReadOnlySpan<byte> platform = "x86_64\0"u8;
        GuestAddress execFn = top - sizeof(ulong) - ((ulong)fileName.Length + 1);
        GuestAddress envStart = execFn - StringBytes(environment);
        GuestAddress argStart = envStart - StringBytes(arguments);
        GuestAddress platformAddress = new GuestAddress((argStart.Value - offset) & ~15UL) - (ulong)platform.Length;
        GuestAddress randomAddress = platformAddress - RandomBytes;

        List<ulong> vector = Vector(values, randomAddress, execFn, platformAddress);
        int words = 1 + arguments.Count + 1 + environment.Count + 1 + vector.Count;
        GuestAddress stackPointer = new((randomAddress.Value - ((ulong)words * sizeof(ulong))) & ~15UL);

        byte[] bytes = new byte[top - stackPointer];
        Span<ulong> table = MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan())[..words];
        int next = 0;
        table[next++] = (ulong)arguments.Count;
        next = AddStrings(bytes, table, next, stackPointer, argStart, arguments);
        next = AddStrings(bytes, table, next, stackPointer, envStart, environment);
        CollectionsMarshal.AsSpan(vector).CopyTo(table[next..]);
        fileName.CopyTo(bytes.AsSpan((int)(execFn - stackPointer)));
        platform.CopyTo(bytes.AsSpan((int)(platformAddress - stackPointer)));
        random[..RandomBytes].CopyTo(bytes.AsSpan((int)(randomAddress - stackPointer)));
        return new StackImage(bytes, stackPointer)
        {
            ArgStart = argStart,
            ArgEnd = envStart,
            EnvEnd = execFn,
            AuxiliaryVector = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(vector)).ToArray(),
        };
    }

    /// <summary>Bytes that <see cref="Build"/> needs at most, before the auxiliary values are known: the stack
    /// is mapped before the program.</summary>
    public static ulong Measure(ulong offset, ReadOnlySpan<byte> fileName, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment)
    {
        const ulong fixedBytes = sizeof(ulong) + 1 + 15 + 7 + RandomBytes + 15;
        ulong words = 3 + (ulong)arguments.Count + (ulong)environment.Count + MaxVectorWords;
        return fixedBytes + (ulong)fileName.Length + StringBytes(environment) + StringBytes(arguments) + offset + (words * sizeof(ulong));
    }

    private static ulong StringBytes(IReadOnlyList<byte[]> strings)
    {
        ulong total = 0;
        for (int i = 0; i < strings.Count; i++)
        {
            total += (ulong)strings[i].Length + 1;
        }

        return total;
    }

    // Copies the strings, puts their addresses and a null into the table.
    private static int AddStrings(byte[] bytes, Span<ulong> table, int next, GuestAddress stackPointer, GuestAddress address, IReadOnlyList<byte[]> strings)
    {
        for (int i = 0; i < strings.Count; i++)
        {
            table[next++] = address.Value;
            strings[i].CopyTo(bytes.AsSpan((int)(address - stackPointer)));
            address += (ulong)strings[i].Length + 1;
        }

        return next + 1;
    }

    private static List<ulong> Vector(in AuxiliaryValues values, GuestAddress random, GuestAddress execFn, GuestAddress platform)
    {
        List<ulong> vector = new(MaxVectorWords);
        if (!values.Vdso.IsNull)
        {
            vector.AddRange([AT_SYSINFO_EHDR, values.Vdso.Value]);
        }

        vector.AddRange(
        [
            AT_MINSIGSTKSZ, values.MinSignalStackSize,
            AT_HWCAP, values.HardwareCapabilities,
            AT_PAGESZ, GuestAddress.PageSize,
            AT_CLKTCK, ClockTicks,
            AT_PHDR, values.ProgramHeaders.Value,
            AT_PHENT, Elf.ProgramHeaderSize,
            AT_PHNUM, (ulong)values.ProgramHeaderCount,
            AT_BASE, values.Base.Value,
            AT_FLAGS, 0,
            AT_ENTRY, values.Entry.Value,
            AT_UID, values.Uid,
            AT_EUID, values.EffectiveUid,
            AT_GID, values.Gid,
            AT_EGID, values.EffectiveGid,
            AT_SECURE, values.Secure ? 1UL : 0,
            AT_RANDOM, random.Value,
            AT_HWCAP2, values.HardwareCapabilities2,
            AT_EXECFN, execFn.Value,
            AT_PLATFORM, platform.Value,
        ]);
        if (values.RseqFeatureSize != 0)
        {
            vector.AddRange([AT_RSEQ_FEATURE_SIZE, values.RseqFeatureSize, AT_RSEQ_ALIGN, values.RseqAlignment]);
        }

        vector.AddRange([AT_NULL, 0]);
        return vector;
    }
}
