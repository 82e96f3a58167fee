using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// madvise.
internal sealed partial class MemoryMap
{
    /// <summary>madvise. Holes are passed over and give ENOMEM at the end, as on Linux.</summary>
    public Errno Advise(GuestAddress start, ulong length, int advice)
    {
        if (!IsKnownAdvice(advice) || !start.IsPageAligned)
        {
            return Errno.EINVAL;
        }

        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        if ((length != 0 && size == 0) || start.Value + size < start.Value)
        {
            return Errno.EINVAL;
        }

        if (size == 0)
        {
            return Errno.None;
        }

        GuestAddress end = start + size;
        if (advice == MADV_REMOVE)
        {
            return RemoveAdvised(start, end);
        }

        lock (_mmapLock)
        {
            if (advice is MADV_POPULATE_READ or MADV_POPULATE_WRITE)
            {
                return PopulateAdvised(start, end, advice == MADV_POPULATE_WRITE ? Access.Write : Access.Read);
            }

            Errno result = Errno.None;
            GuestAddress expected = start;
            while (expected < end && _areas.FindAtOrAbove(expected) is Vma area && area.Start < end)
            {
                if (area.Start > expected)
                {
                    result = Errno.ENOMEM;
                    expected = area.Start;
                }

                GuestAddress to = area.End < end ? area.End : end;
                Errno error = area.IsReserved || (IsDiscard(advice) && IsSealedAgainstDiscard(area)) ? Errno.EPERM : AdviseArea(area, expected, to, advice);
                if (error != Errno.None)
                {
                    return error;
                }

                expected = to;
            }

            return expected < end ? Errno.ENOMEM : result;
        }
    }

    /// <summary>Advice that takes content away. Sealed memory keeps what could not be written anyway.</summary>
    private static bool IsDiscard(int advice)
        => advice is MADV_FREE or MADV_DONTNEED or MADV_DONTNEED_LOCKED or MADV_REMOVE or MADV_DONTFORK or MADV_WIPEONFORK;

    private static bool IsSealedAgainstDiscard(Vma area)
        => area.IsSealed && area.Cache is null && (area.Protection & PROT_WRITE) == 0;

    private static bool IsKnownAdvice(int advice) => advice is
        MADV_NORMAL or MADV_RANDOM or MADV_SEQUENTIAL or MADV_WILLNEED or MADV_DONTNEED or MADV_FREE or MADV_REMOVE
        or MADV_DONTFORK or MADV_DOFORK or MADV_WIPEONFORK or MADV_KEEPONFORK or MADV_DONTDUMP or MADV_DODUMP
        or MADV_HUGEPAGE or MADV_NOHUGEPAGE or MADV_MERGEABLE or MADV_UNMERGEABLE or MADV_COLD or MADV_PAGEOUT
        or MADV_POPULATE_READ or MADV_POPULATE_WRITE or MADV_DONTNEED_LOCKED;

    private Errno PopulateAdvised(GuestAddress start, GuestAddress end, Access access)
    {
        Errno error = Populate(start, end, access);
        return error == Errno.EINVAL && _areas.Find(start) is null ? Errno.ENOMEM : error;
    }

    /// <summary>MADV_REMOVE: a hole in the file behind each area. A hole concerns every address space that maps the
    /// file, so it is made without the mmap lock.</summary>
    private Errno RemoveAdvised(GuestAddress start, GuestAddress end)
    {
        Errno result = Errno.None;
        while (start < end)
        {
            PageCache cache;
            ulong from;
            ulong to;
            lock (_mmapLock)
            {
                if (_areas.FindAtOrAbove(start) is not { } area || area.Start >= end)
                {
                    return Errno.ENOMEM;
                }

                if (area.Start > start)
                {
                    result = Errno.ENOMEM;
                    start = area.Start;
                }

                if (area.IsReserved)
                {
                    return Errno.EPERM;
                }

                if (area.IsLocked || area.Cache is null || area.Remapped is not null)
                {
                    return Errno.EINVAL;
                }

                if (!area.MayShareWrites)
                {
                    return Errno.EACCES;
                }

                GuestAddress upTo = area.End < end ? area.End : end;
                from = area.Offset + (start - area.Start);
                to = area.Offset + (upTo - area.Start);
                cache = area.Cache;
                cache.AddReference();
                start = upTo;
            }

            Errno error = Errno.None;
            if (cache.File is { } file)
            {
                error = file.PunchHole(from, to);
            }
            else
            {
                cache.Punch(from, to);
            }

            cache.Release();
            if (error != Errno.None)
            {
                return error;
            }
        }

        return result;
    }

