using System;

using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;
using static UmlHost.Tests.Unit.MemoryFixture;

namespace UmlHost.Tests.Unit;

/// <summary>Shared writable mappings of files: what is written reaches the file, and what the file loses the address
/// spaces lose.</summary>
public sealed class MemoryMapFileTests : IDisposable
{
    private static readonly GuestAddress Base = new(0x20_0000_0000);
    private static readonly GuestAddress Other = new(0x21_0000_0000);

    private readonly MemoryFixture _memory = new();

    private MemoryMap Map => _memory.Map;

    public void Dispose() => _memory.Dispose();

    private void MapFile(GuestAddress at, MappedFile file, ulong pages, int type, int prot = ReadWrite)
        => Assert.Equal((long)at.Value, Map.Map(at, pages * Page, prot, type | MAP_FIXED, file, 0).Raw);

    private byte ByteAt(GuestAddress at)
    {
        byte[] one = new byte[1];
        Assert.Equal(1, Map.CopyIn(at, one));
        return one[0];
    }

    [Fact]
    public void A_page_of_a_tracked_file_is_dirty_from_its_first_write_and_reaches_the_file_with_the_last_mapping()
    {
        PageCacheTests.TestFile file = _memory.File(64 * Page, tracked: true);
        MapFile(Base, file, 64, MAP_SHARED);
        _memory.Fault(Base + (3 * Page), Access.Read);
        _memory.Sync();
        Assert.Empty(file.Notices);
        Assert.Equal(1, file.CurrentPages!.WritableMappings);
        Assert.Equal(FaultResult.Resolved, Map.Fault(Base + (5 * Page), Access.Write));
        Assert.Equal(2, Map.CopyOut(Base + (7 * Page), "ab"u8));
        _memory.Sync();
        Assert.Equal([(5UL, 1UL), (7UL, 1UL)], file.Notices);
        Assert.Equal((ulong)ReadWrite, _memory.Host.Pages[(Base + (7 * Page)).Value].Protection);
        Assert.Equal((ulong)PROT_READ, _memory.Host.Pages[(Base + (8 * Page)).Value].Protection);

        Assert.Equal(Errno.None, file.CurrentPages.WriteBack(6, 8));
        Assert.Equal([(7 * Page, (int)Page, (byte)'a')], file.Writes);
        Assert.Equal(Errno.None, Map.Protect(Base, 64 * Page, PROT_READ));
        Assert.Equal(Errno.None, Map.Protect(Base, 64 * Page, ReadWrite));
        _memory.Sync();
        Assert.Equal((ulong)PROT_READ, _memory.Host.Pages[(Base + (8 * Page)).Value].Protection);

        Assert.Equal(Errno.None, Map.Unmap(Base, 64 * Page));
        Assert.Single(file.Writes);
        _memory.Sync();
        Assert.Equal(3, file.Writes.Count);
        Assert.Equal(0, file.CurrentPages.WritableMappings);
        Assert.False(file.CurrentPages.IsMapped);
    }

    [Fact]
    public void A_file_that_is_its_frames_is_mapped_writable_at_once()
    {
        PageCacheTests.TestFile file = _memory.File(64 * Page);
        MapFile(Base, file, 64, MAP_SHARED);
        _memory.Fault(Base, Access.Unknown);
        _memory.Sync();
        Assert.Equal([(0UL, 64UL)], file.Notices);
        Assert.Equal((ulong)ReadWrite, _memory.Host.Pages[Base.Value].Protection);
        Assert.Empty(file.Writes);
    }

    [Fact]
    public void Truncation_takes_pages_from_every_mapping_and_a_longer_file_has_zeros_there()
    {
        PageCacheTests.TestFile file = _memory.File(64 * Page);
        MapFile(Base, file, 64, MAP_SHARED);
        MapFile(Other, file, 64, MAP_PRIVATE);
        _memory.Fault(Base, Access.Write);
        _memory.Fault(Other + (40 * Page), Access.Write);
        _memory.Sync();
        long granted = _memory.Frames.Granted;
        file.CurrentSize = (10 * Page) + 5;
        file.CurrentPages!.Truncate(file.CurrentSize);
        Assert.Equal(granted, _memory.Frames.Granted);
        Assert.Equal(FaultResult.BusAddressError, Map.Fault(Base + (11 * Page), Access.Read));
        Assert.Equal(FaultResult.BusAddressError, Map.Fault(Other + (40 * Page), Access.Read));
        Assert.Equal(0, ByteAt(Base + (10 * Page) + 5));
        Assert.Equal(PageCacheTests.TestFile.ByteOf(10), ByteAt(Base + (10 * Page) + 4));

        // Longer again, before the child has lost the old pages: another frame.
        file.CurrentSize = 64 * Page;
        Assert.Equal(PageCacheTests.TestFile.ByteOf(20), ByteAt(Base + (20 * Page)));
        _memory.Sync();
        Assert.Equal((int)Page, Map.CopyOut(Base + (20 * Page), new byte[Page]));
        Assert.Equal(0, ByteAt(Other + (20 * Page)));
    }

    [Fact]
    public void A_hole_leaves_private_copies_alone()
    {
        PageCacheTests.TestFile file = _memory.File(64 * Page);
        MapFile(Base, file, 64, MAP_PRIVATE);
        Assert.Equal(1, Map.CopyOut(Base + (20 * Page), "x"u8));
        _memory.Fault(Base + (30 * Page), Access.Read);
        _memory.Sync();
        file.CurrentPages!.Punch((20 * Page) + 100, 40 * Page);
        _memory.Sync();
        Assert.Equal((byte)'x', ByteAt(Base + (20 * Page)));
        Assert.False(_memory.Host.Pages.ContainsKey((Base + (39 * Page)).Value));
        Assert.True(_memory.Host.Pages.ContainsKey((Base + (40 * Page)).Value));
    }
}
