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

/// <summary>Address spaces after fork (M3): the same pages until one side writes, whoever writes and however.</summary>
public sealed class MemoryMapForkTests : IDisposable
{
    private const ulong Base = 0x20_0000_0000;

    private readonly MemoryFixture _memory = new();

    public void Dispose() => _memory.Dispose();

    private static GuestAddress At(ulong page) => new(Base + (page * Page));

    private static byte Read(MemoryMap map, ulong page)
    {
        byte[] bytes = new byte[1];
        Assert.Equal(1, map.CopyIn(At(page), bytes));
        return bytes[0];
    }

    [Fact]
    public void Fork_shares_the_pages_and_takes_write_permission_from_the_parents_child()
    {
        _memory.MapAnonymous(Base, 100);
        for (ulong page = 0; page < 100; page++)
        {
            Assert.Equal(1, _memory.Map.CopyOut(At(page), [(byte)page]));
        }

        _memory.Sync();
        long granted = _memory.Frames.Granted;
        using MemoryMap child = _memory.Map.Fork(default);
        Assert.Equal(granted, _memory.Frames.Granted);
        Assert.Equal(100, child.PresentPages);
        HostOp op = Assert.Single(_memory.Sync());
        Assert.Equal((SYS_mprotect, Base, 100 * Page, (ulong)PROT_READ), ((long)op.Number, op.A0, op.A1, op.A2));
        Assert.Null(child.Sync(new RecordingHostThread()));
        Assert.Equal(77, Read(child, 77));
    }

    [Fact]
    public void A_write_on_either_side_is_seen_on_that_side_only()
    {
        _memory.MapAnonymous(Base, 100);
        Assert.Equal(1, _memory.Map.CopyOut(At(5), [1]));
        Assert.Equal(1, _memory.Map.CopyOut(At(6), [1]));
        using MemoryMap child = _memory.Map.Fork(default);
        Assert.Equal(1, _memory.Map.CopyOut(At(5), [2]));
        Assert.Equal(1, child.CopyOut(At(6), [3]));
        Assert.Equal((2, 1), (Read(_memory.Map, 5), Read(_memory.Map, 6)));
        Assert.Equal((1, 3), (Read(child, 5), Read(child, 6)));
    }

    [Fact]
    public void The_last_user_of_a_page_takes_it_over_in_place()
    {
        _memory.MapAnonymous(Base, 1);
        _memory.Fault(At(0));
        _memory.Sync();
        _memory.Map.Fork(default).Dispose();
        _memory.Sync();
        long granted = _memory.Frames.Granted;
        _memory.Fault(At(0));
        Assert.Equal(1, _memory.Map.Faults.Reused);
        HostOp op = Assert.Single(_memory.Sync());
        Assert.Equal((SYS_mprotect, (ulong)ReadWrite), ((long)op.Number, op.A2));
        Assert.Equal(granted, _memory.Frames.Granted);
    }

    [Fact]
    public void Mprotect_after_fork_makes_no_operation_of_its_own_for_pages_that_the_child_does_not_have()
    {
        _memory.MapAnonymous(Base, 8);
        _memory.Fault(At(0));
        _memory.Sync();
        using MemoryMap child = _memory.Map.Fork(default);
        RecordingHostThread host = new();
        Assert.Equal(Errno.None, child.Protect(At(2), 3 * Page, PROT_READ));
        Assert.Null(child.Sync(host));
        Assert.Empty(host.Batches);
        Assert.Equal(FaultResult.Resolved, child.Fault(At(3), Access.Read));
        Assert.Null(child.Sync(host));
        Assert.DoesNotContain(host.Batches.Single(), op => op.Number == SYS_mprotect);
        Assert.All(host.Pages.Values, page => Assert.Equal((ulong)PROT_READ, page.Protection));
    }

    [Fact]
    public void The_first_batch_of_a_fork_brings_all_pages_with_it()
    {
        _memory.MapAnonymous(Base, 300);
        foreach (ulong page in (ulong[])[0, 1, 2, 299])
        {
            Assert.Equal(1, _memory.Map.CopyOut(At(page), [7]));
        }

        _memory.Sync();
        using MemoryMap child = _memory.Map.Fork(default);
        RecordingHostThread host = new();
        Assert.Null(child.Sync(host));
        Assert.Empty(host.Batches);
        Assert.Equal(FaultResult.Resolved, child.Fault(At(1), Access.Read));
        Assert.Null(child.Sync(host));
        Assert.Single(host.Batches);
        Assert.Equal(300, host.Pages.Count);
    }

