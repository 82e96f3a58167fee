using System;
using System.Threading;

using UmlHost.Host;
using UmlHost.Memory;

using Xunit;

namespace UmlHost.Tests.Unit;

/// <summary>Page frames: always zero when granted, counted, limited, and used again.</summary>
public sealed unsafe class FrameAllocatorTests : IDisposable
{
    private readonly HostMemory _memory;
    private FrameAllocator _frames;

    public FrameAllocatorTests()
    {
        Assert.False(HostMemory.Create(out HostMemory? memory).Failed);
        _memory = memory!;
        _frames = new FrameAllocator(_memory, 0);
    }

    public void Dispose()
    {
        _frames.Dispose();
        _memory.Dispose();
    }

    private void Limit(ulong frames)
    {
        _frames.Dispose();
        _frames = new FrameAllocator(_memory, frames * FrameAllocator.FrameSize);
    }

    private uint Grant(uint chunk, uint from, uint count)
    {
        uint first = (chunk * FrameAllocator.FramesPerChunk) + from;
        Assert.True(_frames.TryGrant(first, count));
        return first;
    }

    private Span<byte> Bytes(uint frame, uint count = 1) => new(_frames.Pointer(frame), (int)(count * FrameAllocator.FrameSize));

    [Theory]
    [InlineData(1U)] // kept, and cleared when granted again
    [InlineData(31U)]
    [InlineData(32U)] // punched out
    [InlineData(512U)]
    public void A_frame_is_zero_whenever_it_is_granted(uint count)
    {
        uint chunk = _frames.ReserveChunk();
        for (int round = 0; round < 3; round++)
        {
            uint first = Grant(chunk, 0, count);
            Assert.False(Bytes(first, count).ContainsAnyExcept((byte)0), $"round {round}");
            Bytes(first, count).Fill(0xa5);
            _frames.Release(first, count);
        }

        uint last = Grant(chunk, count - 1, 1);
        Assert.False(Bytes(last).ContainsAnyExcept((byte)0));
        _frames.Release(last, 1);
        _frames.ReleaseChunk(chunk);
    }

    [Fact]
    public void A_run_of_kept_and_fresh_frames_is_zero_all_over()
    {
        uint chunk = _frames.ReserveChunk();
        foreach (uint at in (uint[])[0, 7, 63, 64, 65, 200, 511])
        {
            uint frame = Grant(chunk, at, 1);
            Bytes(frame).Fill(0xff);
            _frames.Release(frame, 1);
        }

        uint first = Grant(chunk, 0, 512);
        Assert.False(Bytes(first, 512).ContainsAnyExcept((byte)0));
        _frames.Release(first, 512);
    }

    [Fact]
    public void A_long_run_that_is_freed_goes_back_to_the_host()
    {
        uint chunk = _frames.ReserveChunk();
        ulong before = _memory.ResidentBytes();
        uint first = Grant(chunk, 0, 512);
        Bytes(first, 512).Fill(1);
        Assert.True(_memory.ResidentBytes() >= before + (2 << 20));
        _frames.Release(first, 512);
        Assert.True(_memory.ResidentBytes() <= before);
    }

    [Fact]
    public void A_frame_lives_until_its_last_reference()
    {
        uint chunk = _frames.ReserveChunk();
        uint frame = Grant(chunk, 5, 1);
        Assert.Equal(1, _frames.References(frame));
        Assert.False(_frames.IsFree(frame));
        _frames.AddReference(frame);
        _frames.AddReference(frame);
        Bytes(frame)[9] = 7;
        _frames.Release(frame, 1);
        _frames.Release(frame, 1);
        Assert.Equal(1, _frames.References(frame));
        Assert.Equal(7, Bytes(frame)[9]);
        Assert.Equal(1, _frames.Granted);
        _frames.Release(frame, 1);
        Assert.True(_frames.IsFree(frame));
        Assert.Equal(0, _frames.Granted);
    }

    [Fact]
    public void Releasing_a_run_frees_only_what_nobody_else_has()
    {
        uint chunk = _frames.ReserveChunk();
        uint first = Grant(chunk, 0, 100);
        _frames.AddReference(first + 50);
        Bytes(first + 50)[0] = 1;
        _frames.Release(first, 100);
        Assert.Equal(1, _frames.Granted);
        Assert.Equal(1, _frames.References(first + 50));
        Assert.Equal(1, Bytes(first + 50)[0]);
        Assert.True(_frames.IsFree(first + 49));
        Assert.True(_frames.IsFree(first + 51));
        _frames.Release(first + 50, 1);
    }

