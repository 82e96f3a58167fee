using System;
using System.Collections.Generic;
using System.Linq;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;
using static UmlHost.Tests.Unit.MemoryFixture;

namespace UmlHost.Tests.Unit;

/// <summary>How changes of an address space reach the host child: marked, and brought there just before the guest
/// runs (H8), merged (H5), a page fault with one operation (H9); frames are freed after the batch.</summary>
public sealed class MemoryMapSyncTests : IDisposable
{
    private const ulong Base = 0x20_0000_0000;

    private readonly MemoryFixture _memory = new();

    private MemoryMap Map => _memory.Map;

    public void Dispose() => _memory.Dispose();

    private static GuestAddress At(ulong page) => new(Base + (page * Page));

    private static (long Number, ulong Address, ulong Pages) Short(HostOp op) => ((long)op.Number, op.A0, op.A1 / Page);

    private void Touch(ulong address, ulong pages)
    {
        for (ulong page = 0; page < pages; page++)
        {
            _memory.Fault(new GuestAddress(address + (page * Page)));
        }
    }

    [Fact]
    public void Mapping_costs_the_child_nothing()
    {
        _memory.MapAnonymous(Base, 100_000);
        Assert.Empty(_memory.Sync());
        Assert.Equal(0, Map.PresentPages);
    }

    [Fact]
    public void A_fault_is_one_operation_for_the_chunk_around_it()
    {
        _memory.MapAnonymous(Base, 4096);
        _memory.Fault(At(1000));
        HostOp op = Assert.Single(_memory.Sync());
        Assert.Equal((SYS_mmap, At(512).Value, 512UL), Short(op));
        Assert.Equal((ulong)ReadWrite, op.A2);
        Assert.Equal(0UL, op.A5 % (512 * Page));
        Assert.Equal(1, Map.HostMappings);
        Assert.Empty(_memory.Sync());
    }

    [Fact]
    public void A_thousand_faults_are_a_thousand_operations_at_most_and_no_walk()
    {
        // A page here and there, each an area of its own.
        for (ulong i = 0; i < 1000; i++)
        {
            _memory.MapAnonymous(At(i * 10).Value, 1);
        }

        for (ulong i = 0; i < 1000; i++)
        {
            _memory.Fault(At(i * 10) + 123);
            Assert.Equal((SYS_mmap, At(i * 10).Value, 1UL), Short(Assert.Single(_memory.Sync())));
        }

        Assert.Equal(1000, Map.Faults.Anonymous);
    }

    [Fact]
    public void A_write_fault_on_a_page_without_other_users_is_one_mprotect()
    {
        _memory.MapAnonymous(Base, 10);
        _memory.Fault(At(0));
        _memory.Sync();
        Assert.Equal(Errno.None, Map.Protect(At(0), 10 * Page, PROT_READ));
        Assert.Equal((SYS_mprotect, Base, 10UL), Short(Assert.Single(_memory.Sync())));
        Assert.Equal(Errno.None, Map.Protect(At(0), 10 * Page, ReadWrite));
        HostOp op = Assert.Single(_memory.Sync());
        Assert.Equal((SYS_mprotect, Base, 10UL), Short(op));
        Assert.Equal((ulong)ReadWrite, op.A2);
    }

    [Fact]
    public void Changes_only_mark_and_the_operations_come_at_the_sync()
    {
        _memory.MapAnonymous(Base, 2048);
        Touch(Base, 2048);
        _memory.Sync();
        int batches = _memory.Host.Batches.Count;
        Assert.Equal(Errno.None, Map.Unmap(At(100), 50 * Page));
        Assert.Equal(Errno.None, Map.Protect(At(200), 100 * Page, PROT_READ));
        Assert.Equal(Errno.None, Map.Protect(At(200), 100 * Page, PROT_NONE));
        Assert.Equal(Errno.None, Map.Advise(At(1000), 10 * Page, MADV_DONTNEED));
        Assert.Equal(batches, _memory.Host.Batches.Count);
        Assert.Equal(
            [(SYS_munmap, At(100).Value, 50UL), (SYS_mprotect, At(200).Value, 100UL), (SYS_munmap, At(1000).Value, 10UL)],
            _memory.Sync().Select(Short));
    }

    [Fact]
    public void What_is_undone_before_the_guest_runs_never_reaches_the_child()
    {
        _memory.MapAnonymous(Base, 1000);
        Assert.Equal(Errno.None, Map.Unmap(At(0), 1000 * Page));
        Assert.Empty(_memory.Sync());
    }

    [Fact]
    public void Pages_side_by_side_go_in_one_operation_whatever_the_areas_are()
    {
        for (ulong i = 0; i < 100; i++)
        {
            // Neighbours with other flags: areas of their own, one host mapping.
            Map.Map(At(i), Page, ReadWrite, AnonymousFixed | (i % 2 == 0 ? MAP_NORESERVE : 0), null, 0);
            _memory.Fault(At(i));
        }

        Assert.Equal((SYS_mmap, Base, 100UL), Short(Assert.Single(_memory.Sync())));
        Assert.Equal(99, Map.MergedOps);
        Assert.Equal(Errno.None, Map.Unmap(At(0), 100 * Page));
        Assert.Equal((SYS_munmap, Base, 100UL), Short(Assert.Single(_memory.Sync())));
    }

