using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using UmlHost.Abi;

namespace UmlHost.Memory;

/// <summary>The last level: 512 entries, 2 MiB of a guest address space.</summary>
internal unsafe struct PageTableLeaf
{
    public const int Entries = 512;

    /// <summary>Entries as raw values; indexed by page within the leaf.</summary>
    public fixed ulong Entry[Entries];

    /// <summary>The address of the first entry's page.</summary>
    public ulong Start;

    /// <summary>The chunk of frames reserved for anonymous pages here, or <see cref="FrameAllocator.NoChunk"/>.</summary>
    public uint Chunk;

    /// <summary>The entries [DirtyFrom, DirtyTo) may have bits that the host child does not know.</summary>
    public ushort DirtyFrom;
    public ushort DirtyTo;

    /// <summary>How many entries are not zero: present, or still mapped by the host.</summary>
    public ushort Used;

    /// <summary>The mappings that the host child has within this leaf, as of the last sync.</summary>
    public ushort HostMappings;

    /// <summary>Something of it was mapped since the clock last came by.</summary>
    public bool IsUsed;

    /// <summary>The next leaf that is in need of sync.</summary>
    public PageTableLeaf* NextDirty;

    public PageTableEntry this[int index]
    {
        readonly get => new(Entry[index]);
        set
        {
            Used = (ushort)(Used + (value.Value != 0 ? 1 : 0) - (Entry[index] != 0 ? 1 : 0));
            Entry[index] = value.Value;
        }
    }

    public readonly bool IsDirty => DirtyTo != 0;

    public static int IndexOf(GuestAddress address) => (int)(address.Value >> GuestAddress.PageShift) & (Entries - 1);
}

/// <summary>A guest's page table: four levels, as x86_64 has them, in unmanaged memory. What is there now, as
/// against what the guest asked for (<see cref="Vma"/>) and what the host child has mapped.
/// <para>Owned by a <see cref="MemoryMap"/>, under its mmap lock.</para></summary>
internal sealed unsafe class PageTable : IDisposable
{
    public const ulong LeafSpan = PageTableLeaf.Entries * GuestAddress.PageSize;

    private const int Fanout = 512;
    private const int LeafShift = 21;
    private const int Levels = 3;

    // The root of every table that is disposed of: nothing is found in it.
    private static readonly void** s_empty = (void**)NativeMemory.AllocZeroed(Fanout, (nuint)sizeof(void*));

    private void** _root;
    private PageTableLeaf* _dirty;

    // The leaf of the last look-up: faults and copies come in runs.
    private PageTableLeaf* _last;

    public PageTable() => _root = (void**)NativeMemory.AllocZeroed(Fanout, (nuint)sizeof(void*));

    /// <summary>Leaves allocated: the table's own memory is proportional to it.</summary>
    public int Leaves { get; private set; }

    public PageTableEntry this[GuestAddress address]
    {
        get
        {
            PageTableLeaf* leaf = Find(address);
            return leaf == null ? default : (*leaf)[PageTableLeaf.IndexOf(address)];
        }
    }

    /// <summary>The leaf of an address, or null where nothing has been put there.</summary>
    public PageTableLeaf* Find(GuestAddress address)
    {
        PageTableLeaf* last = _last;
        if (last != null && last->Start == (address.Value & ~(LeafSpan - 1)))
        {
            return last;
        }

        void** node = _root;
        for (int level = Levels; level > 1; level--)
        {
            node = (void**)node[IndexAt(address, level)];
            if (node == null)
            {
                return null;
            }
        }

        PageTableLeaf* leaf = (PageTableLeaf*)node[IndexAt(address, 1)];
        if (leaf != null)
        {
            _last = leaf;
        }

        return leaf;
    }

    public PageTableLeaf* FindOrAdd(GuestAddress address)
    {
        PageTableLeaf* found = Find(address);
        if (found != null)
        {
            return found;
        }

        void** node = _root;
        for (int level = Levels; level > 1; level--)
        {
            ref void* next = ref node[IndexAt(address, level)];
            if (next == null)
            {
                next = NativeMemory.AllocZeroed(Fanout, (nuint)sizeof(void*));
            }

            node = (void**)next;
        }

        PageTableLeaf* leaf = (PageTableLeaf*)NativeMemory.AllocZeroed((nuint)sizeof(PageTableLeaf));
        leaf->Start = address.Value & ~(LeafSpan - 1);
        node[IndexAt(address, 1)] = leaf;
        Leaves++;
        _last = leaf;
        return leaf;
    }

