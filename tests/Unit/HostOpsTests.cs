using UmlHost.Abi;
using UmlHost.Host;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Which operations become one (H5).</summary>
public sealed class HostOpsTests
{
    private const ulong Page = GuestAddress.PageSize;
    private const int ReadWrite = PROT_READ | PROT_WRITE;

    private readonly HostOps _ops = new();

    private static GuestAddress At(ulong page) => new(0x10_0000_0000 + (page * Page));

    [Fact]
    public void A_hundred_adjacent_pages_are_one_mmap()
    {
        for (ulong page = 0; page < 100; page++)
        {
            _ops.Map(At(page), Page, ReadWrite, (500 + page) * Page);
        }

        HostOp op = Assert.Single(_ops.Span.ToArray());
        Assert.Equal((ulong)SYS_mmap, op.Number);
        Assert.Equal(At(0).Value, op.A0);
        Assert.Equal(100 * Page, op.A1);
        Assert.Equal((ulong)ReadWrite, op.A2);
        Assert.Equal((ulong)(MAP_SHARED | MAP_FIXED), op.A3);
        Assert.Equal((ulong)StubLayout.MemoryFd, op.A4);
        Assert.Equal(500 * Page, op.A5);
        Assert.Equal(At(0).Value, op.Expected);
        Assert.Equal(99, _ops.Merged);
    }

    [Fact]
    public void A_hundred_adjacent_pages_are_one_munmap()
    {
        for (ulong page = 0; page < 100; page++)
        {
            _ops.Unmap(At(page), Page);
        }

        HostOp op = Assert.Single(_ops.Span.ToArray());
        Assert.Equal((ulong)SYS_munmap, op.Number);
        Assert.Equal(At(0).Value, op.A0);
        Assert.Equal(100 * Page, op.A1);
        Assert.Equal(0UL, op.Expected);
        Assert.Equal(99, _ops.Merged);
    }

    [Fact]
    public void A_hundred_adjacent_pages_are_one_mprotect()
    {
        for (ulong page = 0; page < 100; page++)
        {
            _ops.Protect(At(page), Page, PROT_READ);
        }

        HostOp op = Assert.Single(_ops.Span.ToArray());
        Assert.Equal((ulong)SYS_mprotect, op.Number);
        Assert.Equal(At(0).Value, op.A0);
        Assert.Equal(100 * Page, op.A1);
        Assert.Equal((ulong)PROT_READ, op.A2);
        Assert.Equal(99, _ops.Merged);
    }

    [Fact]
    public void Pieces_of_any_length_merge()
    {
        _ops.Map(At(0), 3 * Page, ReadWrite, 0);
        _ops.Map(At(3), 5 * Page, ReadWrite, 3 * Page);
        Assert.Equal(8 * Page, Assert.Single(_ops.Span.ToArray()).A1);
    }

    [Fact]
    public void An_mmap_does_not_merge_with_another_protection()
    {
        _ops.Map(At(0), Page, ReadWrite, 0);
        _ops.Map(At(1), Page, PROT_READ, Page);
        AssertApart(2);
    }

    [Fact]
    public void An_mmap_does_not_merge_with_frames_that_are_no_neighbours()
    {
        _ops.Map(At(0), Page, ReadWrite, 7 * Page);
        _ops.Map(At(1), Page, ReadWrite, 9 * Page); // a gap
        _ops.Map(At(2), Page, ReadWrite, 9 * Page); // the same frame again
        _ops.Map(At(3), Page, ReadWrite, 8 * Page); // backwards
        AssertApart(4);
    }

    [Fact]
    public void An_mmap_does_not_merge_with_other_flags()
    {
        _ops.Map(At(0), Page, ReadWrite, 0);
        _ops.Map(At(1), Page, ReadWrite, Page, populate: true);
        AssertApart(2);
        Assert.Equal((ulong)(MAP_SHARED | MAP_FIXED | MAP_POPULATE), _ops.Span[1].A3);
    }

    [Fact]
    public void Nothing_merges_over_a_gap_or_backwards()
    {
        _ops.Map(At(0), Page, ReadWrite, 0);
        _ops.Map(At(2), Page, ReadWrite, Page);
        _ops.Map(At(1), Page, ReadWrite, 2 * Page);
        _ops.Unmap(At(10), Page);
        _ops.Unmap(At(12), Page);
        _ops.Unmap(At(11), Page);
        _ops.Protect(At(20), Page, PROT_READ);
        _ops.Protect(At(22), Page, PROT_READ);
        _ops.Protect(At(21), Page, PROT_READ);
        AssertApart(9);
    }

    [Fact]
    public void Kinds_do_not_merge_with_each_other()
    {
        _ops.Map(At(0), Page, PROT_READ, 0);
        _ops.Unmap(At(1), Page);
        _ops.Protect(At(2), Page, PROT_READ);
        _ops.Map(At(3), Page, PROT_READ, 3 * Page);
        AssertApart(4);
    }

    [Fact]
    public void An_mprotect_does_not_merge_with_another_protection()
    {
        _ops.Protect(At(0), Page, PROT_READ);
        _ops.Protect(At(1), Page, ReadWrite);
        AssertApart(2);
    }

    [Fact]
    public void Only_the_last_operation_is_merged_with_so_that_the_order_stays()
    {
        _ops.Map(At(0), Page, ReadWrite, 0);
        _ops.Unmap(At(0), Page);
        _ops.Map(At(1), Page, ReadWrite, Page);
        AssertApart(3);
    }

    [Fact]
    public void Other_calls_never_merge()
    {
        _ops.Call(SYS_madvise, At(0).Value, Page, MADV_DONTNEED);
        _ops.Call(SYS_madvise, At(1).Value, Page, MADV_DONTNEED);
        AssertApart(2);
    }

    [Fact]
    public void A_cleared_set_is_empty_and_merges_with_nothing_before_it()
    {
        _ops.Map(At(0), Page, ReadWrite, 0);
        _ops.Clear();
        Assert.Equal(0, _ops.Count);
        _ops.Map(At(1), Page, ReadWrite, Page);
        HostOp op = Assert.Single(_ops.Span.ToArray());
        Assert.Equal(At(1).Value, op.A0);
        Assert.Equal(Page, op.A1);
    }

    [Fact]
    public void A_set_may_be_longer_than_any_batch()
    {
        for (ulong page = 0; page < 10_000; page++)
        {
            _ops.Unmap(At(2 * page), Page);
        }

        AssertApart(10_000);
        Assert.Equal(At(2 * 9_999).Value, _ops.Span[9_999].A0);
    }

    private void AssertApart(int count)
    {
        Assert.Equal(count, _ops.Count);
        Assert.Equal(0, _ops.Merged);
    }
}
