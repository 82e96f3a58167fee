using System;
using System.Collections.Generic;
using System.Linq;

using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;
using static UmlHost.Tests.Unit.MemoryFixture;

namespace UmlHost.Tests.Unit;

/// <summary>What an address space has and uses, as /proc tells it, and what its limits refuse.</summary>
public sealed class MemoryMapUsageTests : IDisposable
{
    private const ulong Base = 0x20_0000_0000;

    private readonly MemoryFixture _memory = new();

    private MemoryMap Map => _memory.Map;

    public void Dispose() => _memory.Dispose();

    private static GuestAddress At(ulong page) => new(Base + (page * Page));

    [Fact]
    public void Sizes_are_counted_by_kind()
    {
        _memory.MapAnonymous(Base, 10);
        _memory.MapAnonymous(At(10).Value, 5, PROT_READ);
        _memory.MapAnonymous(At(15).Value, 3, PROT_READ | PROT_EXEC);
        Assert.False(Map.Map(At(100), 7 * Page, ReadWrite, AnonymousFixed | MAP_GROWSDOWN, null, 0).Failed);
        Assert.False(Map.Map(At(200), 4 * Page, ReadWrite, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, null, 0).Failed);
        Assert.Equal(Errno.None, Map.Lock(At(0), 2 * Page, VmaFlags.Locked, ulong.MaxValue));
        MemoryUsage usage = Map.Usage();
        Assert.Equal((29UL, 10UL, 7UL, 3UL, 2UL), (usage.Total, usage.Data, usage.Stack, usage.Executable, usage.Locked));
        Assert.Equal(Errno.None, Map.Protect(At(10), 5 * Page, ReadWrite));
        Assert.Equal(Errno.None, Map.Unmap(At(0), 3 * Page));
        usage = Map.Usage();
        Assert.Equal((26UL, 29UL, 12UL, 0UL), (usage.Total, usage.PeakTotal, usage.Data, usage.Locked));
    }

    [Fact]
    public void Only_touched_pages_are_resident()
    {
        PageCacheTests.TestFile file = _memory.File(64 * Page);
        _memory.MapAnonymous(Base, 400);
        Assert.False(Map.Map(At(1000), 64 * Page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0).Failed);
        for (ulong page = 0; page < 9; page++)
        {
            Assert.Equal(1, Map.CopyOut(At(page * 40), [1]));
        }

        _memory.Fault(At(1003), Access.Read);
        MemoryUsage usage = Map.Usage();
        Assert.Equal((9UL, 24UL, 0UL, 33UL), (usage.Anonymous, usage.File, usage.Shared, usage.Resident));
        Assert.True(Map.PresentPages > 33);
        Assert.Equal(Errno.None, Map.Unmap(At(0), 400 * Page));
        usage = Map.Usage();
        Assert.Equal((0UL, 33UL), (usage.Anonymous, usage.PeakResident));
    }

    [Fact]
    public void A_peak_is_noticed_when_it_goes()
    {
        _memory.MapAnonymous(Base, 2000);
        for (ulong page = 0; page < 2000; page++)
        {
            Assert.Equal(1, Map.CopyOut(At(page), [1]));
        }

        _memory.Sync();
        ulong before = _memory.Frames.ResidentBytes;
        Assert.Equal(Errno.None, Map.Unmap(At(0), 2000 * Page));
        _memory.Sync();
        MemoryUsage usage = Map.Usage();
        Assert.Equal((0UL, 2000UL), (usage.Resident, usage.PeakResident));

        // And the host has its memory back, to its last block.
        Assert.Equal(before - (2000 * Page), _memory.Frames.ResidentBytes);
    }

