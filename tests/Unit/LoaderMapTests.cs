using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Programs mapped into a real address space.</summary>
public sealed class LoaderMapTests : IDisposable
{
    private readonly HostMemory _host;
    private readonly MemoryMap _memory;
    private readonly LoaderFiles _files = new();

    public LoaderMapTests()
    {
        Assert.False(HostMemory.Create(out HostMemory? host).Failed);
        _host = host!;
        _memory = new MemoryMap(new FrameAllocator(_host, 0));
    }

    public void Dispose()
    {
        _memory.Dispose();
        _host.Dispose();
    }

    private LoadedProgram Load(LoadRequest request)
    {
        using BinaryProgram program = _files.Succeed(request);
        Assert.True(program.TryMap(_memory, out LoadedProgram? loaded, out LoadError? error), error?.ToString());
        return loaded;
    }

    private LoadError Fail(params ProgramHeader[] headers)
    {
        _files.Add("/p", LoaderElf.File(headers));
        using BinaryProgram program = _files.Succeed(_files.Request("/p"));
        Assert.False(program.TryMap(_memory, out _, out LoadError? error));
        return error;
    }

    private byte[] Read(ulong address, int count)
    {
        byte[] bytes = new byte[count];
        Assert.Equal(count, _memory.CopyIn(new GuestAddress(address), bytes));
        return bytes;
    }

    private List<(ulong Start, ulong End, int Protection)> Areas()
    {
        List<(ulong, ulong, int)> areas = [];
        _memory.VisitAreas(area => areas.Add((area.Start.Value, area.End.Value, area.Protection)));
        return areas;
    }

    [Fact]
    public void File_bytes_zeros_heap_and_stack_are_in_place()
    {
        byte[] content = LoaderElf.File(LoaderElf.Text, LoaderElf.Load(0x402123, 0x1123, 0x100, 0x3000));
        content.AsSpan(0x1000, 0x1000).Fill(0xaa);
        _files.Add("/bin/program", content);
        LoadedProgram loaded = Load(_files.Request("/bin/program", ["a"u8.ToArray()], ["E=1"u8.ToArray()]));

        Assert.Equal(content[..0x1000], Read(0x400000, 0x1000));
        byte[] data = Read(0x402000, 0x4000);
        Assert.All(data[..0x223], value => Assert.Equal(0xaa, value));
        Assert.All(data[0x223..], value => Assert.Equal(0, value));
        Assert.Equal(0x400000UL, loaded.Entry.Value);
        Assert.Equal(0x406000UL, loaded.StartBreak.Value);
        Assert.Equal(loaded.StartBreak, _memory.BreakStart);
        Assert.Equal(loaded.Stack.Bytes, Read(loaded.StackPointer.Value, loaded.Stack.Bytes.Length));
        Assert.Equal("a\0E=1\0"u8.ToArray(), Read(_memory.ArgStart.Value, (int)(_memory.EnvEnd - _memory.ArgStart)));
        Assert.Equal("program", Encoding.UTF8.GetString(loaded.Comm));
        Assert.Contains((0x7ffffffde000UL, 0x7ffffffff000UL, PROT_READ | PROT_WRITE), Areas());
        Assert.All(_files.Opened, file => Assert.False(file.IsDisposed));
    }

    [Fact]
    public void A_script_runs_its_interpreter_and_lets_go_of_the_script()
    {
        _files.Add("/bin/x", LoaderElf.File(LoaderElf.Text));
        _files.Add("/dir/script", "#!/bin/x\n");
        LoadedProgram loaded = Load(_files.Request("/dir/script"));
        Assert.Equal(("/bin/x", "script"), (loaded.Executable.Path, Encoding.UTF8.GetString(loaded.Comm)));
        Assert.Equal([true, false], _files.Opened.Select(file => file.IsDisposed));
    }

