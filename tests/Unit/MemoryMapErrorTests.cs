using System;
using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;
using static UmlHost.Tests.Unit.MemoryFixture;

namespace UmlHost.Tests.Unit;

/// <summary>What mmap, munmap, mprotect, madvise and brk refuse, and with which errno.</summary>
public sealed class MemoryMapErrorTests : IDisposable
{
    private const ulong Base = 0x20_0000_0000;
    private const int Anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

    private readonly MemoryFixture _memory = new();

    private MemoryMap Map => _memory.Map;

    public void Dispose() => _memory.Dispose();

    private List<(ulong Start, ulong Pages, int Protection)> Areas()
    {
        List<(ulong, ulong, int)> areas = [];
        Map.VisitAreas(area =>
        {
            if (!area.IsSealed)
            {
                areas.Add((area.Start.Value, area.Length / Page, area.Protection));
            }
        });
        return areas;
    }

    [Theory]
    [InlineData(Base, 0, Anonymous, 0, Errno.EINVAL)] // no length
    [InlineData(Base, Page, Anonymous, 1, Errno.EINVAL)] // offset within a page
    [InlineData(Base, Page, MAP_ANONYMOUS, 0, Errno.EINVAL)] // neither private nor shared
    [InlineData(Base, ulong.MaxValue, Anonymous, 0, Errno.ENOMEM)] // wraps when rounded
    [InlineData(Base, 1UL << 48, Anonymous, 0, Errno.ENOMEM)]
    [InlineData(Base, 0x7fff_ffff_f000, Anonymous, 0, Errno.ENOMEM)] // no gap so large
    [InlineData(Base, Page, Anonymous, 0xffff_ffff_ffff_f000, Errno.EOVERFLOW)]
    [InlineData(Base + 1, Page, AnonymousFixed, 0, Errno.EINVAL)]
    [InlineData(0x7fff_ffff_f000, Page, AnonymousFixed, 0, Errno.ENOMEM)] // beyond the end
    [InlineData(0x7fff_ffff_e000, 2 * Page, AnonymousFixed, 0, Errno.ENOMEM)]
    [InlineData(0, Page, AnonymousFixed, 0, Errno.EPERM)] // below mmap_min_addr
    [InlineData(0xf000, Page, AnonymousFixed, 0, Errno.EPERM)]
    [InlineData(StubLayout.Start, Page, AnonymousFixed, 0, Errno.EPERM)]
    [InlineData(StubLayout.Start - Page, 4 * Page, AnonymousFixed, 0, Errno.EPERM)]
    [InlineData(StubLayout.End - Page, 2 * Page, Anonymous | MAP_FIXED_NOREPLACE, 0, Errno.EEXIST)]
    public void Mmap_refuses(ulong hint, ulong length, int flags, ulong offset, Errno errno)
    {
        Assert.Equal(errno, Map.Map(new GuestAddress(hint), length, ReadWrite, flags, null, offset).Error);
        Assert.Empty(Areas());
    }

    [Fact]
    public void Mmap_takes_the_last_page()
        => Assert.False(Map.Map(new GuestAddress(0x7fff_ffff_e000), Page, ReadWrite, AnonymousFixed, null, 0).Failed);

    [Fact]
    public void Noreplace_refuses_any_overlap_and_nothing_else()
    {
        _memory.MapAnonymous(Base, 4);
        const int Flags = Anonymous | MAP_FIXED_NOREPLACE;
        Assert.Equal(Errno.EEXIST, Map.Map(new GuestAddress(Base + (3 * Page)), 2 * Page, PROT_READ, Flags, null, 0).Error);
        Assert.Equal(Errno.EEXIST, Map.Map(new GuestAddress(Base - Page), 2 * Page, PROT_READ, Flags, null, 0).Error);
        Assert.Equal(Errno.EEXIST, Map.Map(new GuestAddress(Base - Page), 8 * Page, PROT_READ, Flags, null, 0).Error);
        Assert.Equal([(Base, 4UL, ReadWrite)], Areas());
        Assert.Equal((long)(Base + (4 * Page)), Map.Map(new GuestAddress(Base + (4 * Page)), Page, PROT_READ, Flags, null, 0).Raw);
    }

