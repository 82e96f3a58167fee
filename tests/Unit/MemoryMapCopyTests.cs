using System;
using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;
using static UmlHost.Tests.Unit.MemoryFixture;

namespace UmlHost.Tests.Unit;

/// <summary>Guest memory as the supervisor reads and writes it: to the exact byte that faults.</summary>
public sealed class MemoryMapCopyTests : IDisposable
{
    private const ulong Base = 0x20_0000_0000;

    private readonly MemoryFixture _memory = new();
    private readonly GuestAddress _at = new(Base);

    private MemoryMap Map => _memory.Map;

    public void Dispose() => _memory.Dispose();

    private static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4095, 2)]
    [InlineData(123, 20000)]
    [InlineData(0, 16 * 4096)]
    public void What_is_written_is_read_back(int offset, int length)
    {
        _memory.MapAnonymous(Base, 16);
        byte[] pattern = Pattern(length);
        Assert.Equal(length, Map.CopyOut(_at + (ulong)offset, pattern));
        byte[] back = new byte[length];
        Assert.Equal(length, Map.CopyIn(_at + (ulong)offset, back));
        Assert.Equal(pattern, back);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_copies_agree_with_an_array(int seed)
    {
        // Three chunks, with areas and frames that are no neighbours.
        const int Pages = 1300;
        _memory.MapAnonymous(Base, Pages);
        Random random = new(seed);
        byte[] oracle = new byte[Pages * (int)Page];
        for (int step = 0; step < 2000; step++)
        {
            int from = random.Next(oracle.Length);
            int length = Math.Min(random.Next(1, 40_000), oracle.Length - from);
            switch (random.Next(4))
            {
                case 0:
                    random.NextBytes(oracle.AsSpan(from, length));
                    Assert.Equal(length, Map.CopyOut(_at + (ulong)from, oracle.AsSpan(from, length)));
                    break;
                case 1:
                    oracle.AsSpan(from, length).Clear();
                    Assert.Equal((ulong)length, Map.Clear(_at + (ulong)from, (ulong)length));
                    break;
                case 2:
                    ulong page = (ulong)(from / (int)Page);
                    oracle.AsSpan((int)(page * Page), (int)Page).Clear();
                    Assert.Equal(Errno.None, Map.Advise(_at + (page * Page), Page, MADV_DONTNEED));
                    break;
                default:
                    byte[] bytes = new byte[length];
                    Assert.Equal(length, Map.CopyIn(_at + (ulong)from, bytes));
                    Assert.True(bytes.AsSpan().SequenceEqual(oracle.AsSpan(from, length)));
                    break;
            }
        }
    }

    [Fact]
    public void A_copy_ends_at_the_exact_byte_that_faults()
    {
        _memory.MapAnonymous(Base, 2);
        byte[] bytes = new byte[10_000];
        Assert.Equal((2 * 4096) - 5, Map.CopyIn(_at + 5, bytes));
        Assert.Equal((2 * 4096) - 5, Map.CopyOut(_at + 5, bytes));
        Assert.Equal((2UL * 4096) - 5, Map.Clear(_at + 5, 10_000));
        Assert.Equal(0, Map.CopyIn(_at + (2 * Page), bytes));
        Assert.Equal(0, Map.CopyIn(_at - 1, bytes));
        Assert.Equal(0, Map.CopyIn(GuestAddress.TaskSize, bytes));
        Assert.Equal(0, Map.CopyIn(new GuestAddress(ulong.MaxValue - 10), bytes));
        Assert.Equal(0, Map.CopyIn(new GuestAddress(0xffff_8000_0000_0000), bytes));
    }

    [Fact]
    public void A_value_over_the_end_is_not_written_as_success()
    {
        _memory.MapAnonymous(Base, 1);
        Assert.True(Map.Write(_at + 4088, 0x1122334455667788UL));
        Assert.True(Map.Read(_at + 4088, out ulong value));
        Assert.Equal(0x1122334455667788UL, value);
        Assert.False(Map.Write(_at + 4089, 1UL));
        Assert.False(Map.Read(_at + 4089, out ulong _));
    }

    [Fact]
    public void Protections_are_the_guests()
    {
        _memory.MapAnonymous(Base, 3);
        byte[] bytes = new byte[3 * 4096];
        Assert.Equal(bytes.Length, Map.CopyOut(_at, bytes));
        Assert.Equal(Errno.None, Map.Protect(_at + Page, Page, PROT_READ));
        Assert.Equal(4096, Map.CopyOut(_at, bytes));
        Assert.Equal(bytes.Length, Map.CopyIn(_at, bytes));
        Assert.Equal(Errno.None, Map.Protect(_at + Page, Page, PROT_NONE));
        Assert.Equal(4096, Map.CopyIn(_at, bytes));
        // What can be written or executed can be read.
        Assert.Equal(Errno.None, Map.Protect(_at + Page, Page, PROT_WRITE));
        Assert.Equal(bytes.Length, Map.CopyIn(_at, bytes));
        Assert.Equal(Errno.None, Map.Protect(_at + Page, Page, PROT_EXEC));
        Assert.Equal(bytes.Length, Map.CopyIn(_at, bytes));
        Assert.Equal(4096, Map.CopyOut(_at, bytes));
    }

    [Fact]
    public void A_private_file_page_is_copied_before_it_is_written()
    {
        PageCacheTests.TestFile file = _memory.File(4 * Page);
        Assert.False(Map.Map(_at, 4 * Page, ReadWrite, MAP_PRIVATE | MAP_FIXED, file, 0).Failed);
        Assert.False(Map.Map(_at + (8 * Page), 4 * Page, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0).Failed);
        Assert.Equal(1, Map.CopyOut(_at + (2 * Page), "!"u8));
        byte[] bytes = new byte[2];
        Map.CopyIn(_at + (2 * Page), bytes);
        Assert.Equal([(byte)'!', PageCacheTests.TestFile.ByteOf(2)], bytes);
        Map.CopyIn(_at + (10 * Page), bytes);
        Assert.Equal([PageCacheTests.TestFile.ByteOf(2), PageCacheTests.TestFile.ByteOf(2)], bytes);
    }

    [Fact]
    public void A_shared_page_is_written_for_all_who_map_it()
    {
        PageCacheTests.TestFile file = _memory.File(4 * Page);
        Assert.False(Map.Map(_at, 4 * Page, ReadWrite, MAP_SHARED | MAP_FIXED, file, 0).Failed);
        Assert.False(Map.Map(_at + (8 * Page), 2 * Page, PROT_READ, MAP_SHARED | MAP_FIXED, file, 2 * Page).Failed);
        Assert.Equal(1, Map.CopyOut(_at + (2 * Page), "!"u8));
        byte[] bytes = new byte[1];
        Map.CopyIn(_at + (8 * Page), bytes);
        Assert.Equal((byte)'!', bytes[0]);
    }

    [Fact]
    public void A_string_ends_at_its_nul_and_may_end_right_before_a_hole()
    {
        _memory.MapAnonymous(Base, 1);
        byte[] buffer = new byte[64];
        Map.CopyOut(_at + 4092, "abc\0"u8);
        Assert.Equal(3, Map.ReadString(_at + 4092, buffer));
        Assert.Equal("abc"u8, buffer.AsSpan(0, 3));
        Assert.Equal(0, Map.ReadString(_at + 4095, buffer));
        Map.CopyOut(_at + 4092, "abcd"u8);
        Assert.Equal(-(int)Errno.EFAULT, Map.ReadString(_at + 4092, buffer));
        Assert.Equal(-(int)Errno.ENAMETOOLONG, Map.ReadString(_at + 4092, buffer.AsSpan(0, 4)));
        Assert.Equal(-(int)Errno.EFAULT, Map.ReadString(default, buffer));
    }

    [Fact]
    public void A_transfer_goes_stretch_by_stretch_and_ends_where_the_action_does()
    {
        _memory.MapAnonymous(Base, 600);
        List<(ulong Done, int Length)> seen = [];
        long done = Map.Transfer(_at + 10, (600 * Page) - 10, Access.Write, ref seen, static (ref seen, stretch, before) =>
        {
            seen.Add((before, stretch.Length));
            return stretch.Length;
        });
        Assert.Equal((600 * (long)Page) - 10, done);
        // Two chunks: two stretches.
        Assert.Equal([(0UL, (512 * (int)Page) - 10), ((512 * Page) - 10, 88 * (int)Page)], seen);

        int calls = 0;
        Assert.Equal(100, Map.Transfer(_at, 4096, Access.Read, ref calls, static (ref calls, _, _) => calls++ == 0 ? 100 : -1));
        Assert.Equal(1, calls);
        Assert.Equal(-5, Map.Transfer(_at, 4096, Access.Read, ref calls, static (ref _, _, _) => -5));
        Assert.Equal(-(long)Errno.EFAULT, Map.Transfer(default, 1, Access.Read, ref calls, static (ref _, _, _) => 1));
    }
}
