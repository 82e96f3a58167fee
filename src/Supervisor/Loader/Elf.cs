using System;
using System.Buffers.Binary;
using System.Globalization;

using static UmlHost.Native.Linux;

namespace UmlHost.Loader;

/// <summary>ELF sizes and names that go with the constants of <c>elf.h</c>.</summary>
internal static class Elf
{
    public const int HeaderSize = 64;
    public const int ProgramHeaderSize = 56;

    public static ReadOnlySpan<byte> Magic => [0x7f, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>A machine's name, for the message that its programs do not run here.</summary>
    public static string MachineName(ushort machine) => machine switch
    {
        2 or 18 or 43 => "SPARC",
        EM_386 => "32-bit x86",
        4 => "m68k",
        8 => "MIPS",
        20 => "PowerPC",
        21 => "PowerPC64",
        22 => "S/390",
        40 => "32-bit Arm",
        50 => "Itanium",
        EM_X86_64 => "x86_64",
        183 => "AArch64",
        243 => "RISC-V",
        247 => "BPF",
        258 => "LoongArch",
        _ => "machine type " + machine.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>Elf64_Phdr, without the physical address.</summary>
internal readonly record struct ProgramHeader(uint Type, uint Flags, ulong Offset, ulong VirtualAddress, ulong FileSize, ulong MemorySize, ulong Alignment)
{
    public static ProgramHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]));
}
