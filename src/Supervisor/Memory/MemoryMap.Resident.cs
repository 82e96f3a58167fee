using System;

using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// What is in memory (mincore), and bringing it to files (msync).
internal sealed unsafe partial class MemoryMap
{
    /// <summary>mincore, for at most <see cref="PageTableLeaf.Entries"/> pages: one byte for each page.</summary>
    /// <returns>ENOMEM where a page is not mapped.</returns>
    public Errno Resident(GuestAddress start, Span<byte> pages)
    {
        lock (_mmapLock)
        {
            for (int index = 0; index < pages.Length; index++)
            {
                GuestAddress at = start + ((ulong)index << GuestAddress.PageShift);
                if (_areas.Find(at) is not { } area)
                {
                    return Errno.ENOMEM;
                }

                PageTableEntry entry = _table[at];

                // Frames are granted in runs ahead of their use: whether one has been touched the host knows.
                bool resident = entry.IsPresent ? _frames.IsResident(entry.Frame) : area.Cache is not null && area.Cache.IsResident(area.CachePage(at));
                pages[index] = resident ? (byte)1 : (byte)0;
            }

            return Errno.None;
        }
    }

    /// <summary>msync.</summary>
    public Errno Synchronize(GuestAddress start, ulong length, int flags)
    {
        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || !start.IsPageAligned || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        {
            return Errno.EINVAL;
        }

        GuestAddress end = start + size;
        if (end < start)
        {
            return Errno.ENOMEM;
        }

        Errno missing = Errno.None;
        for (GuestAddress at = start; at < end;)
        {
            PageCache? cache;
            ulong first;
            ulong last;
            lock (_mmapLock)
            {
                Vma? area = _areas.FindAtOrAbove(at);
                if (area is null || area.Start >= end)
                {
                    return Errno.ENOMEM;
                }

                if (area.Start > at)
                {
                    missing = Errno.ENOMEM;
                    at = area.Start;
                }

                if ((flags & MS_INVALIDATE) != 0 && area.IsLocked)
                {
                    return Errno.EBUSY;
                }

                GuestAddress to = area.End < end ? area.End : end;
                first = area.Remapped is null ? area.CachePage(at) : 0;
                last = area.Remapped is null ? first + ((to - at) >> GuestAddress.PageShift) : ulong.MaxValue;
                at = to;
                cache = (flags & MS_SYNC) != 0 && area.IsShared ? area.Cache : null;
                cache?.AddReference();
            }

            // The file may be slow.
            if (cache is not null)
            {
                Errno error = cache.WriteBack(first, last);
                cache.Release();
                if (error != Errno.None)
                {
                    return error;
                }
            }
        }

        return missing;
    }
}