    [Fact]
    public void Pages_written_after_a_fork_are_copied_by_the_next_one()
    {
        _memory.MapAnonymous(Base, 100);
        for (ulong page = 0; page < 100; page++)
        {
            Assert.Equal(1, _memory.Map.CopyOut(At(page), [(byte)page]));
        }

        _memory.Sync();
        using MemoryMap first = _memory.Map.Fork(default);
        _memory.Sync();
        Assert.Equal(1, _memory.Map.CopyOut(At(40), [1]));
        _memory.Sync();
        using MemoryMap second = _memory.Map.Fork(default);
        Assert.DoesNotContain(_memory.Sync(), op => op.A0 <= At(40).Value && op.A0 + op.A1 > At(40).Value);
        Assert.Equal(1, _memory.Map.CopyOut(At(40), [2]));
        Assert.Equal((40, 1, 2), (Read(first, 40), Read(second, 40), Read(_memory.Map, 40)));
    }

    [Fact]
    public void A_fork_beside_other_users_copies_nothing_at_once()
    {
        _memory.MapAnonymous(Base, 4);
        Assert.Equal(1, _memory.Map.CopyOut(At(0), [1]));
        _memory.Map.Fork(default).Dispose();
        Assert.Equal(1, _memory.Map.CopyOut(At(0), [2]));
        _memory.Sync();
        _memory.Map.Share();
        long granted = _memory.Frames.Granted;
        using MemoryMap child = _memory.Map.Fork(At(0));
        Assert.Equal(granted, _memory.Frames.Granted);
        _ = _memory.Map.Leave();
    }

    [Fact]
    public void Areas_marked_so_are_left_out_or_begin_empty()
    {
        _memory.MapAnonymous(Base, 6);
        for (ulong page = 0; page < 6; page++)
        {
            Assert.Equal(1, _memory.Map.CopyOut(At(page), [7]));
        }

        Assert.Equal(Errno.None, _memory.Map.Advise(At(1), Page, MADV_DONTFORK));
        Assert.Equal(Errno.None, _memory.Map.Advise(At(3), Page, MADV_WIPEONFORK));
        using MemoryMap child = _memory.Map.Fork(default);
        Assert.Equal(FaultResult.SegvMapError, child.Fault(At(1), Access.Read));
        Assert.Equal(0, Read(child, 3));
        Assert.Equal(7, Read(child, 4));
        Assert.Equal(7, Read(_memory.Map, 3));
    }

    [Fact]
    public void Shared_memory_stays_shared()
    {
        Assert.False(_memory.Map.Map(At(0), 4 * Page, ReadWrite, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, null, 0).Failed);
        Assert.Equal(1, _memory.Map.CopyOut(At(1), [1]));
        using MemoryMap child = _memory.Map.Fork(default);
        Assert.Equal(1, child.CopyOut(At(1), [2]));
        Assert.Equal(1, child.CopyOut(At(2), [3]));
        Assert.Equal((2, 3), (Read(_memory.Map, 1), Read(_memory.Map, 2)));
    }