    [Fact]
    public void An_unmap_runs_over_holes_where_the_child_has_nothing()
    {
        for (ulong i = 0; i < 50; i++)
        {
            _memory.MapAnonymous(At(i * 5).Value, 1);
            _memory.Fault(At(i * 5));
        }

        _memory.Sync();
        Assert.Equal(Errno.None, Map.Unmap(At(0), 1000 * Page));
        Assert.Equal((SYS_munmap, Base, 246UL), Short(Assert.Single(_memory.Sync())));
    }

    [Fact]
    public void An_unmap_never_runs_over_pages_that_stay()
    {
        _memory.MapAnonymous(Base, 1536);
        Touch(Base, 1536);
        _memory.Sync();
        Assert.Equal(Errno.None, Map.Unmap(At(10), 10 * Page));
        Assert.Equal(Errno.None, Map.Unmap(At(30), 10 * Page));
        // To the end of one leaf, and in the middle of the next.
        Assert.Equal(Errno.None, Map.Unmap(At(500), 12 * Page));
        Assert.Equal(Errno.None, Map.Unmap(At(600), 10 * Page));
        Assert.Equal(
            [
                (SYS_munmap, At(10).Value, 10UL), (SYS_munmap, At(30).Value, 10UL),
                (SYS_munmap, At(500).Value, 12UL), (SYS_munmap, At(600).Value, 10UL),
            ],
            _memory.Sync().Select(Short));
        Assert.Equal(1536 - 42, _memory.Host.Pages.Count);
    }

    [Fact]
    public void An_unmap_goes_on_over_the_border_of_leaves()
    {
        _memory.MapAnonymous(Base, 1536);
        Touch(Base, 1536);
        _memory.Sync();
        Assert.Equal(Errno.None, Map.Unmap(At(500), 600 * Page));
        Assert.Equal((SYS_munmap, At(500).Value, 600UL), Short(Assert.Single(_memory.Sync())));
    }

    [Fact]
    public void An_unmap_never_runs_over_the_stub()
    {
        ulong below = StubLayout.Start - (4 * Page);
        _memory.MapAnonymous(below, 4);
        _memory.MapAnonymous(StubLayout.End, 4);
        Touch(below, 4);
        Touch(StubLayout.End, 4);
        _memory.Sync();
        Assert.Equal(Errno.None, Map.Unmap(new GuestAddress(below), 4 * Page));
        Assert.Equal(Errno.None, Map.Unmap(new GuestAddress(StubLayout.End), 4 * Page));
        // The recorder throws where an operation touches the stub range.
        Assert.Equal([(SYS_munmap, below, 4UL), (SYS_munmap, StubLayout.End, 4UL)], _memory.Sync().Select(Short));
    }

    [Fact]
    public void Frames_are_freed_only_after_the_batch_that_unmaps_them()
    {
        _memory.MapAnonymous(Base, 512);
        _memory.Fault(At(0));
        _memory.Sync();
        long granted = _memory.Frames.Granted;
        Assert.Equal(Errno.None, Map.Unmap(At(0), 512 * Page));
        Assert.Equal(granted, _memory.Frames.Granted);
        long during = -1;
        _memory.Host.OnRun = _ => during = _memory.Frames.Granted;
        _memory.Sync();
        Assert.Equal(granted, during);
        Assert.Equal(granted - 512, _memory.Frames.Granted);
    }

    [Fact]
    public void A_batch_that_fails_frees_nothing()
    {
        _memory.MapAnonymous(Base, 512);
        _memory.Fault(At(0));
        _memory.Sync();
        long granted = _memory.Frames.Granted;
        Assert.Equal(Errno.None, Map.Unmap(At(0), 512 * Page));
        _memory.Host.FailWith = Errno.ENOMEM;
        HostOpFailure? failure = Map.Sync(_memory.Host);
        Assert.NotNull(failure);
        Assert.Equal((SYS_munmap, Base, 512UL), Short(failure.Op));
        Assert.Equal(granted, _memory.Frames.Granted);
    }

    [Fact]
    public void A_page_taken_away_and_touched_again_before_the_sync_is_mapped_anew()
    {
        _memory.MapAnonymous(Base, 1);
        Assert.Equal(3, Map.CopyOut(At(0), "old"u8));
        _memory.Sync();
        Assert.Equal(Errno.None, Map.Advise(At(0), Page, MADV_DONTNEED));
        byte[] bytes = new byte[3];
        Assert.Equal(3, Map.CopyIn(At(0), bytes));
        Assert.Equal(new byte[3], bytes);
        HostOp op = Assert.Single(_memory.Sync());
        Assert.Equal((SYS_mmap, Base, 1UL), Short(op));
        AssertChildMatches();
    }