    [Fact]
    public void A_run_may_cross_chunks_when_it_is_released()
    {
        uint one = _frames.ReserveChunk();
        uint two = _frames.ReserveChunk();
        Assert.Equal(one + 1, two);
        uint first = Grant(one, 500, 12);
        Grant(two, 0, 20);
        _frames.ReleaseChunk(one);
        _frames.ReleaseChunk(two);
        _frames.Release(first, 32);
        Assert.Equal(0, _frames.Granted);
        uint again = _frames.ReserveChunk();
        uint other = _frames.ReserveChunk();
        Assert.Equal((one, two), (Math.Min(again, other), Math.Max(again, other)));
    }

    [Fact]
    public void A_chunk_is_used_again_when_neither_reserved_nor_granted_from()
    {
        uint chunk = _frames.ReserveChunk();
        uint frame = Grant(chunk, 3, 1);
        _frames.ReleaseChunk(chunk);
        Assert.NotEqual(chunk, _frames.ReserveChunk());
        _frames.Release(frame, 1);
        Assert.Equal(chunk, _frames.ReserveChunk());
    }

    [Fact]
    public void Touched_memory_is_limited()
    {
        Limit(frames: 64);
        uint chunk = _frames.ReserveChunk();
        uint first = Grant(chunk, 0, 64);
        Bytes(first, 64).Fill(1);
        Assert.False(_frames.TryGrant(first + 64, 1));
        Assert.Equal(64, _frames.Granted);
        Assert.True(_frames.IsFree(first + 64));
        _frames.Release(first, 32);
        Assert.True(_frames.TryGrant(first + 64, 32));
        Bytes(first + 64, 32).Fill(1);
        Assert.False(_frames.TryGrant(first, 1));
    }

    [Fact]
    public void What_is_granted_and_not_touched_does_not_count()
    {
        Limit(frames: 64);
        uint chunk = _frames.ReserveChunk();
        uint first = Grant(chunk, 0, 64);
        Bytes(first).Fill(1);
        Assert.True(_frames.TryGrant(first + 64, 32));
        Assert.Equal(96, _frames.Granted);
        Assert.Equal(96, _frames.PeakGranted);
    }

    [Fact]
    public void A_copy_has_the_content_and_gives_memory_to_no_page_that_had_none()
    {
        uint chunk = _frames.ReserveChunk();
        uint from = Grant(chunk, 0, 100);
        uint to = Grant(chunk, 100, 100);
        Bytes(from + 3).Fill(3);
        Bytes(from + 99).Fill(99);
        ulong before = _memory.ResidentBytes();
        _frames.Copy(from, to, 100);
        Assert.Equal(before + (2 * FrameAllocator.FrameSize), _memory.ResidentBytes());
        Assert.True(Bytes(from, 100).SequenceEqual(Bytes(to, 100)));
        _frames.Release(from, 100);
        _frames.Release(to, 100);
    }

    [Fact]
    public void Two_owners_and_a_third_who_shares_never_see_each_others_bytes()
    {
        const int Rounds = 20_000;
        uint shared = Grant(_frames.ReserveChunk(), 0, 1);
        int wrong = 0;

        void Owner(byte mark)
        {
            Random random = new(mark);
            uint chunk = _frames.ReserveChunk();
            for (int round = 0; round < Rounds; round++)
            {
                if (random.Next(16) == 0)
                {
                    // The chunk goes round between the owners.
                    _frames.ReleaseChunk(chunk);
                    chunk = _frames.ReserveChunk();
                }

                uint count = (uint)random.Next(1, 40);
                uint first = Grant(chunk, (uint)random.Next(512 - 40), count);
                _frames.AddReference(shared);
                Span<byte> bytes = Bytes(first, count);
                if (bytes.ContainsAnyExcept((byte)0))
                {
                    Interlocked.Increment(ref wrong);
                }

                bytes.Fill(mark);
                if (bytes.ContainsAnyExcept(mark))
                {
                    Interlocked.Increment(ref wrong);
                }

                _frames.Release(first, count);
                _frames.Release(shared, 1);
            }

            _frames.ReleaseChunk(chunk);
        }

        Thread one = new(() => Owner(1));
        Thread two = new(() => Owner(2));
        one.Start();
        two.Start();
        one.Join();
        two.Join();
        Assert.Equal(0, wrong);
        Assert.Equal(1, _frames.References(shared));
        Assert.Equal(1, _frames.Granted);
    }
}
