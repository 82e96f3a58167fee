using System;
using System.Collections.Generic;

using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

namespace UmlHost.Tests.Unit;

/// <summary>A file's pages: read once, ahead, in runs of neighbouring frames, and not beyond its end.</summary>
public sealed unsafe class PageCacheTests : IDisposable
{
    private const int Page = 4096;

    private readonly MemoryFixture _memory = new();

    public void Dispose() => _memory.Dispose();

    private byte FirstByte(uint frame) => *_memory.Frames.Pointer(frame);

    private FaultResult Get(PageCache cache, ulong page, ulong from, ulong to, out ulong first, out int count, out uint frame)
    {
        FaultResult result = cache.GetRun(page, from, to, out first, out count, out frame);
        if (result == FaultResult.Resolved)
        {
            _memory.Frames.Release(frame, (uint)count); // the caller's references
        }

        return result;
    }

    [Fact]
    public void A_miss_reads_the_aligned_stretch_around_it_in_one_go()
    {
        TestFile file = new(200 * Page);
        PageCache cache = new(_memory.Frames, file);
        Assert.Equal(FaultResult.Resolved, Get(cache, 70, 0, 200, out ulong first, out int count, out uint frame));
        Assert.Equal([(64UL * Page, 64 * Page)], file.Reads);
        Assert.Equal((64UL, 64), (first, count));
        for (uint i = 0; i < 64; i++)
        {
            Assert.Equal(TestFile.ByteOf(64 + i), FirstByte(frame + i));
        }

        Assert.Equal(64, cache.PagesRead);
        cache.Release();
    }

    [Fact]
    public void What_is_there_is_not_read_again()
    {
        TestFile file = new(200 * Page);
        PageCache cache = new(_memory.Frames, file);
        Get(cache, 0, 0, 200, out _, out _, out uint frame);
        Get(cache, 63, 0, 200, out ulong first, out int count, out uint same);
        Assert.Single(file.Reads);
        Assert.Equal((0UL, 64, frame), (first, count, same));
        cache.Release();
    }

    [Fact]
    public void Stretches_that_meet_are_one_run_within_the_bounds_asked_for()
    {
        TestFile file = new(600 * Page);
        PageCache cache = new(_memory.Frames, file);
        Get(cache, 100, 0, 600, out _, out _, out _);
        Get(cache, 10, 0, 600, out ulong first, out int count, out _);
        Assert.Equal((0UL, 128), (first, count));
        Get(cache, 70, 65, 71, out first, out count, out _);
        Assert.Equal((65UL, 6), (first, count));
        // A run ends where a chunk of 512 pages ends.
        Get(cache, 511, 0, 600, out _, out _, out _);
        Get(cache, 512, 0, 600, out first, out count, out _);
        Assert.Equal((512UL, 64), (first, count));
        cache.Release();
    }

    [Fact]
    public void The_last_page_is_padded_with_zeros_and_the_one_after_it_is_a_bus_error()
    {
        TestFile file = new((3 * Page) + 100);
        PageCache cache = new(_memory.Frames, file);
        Assert.Equal(FaultResult.Resolved, Get(cache, 3, 0, 100, out ulong first, out int count, out uint frame));
        Assert.Equal((0UL, 4), (first, count));
        Span<byte> last = new(_memory.Frames.Pointer(frame + 3), Page);
        Assert.False(last[..100].ContainsAnyExcept(TestFile.ByteOf(3)));
        Assert.False(last[100..].ContainsAnyExcept((byte)0));
        Assert.Equal(FaultResult.BusAddressError, Get(cache, 4, 0, 100, out _, out _, out _));
        Assert.Equal(FaultResult.BusAddressError, Get(cache, 1 << 20, 0, 1 << 21, out _, out _, out _));
        cache.Release();
    }

    [Fact]
    public void A_short_read_is_continued()
    {
        TestFile file = new(64 * Page) { MostBytes = 10_000 };
        PageCache cache = new(_memory.Frames, file);
        Assert.Equal(FaultResult.Resolved, Get(cache, 0, 0, 64, out _, out int count, out uint frame));
        Assert.Equal(64, count);
        Assert.Equal(TestFile.ByteOf(63), FirstByte(frame + 63));
        Assert.Equal(27, file.Reads.Count);
        cache.Release();
    }