    [Fact]
    public void A_hint_is_taken_where_it_is_free_and_is_only_a_hint()
    {
        _memory.MapAnonymous(Base, 4);
        Assert.Equal((long)(Base + (4 * Page)), Map.Map(new GuestAddress(Base + (4 * Page) + 123), Page, ReadWrite, Anonymous, null, 0).Raw);
        Assert.NotEqual((long)Base, Map.Map(new GuestAddress(Base), Page, ReadWrite, Anonymous, null, 0).Raw);
        Assert.NotEqual((long)StubLayout.Start, Map.Map(new GuestAddress(StubLayout.Start), Page, ReadWrite, Anonymous, null, 0).Raw);
    }

    [Theory]
    [InlineData(Base + 1, Page, Errno.EINVAL)]
    [InlineData(Base, 0, Errno.EINVAL)]
    [InlineData(Base, ulong.MaxValue, Errno.EINVAL)]
    [InlineData(0x7fff_ffff_f000, Page, Errno.EINVAL)]
    [InlineData(0x7fff_ffff_e000, 2 * Page, Errno.EINVAL)]
    [InlineData(StubLayout.Start, Page, Errno.EPERM)]
    [InlineData(StubLayout.Start - Page, 2 * Page, Errno.EPERM)]
    [InlineData(StubLayout.End - 1 & ~4095UL, 2 * Page, Errno.EPERM)]
    [InlineData(0, 0x7fff_ffff_f000, Errno.EPERM)]
    public void Munmap_refuses(ulong start, ulong length, Errno errno)
    {
        _memory.MapAnonymous(Base, 4);
        Assert.Equal(errno, Map.Unmap(new GuestAddress(start), length));
        Assert.Equal([(Base, 4UL, ReadWrite)], Areas());
    }

    [Fact]
    public void Munmap_of_nothing_succeeds_and_of_the_middle_splits()
    {
        Assert.Equal(Errno.None, Map.Unmap(new GuestAddress(Base), 100 * Page));
        _memory.MapAnonymous(Base, 10);
        Assert.Equal(Errno.None, Map.Unmap(new GuestAddress(Base + (3 * Page)), (4 * Page) - 100));
        Assert.Equal([(Base, 3UL, ReadWrite), (Base + (7 * Page), 3UL, ReadWrite)], Areas());
    }

    [Theory]
    [InlineData(Base + 1, Page, PROT_READ, Errno.EINVAL)]
    [InlineData(Base, Page, 0x10, Errno.EINVAL)]
    [InlineData(Base, Page, PROT_GROWSDOWN | PROT_GROWSUP, Errno.EINVAL)]
    [InlineData(Base, Page, PROT_READ | PROT_GROWSDOWN, Errno.EINVAL)] // no stack
    [InlineData(Base, Page, PROT_READ | PROT_GROWSUP, Errno.EINVAL)]
    [InlineData(Base, ulong.MaxValue, PROT_READ, Errno.ENOMEM)] // rounds to nothing
    [InlineData(Base, 0xffff_ffff_ffff_0000, PROT_READ, Errno.ENOMEM)]
    [InlineData(Base - Page, 2 * Page, PROT_READ, Errno.ENOMEM)]
    [InlineData(Base + (4 * Page), Page, PROT_READ, Errno.ENOMEM)]
    [InlineData(StubLayout.Start, Page, PROT_READ, Errno.EPERM)]
    public void Mprotect_refuses(ulong start, ulong length, int prot, Errno errno)
    {
        _memory.MapAnonymous(Base, 4);
        Assert.Equal(errno, Map.Protect(new GuestAddress(start), length, prot));
        Assert.Equal([(Base, 4UL, ReadWrite)], Areas());
    }

