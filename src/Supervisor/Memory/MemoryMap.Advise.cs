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

                if (area.IsSealed)
                {
                    return Errno.EPERM;
                }

                GuestAddress from = expected;
                GuestAddress to = area.End < end ? area.End : end;
                Errno error = AdviseArea(area, from, to, advice);
                if (error != Errno.None)
                {
                    return error;
                }

                expected = to;
            }

            return expected < end ? Errno.ENOMEM : result;
        }
    }

    private static bool IsKnownAdvice(int advice) => advice is
        MADV_NORMAL or MADV_RANDOM or MADV_SEQUENTIAL or MADV_WILLNEED or MADV_DONTNEED or MADV_FREE
        or MADV_DONTFORK or MADV_DOFORK or MADV_WIPEONFORK or MADV_KEEPONFORK or MADV_DONTDUMP or MADV_DODUMP
        or MADV_HUGEPAGE or MADV_NOHUGEPAGE or MADV_COLD or MADV_PAGEOUT or MADV_POPULATE_READ or MADV_POPULATE_WRITE;

    private Errno PopulateAdvised(GuestAddress start, GuestAddress end, Access access)
    {
        Errno error = Populate(start, end, access);
        return error == Errno.EINVAL && _areas.Find(start) is null ? Errno.ENOMEM : error;
    }

    private Errno AdviseArea(Vma area, GuestAddress from, GuestAddress to, int advice)
    {
        switch (advice)
        {
            case MADV_DONTNEED:
                if ((area.Flags & VmaFlags.Locked) != 0)
                {
                    return Errno.EINVAL;
                }

                DropPages(from, to);
                return Errno.None;
            case MADV_FREE:
                // The pages may read as before or as zeros until they are written: zeros at once is allowed.
                if (area.Cache is not null || area.IsShared)
                {
                    return Errno.EINVAL;
                }

                DropPages(from, to);
                return Errno.None;
            case MADV_DONTFORK:
                return ChangeFlags(from, to, VmaFlags.DontFork, VmaFlags.None);
            case MADV_DOFORK:
                return ChangeFlags(from, to, VmaFlags.None, VmaFlags.DontFork);
            case MADV_WIPEONFORK:
                return area.Cache is not null || area.IsShared
                    ? Errno.EINVAL
                    : ChangeFlags(from, to, VmaFlags.WipeOnFork, VmaFlags.None);
            case MADV_KEEPONFORK:
                return ChangeFlags(from, to, VmaFlags.None, VmaFlags.WipeOnFork);
            case MADV_DONTDUMP:
                return ChangeFlags(from, to, VmaFlags.DontDump, VmaFlags.None);
            case MADV_DODUMP:
                return ChangeFlags(from, to, VmaFlags.None, VmaFlags.DontDump);
            default:
                // Hints about access patterns: nothing here would become faster by them.
                return Errno.None;
        }
    }

    private Errno ChangeFlags(GuestAddress from, GuestAddress to, VmaFlags set, VmaFlags clear)
    {
        SplitAt(from);
        SplitAt(to);
        Vma area = _areas.Find(from)!;
        area.Flags = (area.Flags & ~clear) | set;
        MergeAround(area);
        return Errno.None;
    }
}