    [Fact]
    public void Areas_are_told_as_proc_maps_has_them()
    {
        PageCacheTests.TestFile file = _memory.File(64 * Page);
        Assert.False(Map.Map(At(0), 4 * Page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 8 * Page).Failed);
        _memory.MapAnonymous(At(4).Value, 4);
        Assert.Equal(Errno.None, Map.SetName(At(5), Page, "cache"));
        Assert.False(Map.Map(At(8), Page, ReadWrite, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, null, 0).Failed);
        Map.SetBreakStart(At(20));
        Assert.Equal(At(22), Map.Break(At(22)));
        Assert.Equal(1, Map.CopyOut(At(4), [1]));
        List<AreaUsage> areas = Map.Areas(countPages: true);
        Assert.Equal(
            [(0UL, "/test"), (4, ""), (5, "[anon:cache]"), (6, ""), (8, "/dev/zero (deleted)"), (20, "[heap]")],
            areas.Select(area => ((area.Start.Value - Base) / Page, area.Name)));
        Assert.Equal((8 * Page, 1UL), (areas[0].Offset, areas[0].Inode));
        Assert.Equal((1UL, Page, 1UL), (areas[1].Pages.Resident, areas[1].Pages.ProportionalBytes, areas[1].Pages.PrivateDirty));
        Assert.NotEqual(0UL, areas[4].Inode);
    }

    [Fact]
    public void Shared_pages_count_in_proportion()
    {
        _memory.MapAnonymous(Base, 8);
        for (ulong page = 0; page < 8; page++)
        {
            Assert.Equal(1, Map.CopyOut(At(page), [1]));
        }

        using MemoryMap child = Map.Fork(default);
        PagesUsage pages = Map.Areas(countPages: true)[0].Pages;
        Assert.Equal((8UL, 4 * Page, 8UL, 0UL), (pages.Resident, pages.ProportionalBytes, pages.SharedDirty, pages.PrivateDirty));
        Assert.Equal(8UL, child.Usage().Total);
    }

    [Fact]
    public void At_the_limit_clean_pages_of_files_make_room()
    {
        using MemoryFixture small = new(limit: 100 * Page);
        PageCacheTests.TestFile file = new(64 * Page) { IsReadAgain = true };
        Assert.False(small.Map.Map(At(0), 64 * Page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0).Failed);
        small.Fault(At(0), Access.Read);
        for (ulong page = 0; page < 64; page++)
        {
            byte[] one = new byte[1];
            Assert.Equal(1, small.Map.CopyIn(At(page), one));
        }

        Assert.Equal(Errno.None, small.Map.Unmap(At(0), 60 * Page));
        small.Sync();
        small.MapAnonymous(At(1000).Value, 90);
        for (ulong page = 0; page < 90; page++)
        {
            Assert.Equal(1, small.Map.CopyOut(At(1000 + page), [1]));
        }

        Assert.Equal(60, small.Frames.Reclaimed);
        Assert.Equal(Errno.None, small.Map.Unmap(At(1000), 90 * Page));
        small.Sync();
        byte[] again = new byte[1];
        Assert.False(small.Map.Map(At(0), Page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 5 * Page).Failed);
        Assert.Equal(1, small.Map.CopyIn(At(0), again));
        Assert.Equal(PageCacheTests.TestFile.ByteOf(5), again[0]);
        file.Drop();
    }

    [Fact]
    public void Address_space_and_data_have_limits()
    {
        Map.AddressSpaceLimit = 20 * Page;
        Map.DataLimit = 10 * Page;
        Assert.Equal(Errno.ENOMEM, Map.Map(At(0), 21 * Page, PROT_READ, AnonymousFixed, null, 0).Error);
        Assert.Equal(Errno.ENOMEM, Map.Map(At(0), 11 * Page, ReadWrite, AnonymousFixed, null, 0).Error);
        _memory.MapAnonymous(Base, 20, PROT_READ);
        _memory.MapAnonymous(At(5).Value, 10);
        Assert.Equal(Errno.ENOMEM, Map.Protect(At(0), Page, ReadWrite));
        Assert.Equal(Errno.ENOMEM, Map.Remap(At(15), 5 * Page, 6 * Page, MREMAP_MAYMOVE, default, ulong.MaxValue).Error);
        Assert.Equal(20UL, Map.Usage().Total);
    }
}