    [Fact]
    public void A_dynamic_program_starts_in_its_interpreter_with_everything_as_on_the_host()
    {
        const string program = "/bin/true";
        byte[] content = File.ReadAllBytes(program);
        _files.Add(program, content);
        LoaderFile file = new(program, content);
        Assert.True(ElfImage.TryRead(file, content.AsSpan(0, 256), out ElfImage? image, out _));
        string interpreter = Encoding.UTF8.GetString(image.Interpreter!);
        byte[] loader = File.ReadAllBytes(interpreter);
        _files.Add(interpreter, loader);

        LoadedProgram loaded = Load(_files.Request(program));
        Assert.Equal(0x555555554000UL, loaded.Segments.Bias);
        Assert.Equal(loaded.InterpreterBase + BitConverter.ToUInt64(loader, 24), loaded.Entry);
        Assert.Equal(loader[..4096], Read(loaded.InterpreterBase.Value, 4096));
        Assert.True(loaded.InterpreterBase < loaded.Layout.MmapBase && loaded.InterpreterBase.Value > 0x7ffff7000000);
        Assert.Equal([false, true], _files.Opened.Select(opened => opened.IsDisposed));

        // Nothing but the stub range, the segments, the interpreter and the stack.
        Assert.DoesNotContain(Areas(), area => area.Protection == PROT_NONE && area.Start != StubLayout.Start);
    }

    [Fact]
    public void An_interpreter_with_a_large_alignment_gets_it()
    {
        ProgramHeader interp = new(PT_INTERP, 4, 0x3000, 0, 3, 3, 1);
        byte[] content = LoaderElf.File(interp, LoaderElf.Text);
        "/i\0"u8.CopyTo(content.AsSpan(0x3000));
        _files.Add("/p", content);
        _files.Add("/i", LoaderElf.File((ushort)ET_DYN, 0x123, LoaderElf.Load(0, 0, 0x1000, 0x1000, LoaderElf.RX, 0x200000)));
        LoadedProgram loaded = Load(_files.Request("/p"));
        Assert.Equal(0UL, loaded.InterpreterBase.Value % 0x200000);
        Assert.Equal(loaded.InterpreterBase + 0x123, loaded.Entry);
    }

    [Fact]
    public void Randomised_programs_map_too()
    {
        _files.Add("/p", LoaderElf.File((ushort)ET_DYN, 0x100, LoaderElf.Load(0, 0, 0x1000, 0x5000, LoaderElf.RW | PF_X)));
        LoadRequest plain = _files.Request("/p");
        LoadRequest request = new() { FileName = plain.FileName, Open = plain.Open, Arguments = plain.Arguments, Environment = [], Entropy = new byte[LoadRequest.EntropyBytes], Limits = plain.Limits, Auxiliary = default };
        new Random(3).NextBytes(request.Entropy);
        LoadedProgram loaded = Load(request);
        Assert.NotEqual(0x555555554000UL, loaded.Segments.Bias);
        Assert.Equal(loaded.Layout.MmapBase, _memory.MmapBase);
        Assert.Equal(request.Entropy[..16], Read(Find(loaded.Stack, AT_RANDOM), 16));
    }

    private static ulong Find(StackImage stack, ulong tag)
    {
        int at = 0;
        while (BitConverter.ToUInt64(stack.AuxiliaryVector, at) != tag)
        {
            at += 16;
        }

        return BitConverter.ToUInt64(stack.AuxiliaryVector, at + 8);
    }

    [Fact]
    public void What_memory_refuses_is_a_fatal_error_with_a_reason()
    {
        (ProgramHeader Header, Errno Errno, string Message)[] cases =
        [
            (LoaderElf.Load(0, 0, 0x1000, 0x1000), Errno.EPERM, "cannot be mapped"),
            (LoaderElf.Load(0x7fffffffe000, 0, 0x1000, 0x1000), Errno.EEXIST, "cannot be mapped"),
            (LoaderElf.Load(0x600000, 0x100000, 0x10, 0x2000), Errno.EFAULT, "cannot be cleared"),
        ];
        foreach ((ProgramHeader header, Errno errno, string message) in cases)
        {
            using MemoryMap memory = new(new FrameAllocator(_host, 0));
            _files.Add("/p", LoaderElf.File((ushort)ET_EXEC, header.VirtualAddress, header));
            using BinaryProgram program = _files.Succeed(_files.Request("/p"));
            Assert.False(program.TryMap(memory, out _, out LoadError? error));
            Assert.Equal((errno, true), (error.Errno, error.IsFatal));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_plan_that_fails_leaves_the_memory_untouched()
    {
        Fail(LoaderElf.Text, LoaderElf.Load(0x100000, 0, 0x10, 0x10));
        Assert.Single(Areas());
    }
}
