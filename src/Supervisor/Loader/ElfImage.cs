using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Loader;

/// <summary>The headers of an ELF program or interpreter, with the checks that Linux makes before it gives up
/// the old program. Like Linux it goes by e_machine and e_phentsize and does not look at EI_CLASS or EI_DATA:
/// hand-made tiny programs put other things there.</summary>
internal sealed class ElfImage
{
    /// <summary>The table may take 64 KiB.</summary>
    private const int MaxProgramHeaders = 65536 / Elf.ProgramHeaderSize;

    private const ulong PathMax = 4096;

    private ElfImage(ReadOnlySpan<byte> header, ImmutableArray<ProgramHeader> programHeaders)
    {
        IsPositionIndependent = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) == ET_DYN;
        Entry = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        ProgramHeaderOffset = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        ProgramHeaders = programHeaders;
    }

    /// <summary>ET_DYN: addresses are relative to a bias that the loader chooses.</summary>
    public bool IsPositionIndependent { get; }

    /// <summary>e_entry, without the bias.</summary>
    public ulong Entry { get; }

    /// <summary>e_phoff.</summary>
    public ulong ProgramHeaderOffset { get; }

    public ImmutableArray<ProgramHeader> ProgramHeaders { get; }

    /// <summary>The path in PT_INTERP, without the NUL; null for a static program.</summary>
    public byte[]? Interpreter { get; private init; }

    /// <summary>PT_GNU_STACK asks for an executable stack. x86_64 does not give one where it is missing.</summary>
    public bool HasExecutableStack { get; private init; }

    /// <summary>Reads a program's headers. Errors are ENOEXEC, and EIO for a PT_INTERP beyond the end.</summary>
    /// <param name="firstBytes">The start of the file, as much as there is, 64 bytes or more.</param>
    public static bool TryRead(IExecutableFile file, ReadOnlySpan<byte> firstBytes, [NotNullWhen(true)] out ElfImage? image, [NotNullWhen(false)] out LoadError? error)
    {
        image = null;
        error = CheckHeader(firstBytes, Errno.ENOEXEC, file.Path);
        if (error is not null)
        {
            return false;
        }

        if (!IsExecutableType(firstBytes))
        {
            error = new LoadError(Errno.ENOEXEC, file.Path, TypeMessage(firstBytes));
            return false;
        }

        byte[]? interpreter = null;
        error = ReadProgramHeaders(file, firstBytes, Errno.ENOEXEC, out ImmutableArray<ProgramHeader> headers)
            ?? ReadInterpreter(file, headers, out interpreter);
        if (error is not null)
        {
            return false;
        }

        bool executableStack = false;
        foreach (ProgramHeader header in headers)
        {
            if (header.Type == PT_GNU_STACK)
            {
                executableStack = (header.Flags & PF_X) != 0;
            }
        }

        image = new ElfImage(firstBytes, headers) { Interpreter = interpreter, HasExecutableStack = executableStack };
        return true;
    }

    /// <summary>Reads the headers of a program's interpreter. Errors are ELIBBAD, EIO where there is no whole
    /// header, and for a file that is no program a fatal one.</summary>
    public static bool TryReadInterpreter(IExecutableFile file, [NotNullWhen(true)] out ElfImage? image, [NotNullWhen(false)] out LoadError? error)
    {
        image = null;
        Span<byte> header = stackalloc byte[Elf.HeaderSize];
        Result read = file.ReadAt(0, header);
        if (read.Failed || read.Int != header.Length)
        {
            error = new LoadError(read.Failed ? read.Error : Errno.EIO, file.Path, "PT_INTERP: ELF header truncated");
            return false;
        }

        ImmutableArray<ProgramHeader> headers = [];
        error = CheckHeader(header, Errno.ELIBBAD, file.Path) ?? ReadProgramHeaders(file, header, Errno.ELIBBAD, out headers);
        if (error is not null)
        {
            return false;
        }

        if (!IsExecutableType(header))
        {
            error = new LoadError(Errno.ELIBBAD, file.Path, "PT_INTERP: " + TypeMessage(header), IsFatal: true);
            return false;
        }

        image = new ElfImage(header, headers);
        return true;
    }

    private static LoadError? CheckHeader(ReadOnlySpan<byte> header, Errno errno, string path)
    {
        string? message = null;
        if (header.IsEmpty)
        {
            message = "the file is empty";
        }
        else if (!header.StartsWith(Elf.Magic))
        {
            message = "not an ELF file";
        }
        else if (header.Length < Elf.HeaderSize)
        {
            message = "ELF header truncated";
        }
        else if (BinaryPrimitives.ReadUInt16LittleEndian(header[18..]) is var machine && machine != EM_X86_64)
        {
            message = machine == EM_386
                ? "32-bit program: UmlHost runs x86_64 programs only"
                : "program for " + Elf.MachineName(header[EI_DATA] == ELFDATA2MSB ? BinaryPrimitives.ReverseEndianness(machine) : machine) + ": UmlHost runs x86_64 programs only";
        }

        return message is null ? null : new LoadError(errno, path, message);
    }

    private static bool IsExecutableType(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) is ET_EXEC or ET_DYN;

    private static string TypeMessage(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) switch
    {
        ET_REL => "an object file, not a program: it has to be linked first",
        ET_CORE => "a core dump, not a program",
        ushort type => "not a program: ELF type " + type.ToString(CultureInfo.InvariantCulture),
    };

    private static LoadError? ReadProgramHeaders(IExecutableFile file, ReadOnlySpan<byte> header, Errno errno, out ImmutableArray<ProgramHeader> headers)
    {
        headers = [];
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        if (size != Elf.ProgramHeaderSize)
        {
            return new LoadError(errno, file.Path, header[EI_CLASS] == ELFCLASS32
                ? "32-bit (x32) program: UmlHost runs x86_64 programs only"
                : string.Create(CultureInfo.InvariantCulture, $"program headers of {size} bytes: there should be {Elf.ProgramHeaderSize}"));
        }

        if (count is 0 or > MaxProgramHeaders)
        {
            return new LoadError(errno, file.Path, count == 0
                ? "no program headers: not a program"
                : string.Create(CultureInfo.InvariantCulture, $"{count} program headers: at most {MaxProgramHeaders} can be"));
        }

        if (file.Mapping is null)
        {
            return new LoadError(errno, file.Path, "the file cannot be mapped");
        }

        byte[] table = new byte[count * Elf.ProgramHeaderSize];
        Result read = offset <= long.MaxValue - (ulong)table.Length ? file.ReadAt(offset, table) : default;
        if (read.Failed || read.Int != table.Length)
        {
            return new LoadError(errno, file.Path, read.Failed ? "cannot read the program header table: " + read.Error : "program header table truncated");
        }

        ImmutableArray<ProgramHeader>.Builder builder = ImmutableArray.CreateBuilder<ProgramHeader>(count);
        for (int i = 0; i < count; i++)
        {
            builder.Add(ProgramHeader.Read(table.AsSpan(i * Elf.ProgramHeaderSize)));
        }

        headers = builder.MoveToImmutable();
        return null;
    }

    private static LoadError? ReadInterpreter(IExecutableFile file, ImmutableArray<ProgramHeader> headers, out byte[]? path)
    {
        path = null;
        foreach (ProgramHeader header in headers)
        {
            if (header.Type != PT_INTERP)
            {
                continue;
            }

            if (header.FileSize is < 2 or > PathMax)
            {
                return new LoadError(Errno.ENOEXEC, file.Path, string.Create(CultureInfo.InvariantCulture, $"PT_INTERP of {header.FileSize} bytes: 2 to {PathMax} are valid"));
            }

            byte[] bytes = new byte[header.FileSize];
            Result read = header.Offset <= long.MaxValue - PathMax ? file.ReadAt(header.Offset, bytes) : new Result(-(long)Errno.EINVAL);
            if (read.Failed || read.Int != bytes.Length)
            {
                return new LoadError(read.Failed ? read.Error : Errno.EIO, file.Path, "PT_INTERP lies beyond the end of the file");
            }

            if (bytes[^1] != 0)
            {
                return new LoadError(Errno.ENOEXEC, file.Path, "PT_INTERP does not end in a NUL");
            }

            path = bytes[..Array.IndexOf(bytes, (byte)0)];
            return null;
        }

        return null;
    }
}
