using System;
using System.Collections.Generic;
using System.Linq;

using UmlHost.Abi;
using UmlHost.Memory;

using Xunit;

namespace UmlHost.Tests.Unit;

/// <summary>Entries, absent levels, and the list of what is in need of sync.</summary>
public sealed unsafe class PageTableTests : IDisposable
{
    private const ulong Span = PageTable.LeafSpan;

    private readonly PageTable _table = new();

    public void Dispose() => _table.Dispose();

    private void Add(ulong address) => _table.FindOrAdd(new GuestAddress(address));

    private List<ulong> Walk(ulong from, ulong end)
    {
        List<ulong> starts = [];
        for (PageTableLeaf* leaf = _table.Next(new GuestAddress(from), new GuestAddress(end)); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + Span), new GuestAddress(end)))
        {
            starts.Add(leaf->Start);
        }

        return starts;
    }

    private List<ulong> TakeDirty()
    {
        List<ulong> starts = [];
        PageTableLeaf* next;
        for (PageTableLeaf* leaf = _table.TakeDirty(); leaf != null; leaf = next)
        {
            next = leaf->NextDirty;
            starts.Add(leaf->Start);
            leaf->DirtyFrom = leaf->DirtyTo = 0;
            leaf->NextDirty = null;
        }

        return starts;
    }

    [Fact]
    public void An_entry_keeps_frame_and_bits_apart()
    {
        PageTableEntry entry = new(0xfff_ffff, Pte.Present | Pte.Read | Pte.HostMapped);
        Assert.Equal(0xfff_ffffU, entry.Frame);
        Assert.Equal(Pte.Present | Pte.Read | Pte.HostMapped, entry.Bits);
        Assert.True(entry.IsPresent);
        Assert.False(entry.Has(Pte.Write));

        PageTableEntry changed = entry.With(Pte.Write | Pte.NewProtection).Without(Pte.HostMapped);
        Assert.Equal(Pte.Present | Pte.Read | Pte.Write | Pte.NewProtection, changed.Bits);
        Assert.Equal(entry.Frame, changed.Frame);
        Assert.True(changed.Has(Pte.New), "either of the two");
        Assert.False(entry.Has(Pte.New));
    }

    [Fact]
    public void All_bits_fit_below_the_frame_number()
    {
        Pte all = Enum.GetValues<Pte>().Aggregate((a, b) => a | b);
        Assert.Equal(0UL, (ulong)all >> 12);
        Assert.Equal(all, new PageTableEntry(uint.MaxValue, all).Bits);
        Assert.Equal(uint.MaxValue, new PageTableEntry(uint.MaxValue, all).Frame);
    }

    [Fact]
    public void A_leaf_counts_entries_that_are_not_zero()
    {
        PageTableLeaf* leaf = _table.FindOrAdd(new GuestAddress(Span));
        (*leaf)[0] = new PageTableEntry(1, Pte.Present);
        (*leaf)[0] = new PageTableEntry(2, Pte.Present);
        (*leaf)[511] = new PageTableEntry(3, Pte.HostMapped);
        Assert.Equal(2, leaf->Used);
        (*leaf)[0] = default;
        (*leaf)[0] = default;
        Assert.Equal(1, leaf->Used);
        (*leaf)[511] = default;
        Assert.Equal(0, leaf->Used);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x100000UL)]
    [InlineData(0x4000_0000UL - 4096)]
    [InlineData(0x80_0000_0000UL)]
    [InlineData(0x7fff_ffff_e000UL)]
    public void What_is_put_at_an_address_is_found_there_and_nowhere_else(ulong address)
    {
        GuestAddress at = new(address);
        Assert.True(_table.Find(at) == null);
        Assert.Equal(default, _table[at]);
        PageTableLeaf* leaf = _table.FindOrAdd(at);
        Assert.Equal(address & ~(Span - 1), leaf->Start);
        (*leaf)[PageTableLeaf.IndexOf(at)] = new PageTableEntry(42, Pte.Present);
        Assert.True(_table.FindOrAdd(at) == leaf);
        Assert.Equal(42U, _table[at].Frame);
        Assert.Equal(default, _table[new GuestAddress(address ^ 0x1000)]);
        Assert.Equal(default, _table[new GuestAddress(address ^ (1UL << 30))]);
        Assert.Equal(default, _table[new GuestAddress(address ^ (1UL << 39))]);
        Assert.Equal(1, _table.Leaves);
    }

    [Fact]
    public void Next_goes_from_leaf_to_leaf_over_absent_levels()
    {
        ulong[] leaves =
        [
            0, Span, 3 * Span, 511 * Span, 512 * Span, 1UL << 39, (1UL << 39) + (513 * Span), 1UL << 46, 0x7fff_ffff_f000 & ~(Span - 1),
        ];
        foreach (ulong leaf in Enumerable.Reverse(leaves))
        {
            Add(leaf + 0x5000);
        }

        Assert.Equal(leaves, Walk(0, 0x7fff_ffff_f000));
        Assert.Equal(leaves[1..], Walk(Span, 0x7fff_ffff_f000));
        Assert.Equal(leaves, Walk(Span - 4096, 0x7fff_ffff_f000));
        Assert.Equal(leaves[3..5], Walk(4 * Span, 1UL << 39));
        Assert.Equal(leaves[3..6], Walk(4 * Span, (1UL << 39) + 1));
        Assert.Empty(Walk(4 * Span, 511 * Span));
        Assert.Empty(Walk(1UL << 45, 1UL << 46));
    }

    [Fact]
    public void A_removed_leaf_is_gone()
    {
        Add(Span);
        Add(2 * Span);
        _table.Remove(_table.Find(new GuestAddress(Span)));
        Assert.True(_table.Find(new GuestAddress(Span)) == null);
        Assert.Equal([2 * Span], Walk(0, 1UL << 46));
        Assert.Equal(1, _table.Leaves);
    }

    [Fact]
    public void Dirty_leaves_come_once_and_in_address_order()
    {
        Random random = new(1);
        for (int count = 0; count < 200; count++)
        {
            ulong[] starts = [.. Enumerable.Range(1, count).Select(i => (ulong)i * 7 * Span)];
            ulong[] shuffled = [.. starts];
            random.Shuffle(shuffled);
            foreach (ulong start in shuffled.Concat(shuffled))
            {
                _table.MarkDirty(_table.FindOrAdd(new GuestAddress(start)), 3, 4);
            }

            Assert.Equal(count > 0, _table.HasDirty);
            Assert.Equal(starts, TakeDirty());
            Assert.False(_table.HasDirty);
        }
    }

    [Fact]
    public void A_leaf_remembers_the_whole_stretch_that_is_dirty()
    {
        PageTableLeaf* leaf = _table.FindOrAdd(default);
        Assert.False(leaf->IsDirty);
        _table.MarkDirty(leaf, 100, 110);
        _table.MarkDirty(leaf, 5, 6);
        _table.MarkDirty(leaf, 50, 512);
        Assert.Equal((5, 512), (leaf->DirtyFrom, leaf->DirtyTo));
        Assert.True(leaf->IsDirty);
    }
}
