using System;
using System.Collections.Generic;

using UmlHost.Abi;

namespace UmlHost.Memory;

/// <summary>The areas of an address space in address order. Two levels: blocks of up to 256 areas, so that a
/// change moves little even with hundreds of thousands of areas, and each block remembers the largest gap in
/// front of its areas, so that looking for free space skips most of them.
/// <para>Owned by a <see cref="MemoryMap"/>, under its mmap lock.</para></summary>
internal sealed class VmaTree
{
    private const int BlockSize = 256;

    private readonly List<Block> _blocks = [];

    // The area of the last look-up: faults and copies come in runs.
    private Vma? _last;

    public int Count { get; private set; }

    /// <summary>The area that contains <paramref name="address"/>, or null.</summary>
    public Vma? Find(GuestAddress address)
    {
        Vma? last = _last;
        if (last is not null && address >= last.Start && address < last.End)
        {
            return last;
        }

        Vma? found = FindAtOrAbove(address);
        if (found is null || found.Start > address)
        {
            return null;
        }

        _last = found;
        return found;
    }

    /// <summary>The first area that ends above <paramref name="address"/>, or null (Linux's find_vma).</summary>
    public Vma? FindAtOrAbove(GuestAddress address)
        => Seek(address, out int block, out int index) ? _blocks[block].Areas[index] : null;

    /// <summary>The area before <paramref name="area"/>, or null.</summary>
    public Vma? Previous(Vma area)
    {
        Seek(area.Start, out int block, out int index);
        if (index > 0)
        {
            return _blocks[block].Areas[index - 1];
        }

        return block > 0 ? _blocks[block - 1].Last : null;
    }

    /// <summary>The area after <paramref name="area"/>, or null.</summary>
    public Vma? Next(Vma area) => FindAtOrAbove(area.End);

    public Vma? First => _blocks.Count == 0 ? null : _blocks[0].Areas[0];

    public void Insert(Vma area)
    {
        Count++;
        if (_blocks.Count == 0)
        {
            _blocks.Add(new Block(area));
            return;
        }

        if (!Seek(area.Start, out int at, out int index))
        {
            at = _blocks.Count - 1;
            index = _blocks[at].Count;
        }
        else if (index == 0 && at > 0 && _blocks[at - 1].Count < BlockSize)
        {
            at--;
            index = _blocks[at].Count;
        }

        Block block = _blocks[at];
        if (block.Count == BlockSize)
        {
            Block upper = block.SplitOff();
            _blocks.Insert(at + 1, upper);
            if (index > block.Count)
            {
                index -= block.Count;
                block = upper;
            }
        }

        block.Insert(index, area);
        Touch(at);
    }

    public void Remove(Vma area)
    {
        Seek(area.Start, out int at, out int index);
        Block block = _blocks[at];
        block.Remove(index);
        if (block.Count == 0)
        {
            _blocks.RemoveAt(at);
        }

        Count--;
        if (ReferenceEquals(_last, area))
        {
            _last = null;
        }

        Touch(at);
    }

    public void Clear()
    {
        _blocks.Clear();
        _last = null;
        Count = 0;
    }

    /// <summary>Moves the bounds of an area, between its neighbours.</summary>
    public void Resize(Vma area, GuestAddress start, GuestAddress end)
    {
        Seek(area.Start, out int at, out _);
        if (start != area.Start)
        {
            if (area.Cache is not null)
            {
                area.Offset = area.Offset + start.Value - area.Start.Value;
            }

            area.Start = start;
        }

        area.End = end;
        Touch(at);
    }

