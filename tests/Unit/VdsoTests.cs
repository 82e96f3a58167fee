using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;
using UmlHost.Vdso;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>The guests' vDSO: variants by patching the symbol table (executed here), the pages that guests share, the map
/// of system calls.</summary>
public sealed unsafe class VdsoTests : IDisposable
{
    private const int Page = 4096;
    private const int MappedPages = 4;

    private readonly MemoryFixture _memory = new();

    // The data page and the image as a guest has them, executable in this process.
    private readonly byte* _pages = (byte*)LibC.mmap(null, MappedPages * Page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0).Raw;
    private readonly VdsoImage _image = VdsoImage.Load();

    public void Dispose()
    {
        LibC.munmap(_pages, MappedPages * Page);
        _memory.Dispose();
    }

    private nint Function(string name, string variant)
    {
        _image.Select(name, variant);
        Assert.Equal(_image.Symbol("__vdso_" + name), _image.Symbol(name));
        Assert.InRange(_image.Bytes.Length, 1, (MappedPages - 1) * Page);
        _image.Bytes.CopyTo(new Span<byte>(_pages + Page, _image.Bytes.Length));
        return (nint)(_pages + Page + _image.Symbol("__vdso_" + name));
    }

    public static IEnumerable<object[]> Variants() =>
        X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ecx & (1 << 22)) != 0 ? [["lsl"], ["rdpid"]] : [["lsl"]];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Both_ways_to_ask_for_the_processor_tell_the_one_that_this_runs_on(string variant)
    {
        var getcpu = (delegate* unmanaged<uint*, uint*, void*, long>)Function("getcpu", variant);
        uint cpu = uint.MaxValue, node = uint.MaxValue;
        long before, after;
        do
        {
            before = LibC.sched_getcpu().Raw;
            Assert.Equal(0, getcpu(&cpu, &node, null));
            after = LibC.sched_getcpu().Raw;
        }
        while (before != after);
        Assert.Equal((uint)before, cpu);
        Assert.InRange(node, 0u, 1023u);
        Assert.Equal(0, getcpu(null, null, null));
    }

    [Fact]
    public void Without_the_hosts_functions_the_variants_are_system_calls()
    {
        var gettime = (delegate* unmanaged<int, timespec*, int>)Function("clock_gettime", "syscall");
        timespec before, now, after;
        LibC.clock_gettime(CLOCK_MONOTONIC, &before);
        Assert.Equal(0, gettime(CLOCK_MONOTONIC, &now));
        LibC.clock_gettime(CLOCK_MONOTONIC, &after);
        Assert.InRange(Nanoseconds(now), Nanoseconds(before), Nanoseconds(after));
        Assert.Equal(-(int)Errno.EINVAL, gettime(99, &now));

        var getres = (delegate* unmanaged<int, timespec*, int>)Function("clock_getres", "syscall");
        timespec resolution;
        Assert.Equal(0, getres(CLOCK_MONOTONIC, &resolution));
        Assert.Equal((0L, 1L), (resolution.tv_sec, resolution.tv_nsec));

        var gettimeofday = (delegate* unmanaged<timeval*, void*, int>)Function("gettimeofday", "syscall");
        timeval day;
        Assert.Equal(0, gettimeofday(&day, null));
        var time = (delegate* unmanaged<long*, long>)Function("time", "syscall");
        long seconds;
        Assert.InRange(time(&seconds), day.tv_sec - 1, day.tv_sec + 2);
        Assert.InRange(seconds, day.tv_sec - 1, day.tv_sec + 2);
    }

    [Fact]
    public void With_them_they_go_on_to_where_the_data_page_says()
    {
        string[] names = ["clock_gettime", "clock_getres", "gettimeofday", "time"];
        for (int i = 0; i < names.Length; i++)
        {
            new Span<byte>(_pages, Page).Clear();
            ((nint*)_pages)[i] = (nint)(delegate* unmanaged<long, long, long>)&Target;
            var function = (delegate* unmanaged<long, long, int>)Function(names[i], "host");
            Assert.Equal(1007, function(7, 1000));
        }
    }

    [Fact]
    public void An_unknown_variant_is_a_bug() => Assert.Throws<InvalidOperationException>(() => _image.Select("getcpu", "cpuid"));

    [Fact]
    public void The_host_has_what_time_is_read_through()
    {
        Assert.NotEqual(0, HostVdso.Parts.Length);
        Assert.InRange(HostVdso.Function("__vdso_clock_gettime"u8), StubLayout.HostVdso, StubLayout.End - 1);
        Assert.Equal(0ul, HostVdso.Function("__vdso_nonsense"u8));
    }

    [Fact]
    public void Address_spaces_share_its_pages_until_they_write()
    {
        using GuestVdso vdso = new();
        using MemoryMap other = new(_memory.Frames);
        GuestAddress here = Mapped(vdso, _memory.Map);
        GuestAddress there = Mapped(vdso, other);

        // The three pages, once.
        Assert.Equal(3, _memory.Frames.Granted);
        Assert.Equal(["[vvar]", "[vdso]"], Names(other));
        Assert.Equal(Errno.EACCES, other.Protect(there - Page, Page, PROT_READ | PROT_WRITE));
        Assert.Equal(Errno.None, other.Protect(there, 2 * Page, PROT_READ | PROT_WRITE));
        Assert.True(other.Write(there, 0xcccccccc));

        // The page and its neighbour: a write fault copies a run.
        Assert.Equal(3 + 2, _memory.Frames.Granted);
        Assert.True(_memory.Map.Read(here, out uint magic));
        Assert.Equal((uint)ELFMAG_WORD, magic);

        Assert.Equal(here + _image.Symbol("__kernel_rt_sigreturn"), vdso.Restorer(_memory.Map));
        Assert.Equal(Errno.None, _memory.Map.Unmap(here, 2 * Page));
        Assert.Equal(GuestAddress.Null, vdso.Restorer(_memory.Map));
    }

    [Fact]
    public void The_map_of_system_calls_is_the_table_that_dispatches_them()
    {
        using GuestVdso vdso = new();
        GuestAddress data = Mapped(vdso, _memory.Map) - Page;
        byte[] page = new byte[Page];
        Assert.Equal(Page, _memory.Map.CopyIn(data, page));
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(page.AsSpan(4 * sizeof(ulong)));
        Assert.Equal((uint)SyscallTable.Count, words[0]);
        List<int> numbers = [];
        for (int number = 0; number < 64 * 32; number++)
        {
            if ((words[1 + (number >> 5)] & (0x8000_0000 >> (number & 31))) != 0)
            {
                numbers.Add(number);
            }
        }

        Assert.Equal(SyscallTable.All.Where(call => call.Handler != null).Select(call => (int)call.Number), numbers);
    }

    [Fact]
    public void The_note_tells_the_kernels_version()
    {
        _image.SetVersion(0x060c05);
        ReadOnlySpan<byte> note = [6, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, .. "Linux\0\0\0"u8, 5, 12, 6, 0];
        Assert.NotEqual(-1, _image.Bytes.AsSpan().IndexOf(note));
    }

    private static GuestAddress Mapped(GuestVdso vdso, MemoryMap map)
    {
        Assert.Equal(Errno.None, vdso.Map(map, out GuestAddress address));
        Assert.True(map.Read(address - Page, out ulong _));
        Assert.True(map.Read(address, out ulong _));
        return address;
    }

    private static List<string> Names(MemoryMap map)
    {
        List<string> names = [];
        map.VisitAreas(area =>
        {
            if (area.Cache?.File is { } file)
            {
                names.Add(file.Path);
            }
        });
        return names;
    }

    private static long Nanoseconds(timespec time) => (time.tv_sec * 1_000_000_000) + time.tv_nsec;

    [UnmanagedCallersOnly]
    private static long Target(long first, long second) => first + second;
}
