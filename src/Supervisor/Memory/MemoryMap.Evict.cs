using UmlHost.Abi;
using UmlHost.Host;

namespace UmlHost.Memory;

// The host lets a process have vm.max_map_count mappings; a guest may have any number. Host mappings are a cache: near
// the limit the child loses those of the leaves that were not used for longest, and faults them back in (H10).
internal sealed unsafe partial class MemoryMap
{
    /// <summary>Below this nothing is looked at.</summary>
    private const int FewMappings = 4096;

    /// <summary>Kept free of the host's limit: the stub's own mappings, and what a leaf has too many while its
    /// operations run.</summary>
    private const int SpareMappings = 1536;

    private int _mappingLimit;

    // What the child had after the last batch, and what leaves have gained since: together never less than what it has
    // at any moment of the next batch.
    private int _childMappings;
    private int _gainedMappings;

    // The clock's hand.
    private GuestAddress _hand;

    /// <summary>Most mappings that the child may have. The host's limit less a reserve, unless it is set.</summary>
    public int MappingLimit
    {
        get => _mappingLimit == 0 ? _mappingLimit = HostSystem.MaxMappings - SpareMappings : _mappingLimit;
        set => _mappingLimit = value;
    }

    /// <summary>Host mappings taken away to stay within the limit.</summary>
    public long DroppedMappings { get; private set; }

    /// <summary>With the operations of a sync collected: makes room.</summary>
    private void KeepWithinLimit()
    {
        if (_childMappings + _gainedMappings <= (_mappingLimit == 0 ? FewMappings : _mappingLimit / 2))
        {
            return;
        }

        // Coldest first, along with the batch, as long as even its worst moment fits.
        int most = MappingLimit - (MappingLimit / 8);
        if (_childMappings + _gainedMappings > MappingLimit)
        {
            DropAllMappings();
        }
        else if (HostMappings > most)
        {
            DropColdMappings(most - (most / 8));
        }
    }

    private void DropColdMappings(int most)
    {
        const int Rounds = 3;
        int few = _table.Leaves == 0 ? 1 : int.Max(1, HostMappings / _table.Leaves / 2);
        for (int left = Rounds * (_table.Leaves + 1); left > 0 && HostMappings > most; left--)
        {
            PageTableLeaf* leaf = _table.Next(_hand, GuestAddress.TaskSize);
            if (leaf == null)
            {
                _hand = default;
                continue;
            }

            _hand = new GuestAddress(leaf->Start + PageTable.LeafSpan);
            bool wasUsed = leaf->IsUsed;
            leaf->IsUsed = false;
            if (!wasUsed && leaf->HostMappings >= few && leaf->Start != (StubLayout.Start & ~(PageTable.LeafSpan - 1)))
            {
                _ops.Unmap(new GuestAddress(leaf->Start), PageTable.LeafSpan);
                DroppedMappings += leaf->HostMappings;
                Forget(leaf);
            }
        }
    }

    /// <summary>The batch would have more mappings on its way than there may be: the child begins anew.</summary>
    private void DropAllMappings()
    {
        DroppedMappings += _childMappings;
        _ops.Clear();
        _ops.Prepend(HostChild.EmptyOps);
        for (PageTableLeaf* leaf = _table.Next(default, GuestAddress.TaskSize); leaf != null;
            leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), GuestAddress.TaskSize))
        {
            Forget(leaf);
        }
    }

    /// <summary>The child has nothing of a leaf any more. It is not in need of sync.</summary>
    private void Forget(PageTableLeaf* leaf)
    {
        for (int index = 0; index < PageTableLeaf.Entries; index++)
        {
            if ((leaf->Entry[index] & (ulong)Pte.HostMapped) != 0)
            {
                leaf->Entry[index] &= ~(ulong)(Pte.HostMapped | Pte.New);
            }
        }

        HostMappings -= leaf->HostMappings;
        leaf->HostMappings = 0;
    }
}
