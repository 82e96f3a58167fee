using System;
using System.Buffers.Binary;
using System.Globalization;

using UmlHost.Native;

namespace UmlHost.Loader;

/// <summary>Numbers of the ELF format and the auxiliary vector (<c>elf.h</c>).</summary>
internal static class Elf
{
    public const int HeaderSize = 64;
    public const int ProgramHeaderSize = 56;

    public const int EI_CLASS = 4;
    public const int EI_DATA = 5;
    public const byte ELFCLASS32 = 1;
    public const byte ELFDATA2MSB = 2;

    public const ushort ET_REL = 1;
    public const ushort ET_EXEC = 2;
    public const ushort ET_DYN = 3;
    public const ushort ET_CORE = 4;

    public const ushort EM_386 = 3;
    public const ushort EM_X86_64 = 62;

    public const uint PT_LOAD = 1;
    public const uint PT_INTERP = 3;
    public const uint PT_GNU_STACK = 0x6474e551;

    public const uint PF_X = 1;
    public const uint PF_W = 2;
    public const uint PF_R = 4;

    public const ulong AT_NULL = 0;
    public const ulong AT_PHDR = 3;
    public const ulong AT_PHENT = 4;
    public const ulong AT_PHNUM = 5;
    public const ulong AT_PAGESZ = 6;
    public const ulong AT_BASE = 7;
    public const ulong AT_FLAGS = 8;
    public const ulong AT_ENTRY = 9;
    public const ulong AT_UID = 11;
    public const ulong AT_EUID = 12;
    public const ulong AT_GID = 13;
    public const ulong AT_EGID = 14;
    public const ulong AT_PLATFORM = 15;
    public const ulong AT_HWCAP = 16;
    public const ulong AT_CLKTCK = 17;
    public const ulong AT_SECURE = 23;
    public const ulong AT_RANDOM = 25;
    public const ulong AT_HWCAP2 = 26;
    public const ulong AT_RSEQ_FEATURE_SIZE = 27;
    public const ulong AT_RSEQ_ALIGN = 28;
    public const ulong AT_EXECFN = 31;
    public const ulong AT_SYSINFO_EHDR = 33;
    public const ulong AT_MINSIGSTKSZ = 51;

    /// <summary>"Accessing a corrupted shared library": the interpreter is no good.</summary>
    public const Errno ELIBBAD = (Errno)80;

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