    [Fact]
    public void Mprotect_changes_what_comes_before_a_hole()
    {
        _memory.MapAnonymous(Base, 4);
        _memory.MapAnonymous(Base + (6 * Page), 4);
        Assert.Equal(Errno.ENOMEM, Map.Protect(new GuestAddress(Base + (2 * Page)), 6 * Page, PROT_READ));
        Assert.Equal([(Base, 2UL, ReadWrite), (Base + (2 * Page), 2UL, PROT_READ), (Base + (6 * Page), 4UL, ReadWrite)], Areas());
    }

    [Fact]
    public void Mprotect_of_nothing_succeeds_and_back_again_leaves_one_area()
    {
        _memory.MapAnonymous(Base, 10);
        Assert.Equal(Errno.None, Map.Protect(new GuestAddress(Base), 0, PROT_READ));
        Assert.Equal(Errno.None, Map.Protect(new GuestAddress(Base + (3 * Page)), 4 * Page, PROT_READ));
        Assert.Equal(3, Areas().Count);
        Assert.Equal(Errno.None, Map.Protect(new GuestAddress(Base + (3 * Page)), 4 * Page, ReadWrite));
        Assert.Equal([(Base, 10UL, ReadWrite)], Areas());
    }

    [Fact]
    public void Write_permission_for_a_shared_file_that_is_not_open_for_writing_is_refused()
    {
        PageCacheTests.TestFile file = _memory.File(8 * Page);
        GuestAddress at = new(Base);
        Assert.False(Map.Map(at, 8 * Page, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0, VmaFlags.DenyWrite).Failed);
        Assert.Equal(Errno.EACCES, Map.Protect(at, Page, ReadWrite));
        Assert.Equal(Errno.None, Map.Protect(at, Page, PROT_READ | PROT_EXEC));
    }

    [Theory]
    [InlineData(Base, Page, 1234, Errno.EINVAL)]
    [InlineData(Base + 1, Page, MADV_DONTNEED, Errno.EINVAL)]
    [InlineData(Base, ulong.MaxValue, MADV_DONTNEED, Errno.EINVAL)]
    [InlineData(Base, 0xffff_ffff_ffff_0000, MADV_DONTNEED, Errno.EINVAL)]
    [InlineData(Base, 0, MADV_DONTNEED, Errno.None)]
    [InlineData(Base, 5 * Page, MADV_DONTNEED, Errno.ENOMEM)]
    [InlineData(Base - Page, 2 * Page, MADV_WILLNEED, Errno.ENOMEM)]
    [InlineData(Base + (100 * Page), Page, MADV_NORMAL, Errno.ENOMEM)]
    [InlineData(StubLayout.Start, Page, MADV_DONTNEED, Errno.EPERM)]
    public void Madvise_answers(ulong start, ulong length, int advice, Errno errno)
    {
        _memory.MapAnonymous(Base, 4);
        Assert.Equal(errno, Map.Advise(new GuestAddress(start), length, advice));
    }

    [Fact]
    public void Madvise_does_its_work_on_both_sides_of_a_hole()
    {
        _memory.MapAnonymous(Base, 1);
        _memory.MapAnonymous(Base + (2 * Page), 1);
        Assert.Equal(1, Map.CopyOut(new GuestAddress(Base), "a"u8));
        Assert.Equal(1, Map.CopyOut(new GuestAddress(Base + (2 * Page)), "b"u8));
        Assert.Equal(Errno.ENOMEM, Map.Advise(new GuestAddress(Base), 3 * Page, MADV_DONTNEED));
        byte[] bytes = [9];
        Map.CopyIn(new GuestAddress(Base), bytes);
        Assert.Equal(0, bytes[0]);
        Map.CopyIn(new GuestAddress(Base + (2 * Page)), bytes);
        Assert.Equal(0, bytes[0]);
    }