    [Fact]
    public void What_the_supervisor_writes_before_the_guest_has_touched_it_the_child_sees()
    {
        _memory.MapAnonymous(Base, 4);
        Assert.Equal(5, Map.CopyOut(At(1) + 10, "hello"u8));
        _memory.Sync();
        (_, ulong offset) = _memory.Host.Pages[At(1).Value];
        unsafe
        {
            Assert.Equal("hello"u8, new ReadOnlySpan<byte>(_memory.Frames.Pointer((uint)(offset / Page)) + 10, 5));
        }
    }

    [Fact]
    public void A_leaf_that_becomes_empty_gives_its_chunk_back()
    {
        for (int round = 0; round < 100; round++)
        {
            _memory.MapAnonymous(Base, 512);
            _memory.Fault(At(0));
            _memory.Sync();
            Assert.Equal(Errno.None, Map.Unmap(At(0), 512 * Page));
            _memory.Sync();
        }

        Assert.Equal(512, _memory.Frames.PeakGranted);
        Assert.Equal(1U, _memory.Frames.ReserveChunk());
        _memory.Frames.ReleaseChunk(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void After_every_sync_the_child_is_what_the_guest_asked_for(int seed)
    {
        Random random = new(seed);
        const int Window = 1600;
        PageCacheTests.TestFile file = _memory.File(64 * Page);
        int[] protections = [PROT_NONE, PROT_READ, ReadWrite, ReadWrite, PROT_READ | PROT_EXEC, ReadWrite | PROT_EXEC];
        for (int step = 0; step < 3000; step++)
        {
            ulong from = (ulong)random.Next(Window);
            ulong length = (ulong)random.Next(1, random.Next(8) == 0 ? 700 : 20);
            int prot = protections[random.Next(protections.Length)];
            switch (random.Next(9))
            {
                case 0:
                case 1:
                    _memory.MapAnonymous(At(from).Value, length, prot);
                    break;
                case 2:
                    ulong first = (ulong)random.Next(60);
                    int type = random.Next(2) == 0 ? MAP_SHARED : MAP_PRIVATE;
                    Map.Map(At(from), Math.Min(length, 64 - first) * Page, prot, type | MAP_FIXED, file, first * Page);
                    break;
                case 3:
                    Map.Unmap(At(from), length * Page);
                    break;
                case 4:
                    Map.Protect(At(from), length * Page, prot);
                    break;
                case 5:
                    Map.Advise(At(from), length * Page, MADV_DONTNEED);
                    break;
                default:
                    for (ulong page = from; page < from + Math.Min(length, 30); page++)
                    {
                        Map.Fault(At(page), (Access)random.Next(4));
                    }

                    break;
            }

            if (random.Next(3) == 0)
            {
                _memory.Sync();
                AssertChildMatches();
            }
        }

        Map.Unmap(At(0), 4000 * Page);
        _memory.Sync();
        Assert.Empty(_memory.Host.Pages);
        Assert.Equal(0, Map.PresentPages);
        Assert.Equal(0, Map.HostMappings);
    }

    /// <summary>The child has exactly the pages that are present, no more rights than the areas give, and the same
    /// bytes; and no fewer mappings than counted.</summary>
    private void AssertChildMatches()
    {
        Dictionary<ulong, int> allowed = [];
        Map.VisitAreas(area =>
        {
            if (!area.IsSealed)
            {
                for (GuestAddress page = area.Start; page < area.End; page += Page)
                {
                    allowed[page.Value] = area.Protection;
                }
            }
        });

        int mappings = 0;
        (ulong Page, ulong Protection, ulong Offset) last = default;
        foreach ((ulong page, (ulong protection, ulong offset)) in _memory.Host.Pages)
        {
            Assert.True(allowed.TryGetValue(page, out int rights), $"the child has {page:x}, which is not mapped");
            int effective = rights == PROT_NONE ? PROT_NONE : rights | PROT_READ;
            Assert.True(((int)protection & ~effective) == 0, $"the child has protection {protection} at {page:x}, the guest asked for {rights}");
            if (page != last.Page + Page || protection != last.Protection || offset != last.Offset + Page)
            {
                mappings++;
            }

            last = (page, protection, offset);
        }

        Assert.Equal(Map.PresentPages, _memory.Host.Pages.Count);
        Assert.True(mappings <= Map.HostMappings, $"{mappings} mappings, {Map.HostMappings} counted");
        Span<byte> guest = new byte[Page];
        foreach ((ulong page, (ulong protection, ulong offset)) in _memory.Host.Pages)
        {
            if (protection != PROT_NONE && page % (13 * Page) == 0)
            {
                Assert.Equal((int)Page, Map.CopyIn(new GuestAddress(page), guest));
                unsafe
                {
                    ReadOnlySpan<byte> host = new(_memory.Frames.Pointer((uint)(offset / Page)), (int)Page);
                    Assert.True(guest.SequenceEqual(host), $"page {page:x}");
                }
            }
        }
    }
}
