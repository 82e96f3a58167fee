using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// remap_file_pages: a shared mapping whose pages are in another order than the file's, within one area.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>remap_file_pages. The pages of [<paramref name="start"/>, +<paramref name="size"/>) become those of the
    /// file from page <paramref name="cachePage"/> on.</summary>
    /// <param name="prot">0 for the area's protection, now and after each mprotect; else a protection of these pages
    /// alone, until the next mprotect.</param>
    /// <param name="flags">MAP_NONBLOCK leaves the pages to be faulted in.</param>
    public Errno RemapFilePages(GuestAddress start, ulong size, int prot, ulong cachePage, int flags)
    {
        start = start.PageDown;
        size &= GuestAddress.PageMask;
        GuestAddress end = start + size;
        if ((prot & ~ProtectionMask) != 0 || end <= start || cachePage + (size >> GuestAddress.PageShift) < cachePage)
        {
            return Errno.EINVAL;
        }

        lock (_mmapLock)
        {
            // A file that is not open for writing does not count as shared.
            if (_areas.Find(start) is not { MayShareWrites: true, IsReserved: false } first)
            {
                return Errno.EINVAL;
            }

            for (Vma area = first; area.End < end;)
            {
                Vma? next = _areas.Next(area);
                if (next is null || next.Start != area.End || !ReferenceEquals(next.Cache, first.Cache) || next.Flags != first.Flags)
                {
                    return Errno.EINVAL;
                }

                area = next;
            }

            if (first.IsSealed)
            {
                return Errno.EPERM;
            }

            DropPages(start, end);
            for (GuestAddress at = start; at < end; at += GuestAddress.PageSize, cachePage++)
            {
                SetPage(_areas.Find(at)!, at, new NonlinearPage(cachePage, prot == 0 ? NonlinearPages.AreaProtection : prot));
            }

            if ((flags & MAP_NONBLOCK) == 0)
            {
                // What cannot be read, as beyond the end of the file, is found out by who touches it.
                _ = Populate(start, end, Access.Read);
            }

            return Errno.None;
        }
    }

    private static void SetPage(Vma area, GuestAddress at, NonlinearPage page)
    {
        if (page == new NonlinearPage(area.LinearPage(at), NonlinearPages.AreaProtection))
        {
            area.Remapped?.Remove(at);
            return;
        }

        area.Remapped ??= new NonlinearPages();
        area.Remapped.Set(at, page);
    }
}
