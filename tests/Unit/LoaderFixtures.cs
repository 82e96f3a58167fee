using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

using UmlHost.Abi;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>An executable file that is a byte array.</summary>
internal sealed class LoaderFile(string path, byte[] content, uint mode = 0x81ed, bool mayExecute = true) : IExecutableFile
{
    private readonly Content _mapping = new(path, content);

    public MappedFile? Mapping => _mapping;

    public uint Mode => mode;

    public bool MayExecute => mayExecute;

    public string Path => path;

    public bool IsDisposed { get; private set; }

    public Result ReadAt(ulong offset, Span<byte> destination) => _mapping.ReadAt(offset, destination);

    public void Dispose() => IsDisposed = true;

    private sealed class Content(string path, byte[] content) : MappedFile
    {
        public override ulong Size => (ulong)content.Length;

        public override ulong Device => 1;

        public override ulong Inode => 1;

        public override string Path => path;

        public override Result ReadAt(ulong offset, Span<byte> destination)
        {
            if (offset >= (ulong)content.Length)
            {
                return new Result(0);
            }

            int count = Math.Min(destination.Length, content.Length - (int)offset);
            content.AsSpan((int)offset, count).CopyTo(destination);
            return new Result(count);
        }
    }
}

/// <summary>Files by path, and a request to run one of them.</summary>
internal sealed class LoaderFiles
{
    private readonly Dictionary<string, LoaderFile> _files = [];

    public List<LoaderFile> Opened { get; } = [];

    public static readonly SegmentLimits Limits = new(new GuestAddress(0x100000), new GuestAddress(0x110000), ulong.MaxValue);

    public void Add(string path, byte[] content, uint mode = 0x81ed, bool mayExecute = true) =>
        _files[path] = new LoaderFile(path, content, mode, mayExecute);

    public void Add(string path, string content) => Add(path, Encoding.UTF8.GetBytes(content));

    public Errno Open(ReadOnlySpan<byte> path, out IExecutableFile? file)
    {
        file = _files.GetValueOrDefault(Encoding.UTF8.GetString(path));
        if (file is LoaderFile found)
        {
            Opened.Add(found);
        }

        return file is null ? Errno.ENOENT : Errno.None;
    }

    public LoadRequest Request(string path, byte[][]? arguments = null, byte[][]? environment = null, ulong stackLimit = 8 << 20) => new()
    {
        FileName = Encoding.UTF8.GetBytes(path),
        Open = Open,
        Arguments = arguments ?? [Encoding.UTF8.GetBytes(path)],
        Environment = environment ?? [],
        StackLimit = stackLimit,
        Randomize = false,
        Entropy = new byte[LoadRequest.EntropyBytes],
        Limits = Limits,
        Auxiliary = default,
    };

    public LoadError Fail(LoadRequest request)
    {
        Assert.False(BinaryProgram.TryOpen(request, out _, out LoadError? error));
        Assert.All(Opened, file => Assert.True(file.IsDisposed));
        return error;
    }

    public LoadError Fail(string path) => Fail(Request(path));

    public BinaryProgram Succeed(LoadRequest request)
    {
        Assert.True(BinaryProgram.TryOpen(request, out BinaryProgram? program, out LoadError? error), error?.ToString());
        return program;
    }
}

/// <summary>ELF files made by hand.</summary>
internal static class LoaderElf
{
    public const uint RX = PF_R | PF_X;
    public const uint RW = PF_R | PF_W;

    public static readonly ProgramHeader Text = new(PT_LOAD, RX, 0, 0x400000, 0x1000, 0x1000, 0x1000);

    public static ProgramHeader Load(ulong address, ulong offset, ulong fileSize, ulong memorySize, uint flags = RW, ulong alignment = 0x1000) =>
        new(PT_LOAD, flags, offset, address, fileSize, memorySize, alignment);

    public static byte[] File(params ProgramHeader[] headers) => File(ET_EXEC, 0x400000, headers);

    public static byte[] File(ushort type, ulong entry, params ProgramHeader[] headers)
    {
        byte[] bytes = new byte[0x4000];
        Elf.Magic.CopyTo(bytes);
        bytes[EI_CLASS] = 2;
        bytes[EI_DATA] = 1;
        Put16(bytes, 16, type);
        Put16(bytes, 18, EM_X86_64);
        Put64(bytes, 24, entry);
        Put64(bytes, 32, Elf.HeaderSize);
        Put16(bytes, 54, Elf.ProgramHeaderSize);
        Put16(bytes, 56, headers.Length);
        for (int i = 0; i < headers.Length; i++)
        {
            int at = Elf.HeaderSize + (i * Elf.ProgramHeaderSize);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), headers[i].Type);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 4), headers[i].Flags);
            Put64(bytes, at + 8, headers[i].Offset);
            Put64(bytes, at + 16, headers[i].VirtualAddress);
            Put64(bytes, at + 32, headers[i].FileSize);
            Put64(bytes, at + 40, headers[i].MemorySize);
            Put64(bytes, at + 48, headers[i].Alignment);
        }

        return bytes;
    }

    public static void Put16(byte[] bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)value);

    public static void Put64(byte[] bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);

    /// <summary>Measures and plans as the loader does.</summary>
    public static bool TryPlan(byte[] file, out SegmentPlan? plan, out LoadError? error, SegmentLimits? limits = null)
    {
        plan = null;
        LoaderFile opened = new("/p", file);
        Assert.True(ElfImage.TryRead(opened, file.AsSpan(0, 256), out ElfImage? image, out error), error?.ToString());
        return SegmentSpan.TryMeasure(image, "/p", out SegmentSpan span, out error)
            && SegmentPlan.TryCreate(image, span, BinaryProgram.StartOf(image, span, AddressLayout.Choose(false, 8 << 20, [])), limits ?? LoaderFiles.Limits, "/p", out plan, out error);
    }
}