    /// <summary>The highest free range of <paramref name="length"/> bytes within
    /// [<paramref name="floor"/>, <paramref name="ceiling"/>); null address when there is none.</summary>
    public GuestAddress FindGapBelow(GuestAddress ceiling, GuestAddress floor, ulong length)
    {
        ulong end = ceiling.Value;
        for (int at = _blocks.Count - 1; at >= 0; at--)
        {
            Block block = _blocks[at];
            if (block.Areas[0].Start.Value >= ceiling.Value)
            {
                continue;
            }

            if (end <= floor.Value)
            {
                return default;
            }

            // The gap above the block's last area is looked at in any case; the gaps inside only if one can fit.
            bool inside = LargestGap(at) >= length;
            for (int index = block.Count - 1; index >= 0; index = inside ? index - 1 : -1)
            {
                Vma area = block.Areas[index];
                ulong from = Math.Max(area.End.Value, floor.Value);
                if (from < end && end - from >= length)
                {
                    return new GuestAddress(end - length);
                }

                end = Math.Min(end, area.Start.Value);
            }

            end = Math.Min(end, block.Areas[0].Start.Value);
        }

        return end > floor.Value && end - floor.Value >= length ? new GuestAddress(end - length) : default;
    }

    /// <summary>The lowest free range of <paramref name="length"/> bytes within the bounds.</summary>
    public GuestAddress FindGapAbove(GuestAddress floor, GuestAddress ceiling, ulong length)
    {
        ulong from = floor.Value;
        for (Vma? area = FindAtOrAbove(floor); area is not null; area = Next(area))
        {
            if (area.Start.Value >= ceiling.Value)
            {
                break;
            }

            if (area.Start.Value > from && area.Start.Value - from >= length)
            {
                return new GuestAddress(from);
            }

            from = Math.Max(from, area.End.Value);
        }

        return ceiling.Value > from && ceiling.Value - from >= length ? new GuestAddress(from) : default;
    }

    /// <summary>The largest gap in front of an area of the block other than its first.</summary>
    private ulong LargestGap(int at)
    {
        Block block = _blocks[at];
        if (block.LargestGap == ulong.MaxValue)
        {
            ulong largest = 0;
            for (int index = 1; index < block.Count; index++)
            {
                largest = Math.Max(largest, block.Areas[index].Start - block.Areas[index - 1].End);
            }

            block.LargestGap = largest;
        }

        return block.LargestGap;
    }

    private void Touch(int at)
    {
        for (int near = Math.Max(0, at - 1); near <= at + 1 && near < _blocks.Count; near++)
        {
            _blocks[near].LargestGap = ulong.MaxValue;
        }
    }

    /// <summary>Finds the first area that ends above <paramref name="address"/>.</summary>
    private bool Seek(GuestAddress address, out int block, out int index)
    {
        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_blocks[middle].Last.End > address)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        block = low;
        index = 0;
        if (block == _blocks.Count)
        {
            return false;
        }

        Vma[] areas = _blocks[block].Areas;
        high = _blocks[block].Count;
        while (index < high)
        {
            int middle = (index + high) >>> 1;
            if (areas[middle].End > address)
            {
                high = middle;
            }
            else
            {
                index = middle + 1;
            }
        }

        return true;
    }

    private sealed class Block
    {
        public Block(Vma first)
        {
            Areas[0] = first;
            Count = 1;
        }

        private Block()
        {
        }

        public Vma[] Areas { get; } = new Vma[BlockSize];

        public int Count { get; private set; }

        /// <summary>Unknown: ulong.MaxValue.</summary>
        public ulong LargestGap { get; set; } = ulong.MaxValue;

        public Vma Last => Areas[Count - 1];

        public void Insert(int index, Vma area)
        {
            Array.Copy(Areas, index, Areas, index + 1, Count - index);
            Areas[index] = area;
            Count++;
        }

        public void Remove(int index)
        {
            Count--;
            Array.Copy(Areas, index + 1, Areas, index, Count - index);
            Areas[Count] = null!;
        }

        public Block SplitOff()
        {
            Block upper = new() { Count = Count / 2 };
            Count -= upper.Count;
            Array.Copy(Areas, Count, upper.Areas, 0, upper.Count);
            Array.Clear(Areas, Count, upper.Count);
            return upper;
        }
    }
}
