using System.Collections.Generic;

using UmlHost.Abi;

namespace UmlHost.Memory;

/// <summary>Where a page of an area comes from, and with which protection, after remap_file_pages.</summary>
/// <param name="CachePage">The page number in the area's page cache.</param>
/// <param name="Protection">PROT_* of this page alone, or <see cref="NonlinearPages.AreaProtection"/>.</param>
internal readonly record struct NonlinearPage(ulong CachePage, int Protection);

/// <summary>The pages of an area that remap_file_pages has put in another order than the file's, or given a protection
/// of their own, by their address. The parts that a split leaves share it; so each looks only at its own addresses.
/// Under the mmap lock.</summary>
internal sealed class NonlinearPages
{
    /// <summary>"As the area."</summary>
    public const int AreaProtection = -1;

    private readonly Dictionary<ulong, NonlinearPage> _pages = [];

    public bool TryFind(GuestAddress address, out NonlinearPage page) => _pages.TryGetValue(address.Value >> GuestAddress.PageShift, out page);

    public void Set(GuestAddress address, NonlinearPage page) => _pages[address.Value >> GuestAddress.PageShift] = page;

    public void Remove(GuestAddress address) => _pages.Remove(address.Value >> GuestAddress.PageShift);

    /// <summary>mprotect: the whole range has the area's protection again.</summary>
    public void ClearProtections(GuestAddress start, GuestAddress end)
    {
        for (ulong number = start.Value >> GuestAddress.PageShift; number < end.Value >> GuestAddress.PageShift; number++)
        {
            if (_pages.TryGetValue(number, out NonlinearPage page) && page.Protection != AreaProtection)
            {
                _pages[number] = page with { Protection = AreaProtection };
            }
        }
    }

    /// <summary>A copy of the pages of [<paramref name="start"/>, <paramref name="end"/>) as they are at
    /// <paramref name="to"/>, for another map or another place.</summary>
    public NonlinearPages Copy(GuestAddress start, GuestAddress end, GuestAddress to)
    {
        NonlinearPages copy = new();
        for (GuestAddress at = start; at < end; at += GuestAddress.PageSize)
        {
            if (TryFind(at, out NonlinearPage page))
            {
                copy.Set(to + (at - start), page);
            }
        }

        return copy;
    }
}