    [Theory]
    [InlineData(Base, Access.Read, FaultResult.Resolved)]
    [InlineData(Base, Access.Write, FaultResult.SegvAccessError)]
    [InlineData(Base, Access.Execute, FaultResult.SegvAccessError)]
    [InlineData(Base + Page, Access.Read, FaultResult.SegvMapError)]
    [InlineData(0, Access.Read, FaultResult.SegvMapError)]
    [InlineData(StubLayout.Start, Access.Read, FaultResult.SegvAccessError)]
    [InlineData(StubLayout.Start, Access.Unknown, FaultResult.SegvAccessError)]
    [InlineData(Base + (8 * Page), Access.Read, FaultResult.SegvAccessError)] // PROT_NONE
    [InlineData(Base + (8 * Page), Access.Unknown, FaultResult.SegvAccessError)]
    [InlineData(Base + (16 * Page), Access.Read, FaultResult.BusAddressError)] // beyond the end of the file
    public void A_fault_ends_as_linux_ends_it(ulong address, object access, object result)
    {
        _memory.MapAnonymous(Base, 1, PROT_READ);
        _memory.MapAnonymous(Base + (8 * Page), 1, PROT_NONE);
        Map.Map(new GuestAddress(Base + (15 * Page)), 2 * Page, PROT_READ, MAP_PRIVATE | MAP_FIXED, _memory.File(Page), 0);
        Assert.Equal((FaultResult)result, Map.Fault(new GuestAddress(address), (Access)access));
    }

    [Fact]
    public void A_present_page_with_all_its_rights_needs_to_know_the_access()
    {
        _memory.MapAnonymous(Base, 1, PROT_READ);
        GuestAddress at = new(Base);
        _memory.Fault(at, Access.Unknown);
        _memory.Sync();
        Assert.Equal(FaultResult.NeedAccess, Map.Fault(at, Access.Unknown));
        Assert.Equal(FaultResult.SegvAccessError, Map.Fault(at, Access.Write));
        Assert.Equal(FaultResult.Resolved, Map.Fault(at, Access.Read));
        Assert.Equal(1, Map.Faults.Spurious);
        Assert.Equal(1, Map.Faults.Violations);
    }

    [Fact]
    public void The_limit_ends_a_fault_only_when_touched_memory_reaches_it()
    {
        using MemoryFixture small = new(limit: 64 * Page);
        GuestAddress at = new(Base);

        // One request for more than there is cannot be meant, unless it says so.
        Assert.Equal(Errno.ENOMEM, small.Map.Map(at, 65 * Page, ReadWrite, AnonymousFixed, null, 0).Error);
        Assert.False(small.Map.Map(at, 1024 * Page, ReadWrite, AnonymousFixed | MAP_NORESERVE, null, 0).Failed);
        for (ulong page = 0; page < 64; page++)
        {
            Assert.Equal(1, small.Map.CopyOut(at + (page * Page), "x"u8));
        }

        Assert.Equal(0, small.Map.CopyOut(at + (1000 * Page), "x"u8));
        Assert.Equal(FaultResult.OutOfMemory, small.Map.Fault(at + (1000 * Page), Access.Write));
    }

    [Fact]
    public void The_break_moves_within_its_limit_and_stays_away_from_what_is_above()
    {
        GuestAddress start = new(Base + 0x123);
        Map.SetBreakStart(start);
        Assert.Equal(start, Map.Break(default));
        Assert.Equal(start + 100, Map.Break(start + 100));
        Assert.Equal(start + (10 * Page), Map.Break(start + (10 * Page)));
        Assert.Equal(start + (10 * Page), Map.Break(start - 1));
        _memory.MapAnonymous(Base + (20 * Page), 1);
        Assert.Equal(start + (10 * Page), Map.Break(new GuestAddress(Base + (20 * Page))));
        Assert.Equal(new GuestAddress(Base + (19 * Page)), Map.Break(new GuestAddress(Base + (19 * Page))));
        Map.DataLimit = 5 * Page;
        Assert.Equal(new GuestAddress(Base + (19 * Page)), Map.Break(new GuestAddress(Base + (18 * Page))));
        Assert.Equal(start, Map.Break(start));
    }
}
