using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Vdso;

/// <summary>The guests' vDSO as built by <c>stub/vdso</c>: the bytes of an ELF shared object that is mapped as it is, at
/// any address. It has several variants of each function, as local symbols; <see cref="Select"/> makes the symbols
/// that guests look up lead to one of them.</summary>
internal sealed class VdsoImage
{
    private readonly byte[] _bytes;

    /// <param name="bytes">Changed in place.</param>
    public VdsoImage(byte[] bytes) => _bytes = bytes;

    /// <summary>A fresh copy of what this program carries.</summary>
    public static unsafe VdsoImage Load()
    {
        using UnmanagedMemoryStream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("vdso") as UnmanagedMemoryStream
            ?? throw new InvalidOperationException("this build carries no vDSO");
        return new VdsoImage(new ReadOnlySpan<byte>(stream.PositionPointer, (int)stream.Length).ToArray());
    }

    public byte[] Bytes => _bytes;

    /// <summary>The value of a dynamic symbol: bytes from the start.</summary>
    public ulong Symbol(string name)
    {
        Span<Elf64_Sym> symbols = Symbols(SHT_DYNSYM, out ReadOnlySpan<byte> names);
        return symbols[IndexOf(symbols, names, name)].st_value;
    }

    /// <summary><c>__vdso_FUNCTION</c> and <c>FUNCTION</c> become <c>FUNCTION_VARIANT</c>.</summary>
    public void Select(string function, string variant)
    {
        Span<Elf64_Sym> all = Symbols(SHT_SYMTAB, out ReadOnlySpan<byte> allNames);
        Elf64_Sym chosen = all[IndexOf(all, allNames, function + "_" + variant)];
        Span<Elf64_Sym> dynamic = Symbols(SHT_DYNSYM, out ReadOnlySpan<byte> dynamicNames);
        foreach (string name in (ReadOnlySpan<string>)["__vdso_" + function, function])
        {
            // Both tables: debuggers read the other one.
            ref Elf64_Sym patched = ref dynamic[IndexOf(dynamic, dynamicNames, name)];
            ref Elf64_Sym shown = ref all[IndexOf(all, allNames, name)];
            patched.st_value = shown.st_value = chosen.st_value;
            patched.st_size = shown.st_size = chosen.st_size;
        }
    }

    /// <summary>Writes the kernel's version into the note that names it.</summary>
    /// <param name="version">Linux's LINUX_VERSION_CODE.</param>
    public void SetVersion(uint version)
    {
        ReadOnlySpan<Elf64_Phdr> segments = MemoryMarshal.Cast<byte, Elf64_Phdr>(_bytes.AsSpan((int)Header.e_phoff))[..Header.e_phnum];
        foreach (Elf64_Phdr segment in segments)
        {
            if (segment.p_type == PT_NOTE)
            {
                // One note: its content is at the end.
                MemoryMarshal.Write(_bytes.AsSpan((int)(segment.p_offset + segment.p_filesz - sizeof(uint))), version);
            }
        }
    }

    private ref Elf64_Ehdr Header => ref Unsafe.As<byte, Elf64_Ehdr>(ref _bytes[0]);

    private Span<Elf64_Sym> Symbols(uint type, out ReadOnlySpan<byte> names)
    {
        ReadOnlySpan<Elf64_Shdr> sections = MemoryMarshal.Cast<byte, Elf64_Shdr>(_bytes.AsSpan((int)Header.e_shoff))[..Header.e_shnum];
        foreach (Elf64_Shdr section in sections)
        {
            if (section.sh_type == type)
            {
                names = _bytes.AsSpan((int)sections[(int)section.sh_link].sh_offset);
                return MemoryMarshal.Cast<byte, Elf64_Sym>(_bytes.AsSpan((int)section.sh_offset, (int)section.sh_size));
            }
        }

        throw new InvalidOperationException($"the vDSO has no section of type {type}");
    }

    private static int IndexOf(ReadOnlySpan<Elf64_Sym> symbols, ReadOnlySpan<byte> names, string name)
    {
        for (int i = 0; i < symbols.Length; i++)
        {
            ReadOnlySpan<byte> at = names[(int)symbols[i].st_name..];
            if (Encoding.ASCII.GetString(at[..at.IndexOf((byte)0)]) == name)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"the vDSO has no symbol {name}");
    }
}