    /// <summary>The first leaf that covers an address at or above <paramref name="from"/> and below
    /// <paramref name="end"/>; null if there is none. Skips absent levels whole.</summary>
    public PageTableLeaf* Next(GuestAddress from, GuestAddress end)
    {
        ulong address = from.Value & ~(LeafSpan - 1);
        while (address < end.Value)
        {
            void** node = _root;
            int level = Levels;
            for (; level > 1; level--)
            {
                node = (void**)node[IndexAt(new GuestAddress(address), level)];
                if (node == null)
                {
                    break;
                }
            }

            if (node != null)
            {
                // Walk the lowest node without going through the upper ones again.
                for (int index = IndexAt(new GuestAddress(address), 1); index < Fanout && address < end.Value; index++, address += LeafSpan)
                {
                    if (node[index] != null)
                    {
                        return (PageTableLeaf*)node[index];
                    }
                }

                continue;
            }

            ulong span = 1UL << (LeafShift + (9 * (level - 1)));
            address = (address & ~(span - 1)) + span;
        }

        return null;
    }

    /// <summary>Marks entries [<paramref name="from"/>, <paramref name="to"/>) of a leaf as in need of sync.</summary>
    public void MarkDirty(PageTableLeaf* leaf, int from, int to)
    {
        if (!leaf->IsDirty)
        {
            leaf->DirtyFrom = (ushort)from;
            leaf->DirtyTo = (ushort)to;
            leaf->NextDirty = _dirty;
            _dirty = leaf;
            return;
        }

        leaf->DirtyFrom = (ushort)Math.Min(leaf->DirtyFrom, from);
        leaf->DirtyTo = (ushort)Math.Max(leaf->DirtyTo, to);
    }

    /// <summary>Whether any range is in need of sync: the check made on every resume.</summary>
    public bool HasDirty => _dirty != null;

    /// <summary>Takes the dirty leaves in address order. Their dirty ranges are the caller's to clear.</summary>
    /// <returns>A list linked by <see cref="PageTableLeaf.NextDirty"/>.</returns>
    public PageTableLeaf* TakeDirty()
    {
        PageTableLeaf* list = Sort(_dirty);
        _dirty = null;
        return list;
    }

    /// <summary>Frees a leaf without entries, with its reservation already released. It must not be dirty.</summary>
    public void Remove(PageTableLeaf* leaf)
    {
        void** node = _root;
        GuestAddress address = new(leaf->Start);
        for (int level = Levels; level > 1; level--)
        {
            node = (void**)node[IndexAt(address, level)];
        }

        node[IndexAt(address, 1)] = null;
        if (_last == leaf)
        {
            _last = null;
        }

        NativeMemory.Free(leaf);
        Leaves--;
    }

    public void Dispose()
    {
        if (_root != s_empty)
        {
            FreeNode(_root, Levels);
            _root = s_empty;
            _last = null;
            _dirty = null;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexAt(GuestAddress address, int level)
        => (int)(address.Value >> (LeafShift + (9 * (level - 1)))) & (Fanout - 1);

    private static void FreeNode(void** node, int level)
    {
        for (int index = 0; index < Fanout; index++)
        {
            if (node[index] == null)
            {
                continue;
            }

            if (level > 1)
            {
                FreeNode((void**)node[index], level - 1);
            }
            else
            {
                NativeMemory.Free(node[index]);
            }
        }

        NativeMemory.Free(node);
    }

    /// <summary>Merge sort of a linked list by address: neighbouring leaves must come one after the other for
    /// their operations to merge.</summary>
    private static PageTableLeaf* Sort(PageTableLeaf* list)
    {
        if (list == null || list->NextDirty == null)
        {
            return list;
        }

        PageTableLeaf* middle = list;
        for (PageTableLeaf* fast = list->NextDirty; fast != null && fast->NextDirty != null; fast = fast->NextDirty->NextDirty)
        {
            middle = middle->NextDirty;
        }

        PageTableLeaf* right = Sort(middle->NextDirty, middle);
        PageTableLeaf* left = Sort(list);
        PageTableLeaf* first = null;
        PageTableLeaf** tail = &first;
        while (left != null && right != null)
        {
            PageTableLeaf** smaller = left->Start < right->Start ? &left : &right;
            *tail = *smaller;
            tail = &(*smaller)->NextDirty;
            *smaller = (*smaller)->NextDirty;
        }

        *tail = left != null ? left : right;
        return first;
    }

    private static PageTableLeaf* Sort(PageTableLeaf* rest, PageTableLeaf* cutAfter)
    {
        cutAfter->NextDirty = null;
        return Sort(rest);
    }
}
