using System;
using System.Collections.Generic;
using System.Linq;

using UmlHost.Abi;
using UmlHost.Memory;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>The tree of areas against a sorted list.</summary>
public sealed class VmaTreeTests
{
    private const ulong Page = GuestAddress.PageSize;
    private const ulong Base = 0x1000_0000;
    private const int Pages = 40_000;

    private readonly VmaTree _tree = new();
    private readonly SortedList<ulong, Vma> _oracle = [];

    private static GuestAddress At(int page) => new(Base + ((ulong)page * Page));

    private Vma Add(int page, int length)
    {
        Vma area = new(At(page), At(page + length), PROT_READ, VmaFlags.None, null, 0);
        _tree.Insert(area);
        _oracle.Add(area.Start.Value, area);
        return area;
    }

    private void Drop(Vma area)
    {
        _tree.Remove(area);
        Assert.True(_oracle.Remove(area.Start.Value));
    }

    private Vma? OracleAtOrAbove(GuestAddress address)
    {
        // The first whose end is above: areas do not overlap, so the ends are sorted as well.
        int low = 0;
        int high = _oracle.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_oracle.GetValueAtIndex(middle).End > address)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low == _oracle.Count ? null : _oracle.GetValueAtIndex(low);
    }

    /// <summary>Looks at every gap.</summary>
    private GuestAddress OracleGap(GuestAddress floor, GuestAddress ceiling, ulong length, bool highest)
    {
        GuestAddress found = default;
        ulong from = floor.Value;
        foreach (Vma area in _oracle.Values.Append(new Vma(ceiling, ceiling + Page, 0, 0, null, 0)))
        {
            ulong to = Math.Min(area.Start.Value, ceiling.Value);
            if (to > from && to - from >= length)
            {
                found = new GuestAddress(highest ? to - length : from);
                if (!highest)
                {
                    return found;
                }
            }

            from = Math.Max(from, area.End.Value);
        }

        return found;
    }

    private void CheckWhole()
    {
        Assert.Equal(_oracle.Count, _tree.Count);
        List<Vma> walked = [];
        for (Vma? area = _tree.First; area is not null; area = _tree.Next(area))
        {
            walked.Add(area);
        }

        Assert.Equal(_oracle.Values, walked);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Behaves_as_a_sorted_list(int seed)
    {
        Random random = new(seed);
        for (int step = 0; step < 20_000; step++)
        {
            int page = random.Next(Pages);
            GuestAddress address = At(page) + (ulong)random.Next((int)Page);
            switch (random.Next(10))
            {
                case < 5:
                    int length = random.Next(1, 6);
                    Vma? blocking = OracleAtOrAbove(At(page));
                    if (blocking is null || blocking.Start >= At(page + length))
                    {
                        Add(page, length);
                    }

                    break;
                case < 7:
                    // More is inserted than removed: thousands of areas, and then holes of all sizes.
                    if (OracleAtOrAbove(address) is { } victim)
                    {
                        Drop(victim);
                    }

                    break;
                case 7:
                    Resize(random, address);
                    break;
                default:
                    CheckGaps(random);
                    break;
            }

            CheckAround(address);
        }

        Assert.True(_oracle.Count > 2000, $"{_oracle.Count} areas");
        CheckWhole();
        foreach (Vma area in _oracle.Values.ToArray())
        {
            Drop(area);
            CheckAround(area.Start);
        }

        Assert.Equal(0, _tree.Count);
        Assert.Null(_tree.First);
    }

    /// <summary>Gives an area other bounds, up to its neighbours at most.</summary>
    private void Resize(Random random, GuestAddress address)
    {
        if (OracleAtOrAbove(address) is not { } area)
        {
            return;
        }

        int index = _oracle.IndexOfKey(area.Start.Value);
        ulong low = index == 0 ? Base : _oracle.GetValueAtIndex(index - 1).End.Value;
        ulong high = index == _oracle.Count - 1 ? At(Pages).Value + (16 * Page) : _oracle.GetValueAtIndex(index + 1).Start.Value;
        ulong room = Math.Min((high - low) / Page, 12);
        ulong first = random.Next(2) == 0 ? area.Start.Value : low + ((ulong)random.NextInt64((long)room) * Page);
        ulong last = first + ((1 + (ulong)random.NextInt64((long)Math.Min(6, (high - first) / Page))) * Page);
        _oracle.RemoveAt(index);
        _tree.Resize(area, new GuestAddress(first), new GuestAddress(last));
        Assert.Equal(first, area.Start.Value);
        Assert.Equal(last, area.End.Value);
        _oracle.Add(first, area);
    }

    private void CheckAround(GuestAddress address)
    {
        Vma? expected = OracleAtOrAbove(address);
        Assert.Same(expected, _tree.FindAtOrAbove(address));
        Assert.Same(expected is not null && expected.Start <= address ? expected : null, _tree.Find(address));
        if (expected is not null)
        {
            int index = _oracle.IndexOfKey(expected.Start.Value);
            Assert.Same(index == 0 ? null : _oracle.GetValueAtIndex(index - 1), _tree.Previous(expected));
            Assert.Same(index == _oracle.Count - 1 ? null : _oracle.GetValueAtIndex(index + 1), _tree.Next(expected));
        }
    }

    private void CheckGaps(Random random)
    {
        ulong length = (ulong)(random.Next(4) == 0 ? random.Next(1, 500) : random.Next(1, 12)) * Page;
        int floor = random.Next(Pages);
        int ceiling = random.Next(2) == 0 ? Pages + 100 : random.Next(floor, Pages + 100);
        Assert.Equal(
            OracleGap(At(floor), At(ceiling), length, highest: true), _tree.FindGapBelow(At(ceiling), At(floor), length));
        Assert.Equal(
            OracleGap(At(floor), At(ceiling), length, highest: false), _tree.FindGapAbove(At(floor), At(ceiling), length));
    }

    [Fact]
    public void An_empty_tree_has_everything_free()
    {
        Assert.Null(_tree.Find(At(0)));
        Assert.Null(_tree.FindAtOrAbove(default));
        Assert.Null(_tree.First);
        Assert.Equal(At(90), _tree.FindGapBelow(At(100), At(0), 10 * Page));
        Assert.Equal(At(0), _tree.FindGapAbove(At(0), At(100), 100 * Page));
        Assert.Equal(default, _tree.FindGapBelow(At(100), At(0), 101 * Page));
        Assert.Equal(default, _tree.FindGapAbove(At(0), At(100), 101 * Page));
    }

    [Fact]
    public void The_area_last_found_is_forgotten_when_it_is_removed_or_shrinks()
    {
        Vma area = Add(10, 4);
        Assert.Same(area, _tree.Find(At(13)));
        _tree.Resize(area, At(10), At(12));
        Assert.Null(_tree.Find(At(13)));
        Assert.Same(area, _tree.Find(At(11)));
        _tree.Remove(area);
        Assert.Null(_tree.Find(At(11)));
    }

    [Fact]
    public void A_file_area_that_loses_its_beginning_begins_later_in_the_file()
    {
        using MemoryFixture memory = new();
        PageCache cache = new(memory.Frames, null);
        Vma area = new(At(10), At(20), PROT_READ, VmaFlags.Shared, cache, 7 * Page);
        _tree.Insert(area);
        _tree.Resize(area, At(13), At(20));
        Assert.Equal(10 * Page, area.Offset);
        _tree.Resize(area, At(12), At(20));
        Assert.Equal(9 * Page, area.Offset);
    }
}