    private Errno AdviseArea(Vma area, GuestAddress from, GuestAddress to, int advice)
    {
        const VmaFlags Reading = VmaFlags.RandomRead | VmaFlags.SequentialRead;
        const VmaFlags HugePages = VmaFlags.HugePage | VmaFlags.NoHugePage;
        bool isPrivateAnonymous = area.Cache is null;
        switch (advice)
        {
            case MADV_DONTNEED or MADV_DONTNEED_LOCKED:
                if (area.IsLocked && advice == MADV_DONTNEED)
                {
                    return Errno.EINVAL;
                }

                DropPages(from, to);
                return Errno.None;
            case MADV_FREE:
                // The pages may read as before or as zeros until they are written: zeros at once is allowed.
                if (!isPrivateAnonymous || area.IsLocked)
                {
                    return Errno.EINVAL;
                }

                DropPages(from, to);
                return Errno.None;
            case MADV_COLD or MADV_PAGEOUT:
                return area.IsLocked ? Errno.EINVAL : Errno.None;
            case MADV_WIPEONFORK:
                return isPrivateAnonymous ? ChangeFlags(from, to, VmaFlags.WipeOnFork, VmaFlags.None) : Errno.EINVAL;
            case MADV_NORMAL:
                return ChangeFlags(from, to, VmaFlags.None, Reading);
            case MADV_RANDOM:
                return ChangeFlags(from, to, VmaFlags.RandomRead, Reading);
            case MADV_SEQUENTIAL:
                return ChangeFlags(from, to, VmaFlags.SequentialRead, Reading);
            case MADV_HUGEPAGE:
                return ChangeFlags(from, to, VmaFlags.HugePage, HugePages);
            case MADV_NOHUGEPAGE:
                return ChangeFlags(from, to, VmaFlags.NoHugePage, HugePages);
            case MADV_MERGEABLE:
                return isPrivateAnonymous ? ChangeFlags(from, to, VmaFlags.Mergeable, VmaFlags.None) : Errno.None;
            case MADV_UNMERGEABLE:
                return ChangeFlags(from, to, VmaFlags.None, VmaFlags.Mergeable);
            case MADV_DONTFORK:
                return ChangeFlags(from, to, VmaFlags.DontFork, VmaFlags.None);
            case MADV_DOFORK:
                return ChangeFlags(from, to, VmaFlags.None, VmaFlags.DontFork);
            case MADV_KEEPONFORK:
                return ChangeFlags(from, to, VmaFlags.None, VmaFlags.WipeOnFork);
            case MADV_DONTDUMP:
                return ChangeFlags(from, to, VmaFlags.DontDump, VmaFlags.None);
            case MADV_DODUMP:
                return ChangeFlags(from, to, VmaFlags.None, VmaFlags.DontDump);
            default:
                // MADV_WILLNEED: nothing here would become faster by it.
                return Errno.None;
        }
    }

    private Errno ChangeFlags(GuestAddress from, GuestAddress to, VmaFlags set, VmaFlags clear)
    {
        Vma area = _areas.Find(from)!;
        VmaFlags flags = (area.Flags & ~clear) | set;
        if (flags != area.Flags)
        {
            area = Isolate(from, to);
            ChangeArea(area, area.Protection, flags);
            MergeAround(area);
        }

        return Errno.None;
    }

    /// <summary>An area of its own for a stretch of one area.</summary>
    private Vma Isolate(GuestAddress from, GuestAddress to)
    {
        SplitAt(from);
        SplitAt(to);
        return _areas.Find(from)!;
    }

    /// <summary>PR_SET_VMA_ANON_NAME: a name for private anonymous memory, shown by /proc/PID/maps. Null takes it away.
    /// ENOMEM where something is not mapped; EBADF for a file's memory.</summary>
    public Errno SetName(GuestAddress start, ulong length, string? name)
    {
        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        GuestAddress end = start + size;
        if (!start.IsPageAligned || (length != 0 && size == 0) || end < start)
        {
            return Errno.EINVAL;
        }

        lock (_mmapLock)
        {
            Errno result = Errno.None;
            while (start < end)
            {
                if (_areas.FindAtOrAbove(start) is not { } area || area.Start >= end)
                {
                    return Errno.ENOMEM;
                }

                if (area.Start > start)
                {
                    result = Errno.ENOMEM;
                    start = area.Start;
                }

                GuestAddress to = area.End < end ? area.End : end;
                if (area.IsReserved || area.Cache?.File is not null)
                {
                    return Errno.EBADF;
                }

                area = Isolate(start, to);
                area.Name = name;
                MergeAround(area);
                start = to;
            }

            return result;
        }
    }

    /// <summary>mseal.</summary>
    public Errno Seal(GuestAddress start, ulong length)
    {
        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        GuestAddress end = start + size;
        if (!start.IsPageAligned || (length != 0 && size == 0) || end < start)
        {
            return Errno.EINVAL;
        }

        lock (_mmapLock)
        {
            if (MappedBytes(start, end) != size)
            {
                return Errno.ENOMEM;
            }

            while (start < end)
            {
                Vma area = _areas.Find(start)!;
                GuestAddress to = area.End < end ? area.End : end;
                if (!area.IsSealed)
                {
                    area = Isolate(start, to);
                    area.Flags |= VmaFlags.Sealed;
                    MergeAround(area);
                }

                start = to;
            }

            return Errno.None;
        }
    }
}
