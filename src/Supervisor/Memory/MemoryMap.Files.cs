using System;
using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Host;

namespace UmlHost.Memory;

// What a page cache does to the address spaces that map it.
internal sealed partial class MemoryMap
{
    // Lock: its own, a leaf.
    private readonly List<IHostThread> _threads = [];

    /// <summary>A host thread runs in this address space from now on.</summary>
    public void AddThread(IHostThread thread)
    {
        lock (_threads)
        {
            _threads.Add(thread);
        }
    }

    public void RemoveThread(IHostThread thread)
    {
        lock (_threads)
        {
            _threads.Remove(thread);
        }
    }

    /// <summary>Where the start of <paramref name="file"/> is mapped, in the lowest area that maps some of it; null if
    /// none does.</summary>
    public GuestAddress AddressOf(MappedFile file)
    {
        lock (_mmapLock)
        {
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                if (area.Cache?.File == file)
                {
                    return area.Start - area.Offset;
                }
            }

            return GuestAddress.Null;
        }
    }

    /// <summary>Takes pages [<paramref name="first"/>, <paramref name="end"/>) of <paramref name="cache"/> out of the
    /// page table, and makes the guest's threads stop, so that one of them brings the host child up to date.</summary>
    /// <param name="copies">Private copies go too.</param>
    internal void DropCachePages(PageCache cache, ulong first, ulong end, bool copies)
    {
        lock (_mmapLock)
        {
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                if (ReferenceEquals(area.Cache, cache) && area.Remapped is not null)
                {
                    DropRemappedPages(area, first, end, copies);
                }
                else if (ReferenceEquals(area.Cache, cache))
                {
                    ulong from = area.Offset >> GuestAddress.PageShift;
                    ulong to = from + (area.Length >> GuestAddress.PageShift);
                    ulong low = Math.Max(first, from);
                    ulong high = Math.Min(end, to);
                    if (low < high)
                    {
                        DropPages(area.Start + ((low - from) << GuestAddress.PageShift), area.Start + ((high - from) << GuestAddress.PageShift), copies);
                    }
                }
            }
        }

        lock (_threads)
        {
            foreach (IHostThread thread in _threads)
            {
                thread.Interrupt();
            }
        }
    }

    private void DropRemappedPages(Vma area, ulong first, ulong end, bool copies)
    {
        for (GuestAddress at = area.Start; at < area.End; at += GuestAddress.PageSize)
        {
            if (area.CachePage(at) is var page && page >= first && page < end)
            {
                DropPages(at, at + GuestAddress.PageSize, copies);
            }
        }
    }
}