    [Fact]
    public void A_read_that_fails_is_a_bus_error_and_leaves_nothing()
    {
        TestFile file = new(64 * Page) { Error = Errno.EIO };
        PageCache cache = new(_memory.Frames, file);
        Assert.Equal(FaultResult.BusAddressError, Get(cache, 1, 0, 64, out _, out _, out _));
        Assert.Equal(0, _memory.Frames.Granted);
        file.Error = Errno.None;
        Assert.Equal(FaultResult.Resolved, Get(cache, 1, 0, 64, out _, out _, out _));
        cache.Release();
    }

    [Fact]
    public void Every_caller_of_a_run_has_its_own_references()
    {
        TestFile file = new(4 * Page);
        PageCache cache = new(_memory.Frames, file);
        Assert.Equal(FaultResult.Resolved, cache.GetRun(0, 0, 4, out _, out int count, out uint frame));
        Assert.Equal(FaultResult.Resolved, cache.GetRun(2, 2, 3, out _, out _, out uint second));
        Assert.Equal(frame + 2, second);
        Assert.Equal(2, _memory.Frames.References(frame));
        Assert.Equal(3, _memory.Frames.References(second));
        cache.Release();
        Assert.True(file.IsClosed);
        Assert.Equal(4, _memory.Frames.Granted);
        _memory.Frames.Release(frame, (uint)count);
        _memory.Frames.Release(second, 1);
    }

    [Fact]
    public void Shared_anonymous_pages_are_zero_and_have_no_end()
    {
        PageCache cache = new(_memory.Frames, null);
        Assert.Equal(FaultResult.Resolved, Get(cache, 1_000_000, 0, 2_000_000, out _, out _, out uint frame));
        Assert.Equal(0, FirstByte(frame));
        Assert.Equal(0, cache.PagesRead);
        cache.Release();
    }

    [Fact]
    public void A_reference_cannot_be_had_of_what_is_gone()
    {
        PageCache cache = new(_memory.Frames, null);
        Assert.True(cache.TryAddReference());
        cache.Release();
        cache.Release();
        Assert.False(cache.TryAddReference());
    }

    /// <summary>A file whose every byte tells its page.</summary>
    internal sealed class TestFile(ulong size) : MappedFile
    {
        public List<(ulong Offset, int Length)> Reads { get; } = [];

        public int MostBytes { get; init; } = int.MaxValue;

        public Errno Error { get; set; }

        public bool IsClosed { get; private set; }

        public override ulong Size => CurrentSize;

        public ulong CurrentSize { get; set; } = size;

        public bool IsTracked { get; init; }

        /// <summary>What was written back: page and first byte.</summary>
        public List<(ulong Offset, int Length, byte First)> Writes { get; } = [];

        public List<(ulong First, ulong Count)> Notices { get; } = [];

        public override bool TracksWrites => IsTracked;

        public bool IsReadAgain { get; init; }

        public override bool CanReread => IsReadAgain;

        public override Result WriteAt(ulong offset, ReadOnlySpan<byte> source)
        {
            Writes.Add((offset, source.Length, source[0]));
            return new Result(source.Length);
        }

        protected internal override void Written(ulong first, ulong count) => Notices.Add((first, count));

        public override ulong Device => 1;

        public override ulong Inode => 1;

        public override string Path => "/test";

        public static byte ByteOf(ulong page) => (byte)(1 + (page % 251));

        /// <summary>What the last close of its descriptors does.</summary>
        public void Drop() => ReleasePages();

        public override Result ReadAt(ulong offset, Span<byte> destination)
        {
            Reads.Add((offset, destination.Length));
            if (Error != Errno.None)
            {
                return new Result(-(long)Error);
            }

            int length = (int)Math.Min(Math.Min((ulong)destination.Length, Size - Math.Min(Size, offset)), (ulong)MostBytes);
            for (int i = 0; i < length; i++)
            {
                destination[i] = ByteOf((offset + (ulong)i) / Page);
            }

            return new Result(length);
        }

        protected internal override void Close() => IsClosed = true;
    }
}
