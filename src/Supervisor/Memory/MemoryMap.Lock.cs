using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// mlock and its family. Guest memory is never swapped by UmlHost: locking faults in, and counts.
internal sealed unsafe partial class MemoryMap
{
    // What mlockall(MCL_FUTURE) gives to areas to come (mm->def_flags).
    private VmaFlags _defaultFlags;

    /// <summary>Areas to come are locked, so that mmap and brk need the limit.</summary>
    public bool LocksNewAreas => (_defaultFlags & VmaFlags.Locked) != 0;

    /// <summary>mlock, mlock2 and munlock of [<paramref name="start"/>, +<paramref name="length"/>), any bytes.</summary>
    /// <param name="lockFlags">Locked, with LockOnFault; None unlocks.</param>
    /// <param name="lockLimit">RLIMIT_MEMLOCK in bytes; all ones for who may ignore it.</param>
    public Errno Lock(GuestAddress start, ulong length, VmaFlags lockFlags, ulong lockLimit)
    {
        ulong size = (length + start.PageOffset + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        start = start.PageDown;
        GuestAddress end = start + size;
        lock (_mmapLock)
        {
            if (lockFlags != VmaFlags.None && !MayLock(size, lockLimit) && !MayLock(size - LockedBytes(start, end), lockLimit))
            {
                return Errno.ENOMEM;
            }

            if (end < start)
            {
                return Errno.EINVAL;
            }

            if (size == 0)
            {
                return Errno.None;
            }

            Errno error = SetLocked(start, end, lockFlags);
            if (error != Errno.None || lockFlags != VmaFlags.Locked)
            {
                return error;
            }

            for (Vma? area = _areas.FindAtOrAbove(start); area is not null && area.Start < end; area = _areas.Next(area))
            {
                GuestAddress from = area.Start < start ? start : area.Start;
                GuestAddress to = area.End < end ? area.End : end;
                error = area.Protection == PROT_NONE ? Errno.EINVAL : Populate(from, to, PopulateAccess(area));
                if (error != Errno.None)
                {
                    return error == Errno.ENOMEM ? Errno.EAGAIN : Errno.ENOMEM;
                }
            }

            return Errno.None;
        }
    }

    /// <summary>mlockall. The flags are known to be good.</summary>
    public Errno LockAll(int flags, ulong lockLimit)
    {
        lock (_mmapLock)
        {
            if ((flags & MCL_CURRENT) != 0 && lockLimit != ulong.MaxValue && _totalPages > lockLimit >> GuestAddress.PageShift)
            {
                return Errno.ENOMEM;
            }

            VmaFlags lockFlags = VmaFlags.Locked | ((flags & MCL_ONFAULT) != 0 ? VmaFlags.LockOnFault : 0);
            _defaultFlags = (flags & MCL_FUTURE) != 0 ? lockFlags : VmaFlags.None;
            if ((flags & MCL_CURRENT) != 0)
            {
                SetAllLocked(lockFlags);
                for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
                {
                    if (!area.IsReserved)
                    {
                        PopulateQuietly(area);
                    }
                }
            }

            return Errno.None;
        }
    }

    /// <summary>munlockall.</summary>
    public void UnlockAll()
    {
        lock (_mmapLock)
        {
            _defaultFlags = VmaFlags.None;
            SetAllLocked(VmaFlags.None);
        }
    }

    private void SetAllLocked(VmaFlags lockFlags)
    {
        for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
        {
            if (!area.IsReserved)
            {
                ChangeArea(area, area.Protection, (area.Flags & ~VmaFlags.LockMask) | lockFlags);
                area = MergeAround(area);
            }
        }
    }

    /// <summary>ENOMEM where something in the range is not mapped; what is before that is changed.</summary>
    private Errno SetLocked(GuestAddress start, GuestAddress end, VmaFlags lockFlags)
    {
        GuestAddress expected = start;
        while (expected < end)
        {
            if (_areas.Find(expected) is not { } area)
            {
                return Errno.ENOMEM;
            }

            GuestAddress to = area.End < end ? area.End : end;
            if (!area.IsReserved && (area.Flags & VmaFlags.LockMask) != lockFlags)
            {
                area = Isolate(expected, to);
                ChangeArea(area, area.Protection, (area.Flags & ~VmaFlags.LockMask) | lockFlags);
                MergeAround(area);
            }

            expected = to;
        }

        return Errno.None;
    }

    private ulong LockedBytes(GuestAddress start, GuestAddress end)
    {
        ulong bytes = 0;
        for (Vma? area = _areas.FindAtOrAbove(start); area is not null && area.Start < end; area = _areas.Next(area))
        {
            bytes += area.IsLocked ? ulong.Min(area.End.Value, end.Value) - ulong.Max(area.Start.Value, start.Value) : 0;
        }

        return bytes;
    }
}