    /// <summary>An address space, its host child, and what its pages must hold.</summary>
    private sealed record Side(MemoryMap Map, RecordingHostThread Host, Dictionary<ulong, (int Protection, byte Value)> Pages);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Families_of_address_spaces_behave_as_separate_ones(int seed)
    {
        const int Window = 600;
        Random random = new(seed);
        List<Side> sides = [new Side(_memory.Map, new RecordingHostThread(), [])];
        int[] protections = [PROT_NONE, PROT_READ, ReadWrite, ReadWrite, ReadWrite];
        for (int step = 0; step < 6000; step++)
        {
            Side side = sides[random.Next(sides.Count)];
            ulong from = (ulong)random.Next(Window);
            ulong length = (ulong)random.Next(1, random.Next(8) == 0 ? 300 : 10);
            switch (random.Next(20))
            {
                case 0:
                    Assert.False(side.Map.Map(At(from), length * Page, ReadWrite, AnonymousFixed, null, 0).Failed);
                    Change(side, from, length, _ => (ReadWrite, 0), add: true);
                    break;
                case 1 when random.Next(4) == 0:
                    side.Map.Unmap(At(from), length * Page);
                    for (ulong page = from; page < from + length; page++)
                    {
                        side.Pages.Remove(page);
                    }

                    break;
                case 2:
                    int prot = protections[random.Next(protections.Length)];
                    if (Enumerable.Range((int)from, (int)length).All(page => side.Pages.ContainsKey((ulong)page)))
                    {
                        Assert.Equal(Errno.None, side.Map.Protect(At(from), length * Page, prot));
                        Change(side, from, length, page => (prot, page.Value));
                    }

                    break;
                case 3 when random.Next(3) == 0:
                    side.Map.Advise(At(from), length * Page, MADV_DONTNEED);
                    Change(side, from, length, page => (page.Protection, 0));
                    break;
                case 4 when sides.Count < 5 && random.Next(4) == 0:
                    sides.Add(new Side(side.Map.Fork(default), new RecordingHostThread(), new(side.Pages)));
                    Sync(side); // as clone does
                    break;
                case 5 when sides.Count > 2 && random.Next(4) == 0 && !ReferenceEquals(side, sides[0]):
                    sides.Remove(side);
                    side.Map.Dispose();
                    break;
                case < 12:
                    SupervisorWrites(side, from, (byte)random.Next(1, 256));
                    break;
                default:
                    GuestTouches(side, from, (byte)random.Next(256), write: random.Next(2) == 0);
                    break;
            }
        }

        foreach (Side side in sides)
        {
            for (ulong page = 0; page < Window; page++)
            {
                GuestTouches(side, page, 0, write: false);
            }
        }

        foreach (Side side in sides.Skip(1))
        {
            side.Map.Dispose();
        }
    }

    private static void Change(Side side, ulong from, ulong length, Func<(int Protection, byte Value), (int, byte)> change, bool add = false)
    {
        for (ulong page = from; page < from + length; page++)
        {
            if (side.Pages.TryGetValue(page, out (int, byte) was) || add)
            {
                side.Pages[page] = change(was);
            }
        }
    }

    private static void SupervisorWrites(Side side, ulong page, byte value)
    {
        bool allowed = side.Pages.TryGetValue(page, out (int Protection, byte Value) was) && (was.Protection & PROT_WRITE) != 0;
        Assert.Equal(allowed ? 1 : 0, side.Map.CopyOut(At(page), [value]));
        if (allowed)
        {
            side.Pages[page] = was with { Value = value };
        }
    }

    /// <summary>An access by the guest: through the host child's mapping if that allows it, else by a fault.</summary>
    private unsafe void GuestTouches(Side side, ulong page, byte value, bool write)
    {
        Sync(side);
        bool mapped = side.Pages.TryGetValue(page, out (int Protection, byte Value) was);
        ulong needed = write ? (ulong)PROT_WRITE : PROT_READ;
        bool allowed = mapped && was.Protection != PROT_NONE && (!write || (was.Protection & PROT_WRITE) != 0);
        (ulong Protection, ulong Offset) host = default;
        for (int tries = 0; tries < 3; tries++)
        {
            if (side.Host.Pages.TryGetValue(At(page).Value, out host) && (host.Protection & needed) != 0)
            {
                break;
            }

            FaultResult result = side.Map.Fault(At(page), Access.Unknown);
            if (result == FaultResult.NeedAccess)
            {
                result = side.Map.Fault(At(page), write ? Access.Write : Access.Read);
            }

            if (result != FaultResult.Resolved)
            {
                Assert.False(allowed, $"{result} for an access that the guest may make");
                return;
            }

            Sync(side);
        }

        Assert.True((host.Protection & needed) != 0, $"page {page}: faults for ever");
        Assert.True(allowed, $"page {page}: the host child allows what the guest does not");
        byte* at = _memory.Frames.Pointer((uint)(host.Offset / Page));
        Assert.Equal(was.Value, *at);
        if (write)
        {
            *at = value;
            side.Pages[page] = was with { Value = value };
        }
    }

    private static void Sync(Side side) => Assert.Null(side.Map.Sync(side.Host));
}
