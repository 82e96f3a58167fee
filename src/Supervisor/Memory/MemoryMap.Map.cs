using UmlHost.Abi;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// The calls that change what the guest asked for: mmap, munmap, mprotect, brk. (madvise: MemoryMap.Advise.cs)
internal sealed unsafe partial class MemoryMap
{
    /// <summary>A heap that grows by this many bytes gets its pages with the call.</summary>
    private const ulong EagerBreak = 64 * 1024;

    private const int ProtectionMask = PROT_READ | PROT_WRITE | PROT_EXEC;

    /// <summary>mmap. The order of the checks is Linux's.</summary>
    /// <param name="length">Bytes, rounded up to pages.</param>
    /// <param name="file">Null for anonymous memory. That it may be mapped this way is checked by the caller.</param>
    /// <param name="offset">Bytes; a whole number of pages.</param>
    /// <param name="extra">Flags that have no MAP_* bit.</param>
    /// <param name="lockLimit">Most bytes that may be locked: see <see cref="Lock"/>.</param>
    /// <returns>The address, or -errno.</returns>
    public SyscallResult Map(
        GuestAddress hint, ulong length, int prot, int flags, MappedFile? file, ulong offset, VmaFlags extra = VmaFlags.None, ulong lockLimit = ulong.MaxValue)
    {
        if ((offset & ~GuestAddress.PageMask) != 0 || length == 0)
        {
            return Errno.EINVAL;
        }

        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        if (size == 0)
        {
            return Errno.ENOMEM;
        }

        if (offset + size < offset)
        {
            return Errno.EOVERFLOW;
        }

        bool @fixed = (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
        if (size > GuestAddress.TaskSize.Value)
        {
            return Errno.ENOMEM;
        }

        if (@fixed)
        {
            if (hint.Value > GuestAddress.TaskSize.Value - size)
            {
                return Errno.ENOMEM;
            }

            if (!hint.IsPageAligned)
            {
                return Errno.EINVAL;
            }

            if (hint.Value < MinAddress)
            {
                return Errno.EPERM;
            }
        }

        int type = flags & MAP_TYPE;
        bool isShared = type is MAP_SHARED or MAP_SHARED_VALIDATE;
        bool isValid = (isShared || type == MAP_PRIVATE) && (file is not null || type != MAP_SHARED_VALIDATE)
            && ((flags & MAP_GROWSDOWN) == 0 || (file is null && !isShared));
        VmaFlags areaFlags = extra | _defaultFlags
            | (isShared ? VmaFlags.Shared : 0)
            | ((flags & MAP_GROWSDOWN) != 0 ? VmaFlags.GrowsDown : 0)
            | ((flags & MAP_NORESERVE) != 0 ? VmaFlags.NoReserve : 0)
            | ((flags & MAP_LOCKED) != 0 ? VmaFlags.Locked : 0);

        PageCache? cache = file?.Pages(_frames);
        if (cache is null && isShared)
        {
            cache = new PageCache(_frames, null);
            offset = 0;
        }
        else
        {
            cache?.AddReference();
        }

        lock (_mmapLock)
        {
            GuestAddress start = PlaceArea(hint, size, flags, out Errno error);
            if (error == Errno.None)
            {
                error = (flags & MAP_LOCKED) != 0 && lockLimit == 0 ? Errno.EPERM
                    : !isValid ? Errno.EINVAL
                    : isShared && file is null && !MayCommit(size, areaFlags) ? Errno.ENOMEM
                    : CheckLimits(start, size, prot, areaFlags, lockLimit);
            }

            if (error != Errno.None)
            {
                cache?.Release();
                return error;
            }

            RemoveRange(start, start + size);
            Vma area = new(start, start + size, prot & ProtectionMask, areaFlags, cache, cache is null ? 0 : offset);
            if (cache is not null)
            {
                cache.AddMapping(this, area.MayShareWrites);
                cache.Release();
            }

            InsertArea(area);
            bool populate = area.IsLocked || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
            Access access = PopulateAccess(area);
            area = MergeAround(area);
            if (populate && area.Protection != PROT_NONE && (area.Flags & VmaFlags.LockOnFault) == 0)
            {
                _ = Populate(start, start + size, access);
            }
            else if (cache?.File is not null && type == MAP_PRIVATE)
            {
                MapAhead(start, start + size);
            }

            return (long)start.Value;
        }
    }

    public Errno Unmap(GuestAddress start, ulong length)
    {
        ulong size = (length + GuestAddress.PageSize - 1) & GuestAddress.PageMask;
        if (!start.IsPageAligned || start > GuestAddress.TaskSize || length > GuestAddress.TaskSize - start || size == 0)
        {
            return Errno.EINVAL;
        }

        lock (_mmapLock)
        {
            if (HasSealed(start, start + size))
            {
                return Errno.EPERM;
            }

            RemoveRange(start, start + size);
            return Errno.None;
        }
    }

    /// <summary>Sets where the heap begins (the end of the program's bss), at exec.</summary>
    public void SetBreakStart(GuestAddress start)
    {
        BreakStart = start;
        BreakEnd = start;
    }

    /// <summary>brk: the new program break, or the old one where it cannot move.</summary>
    /// <param name="lockLimit">See <see cref="Lock"/>.</param>
    public GuestAddress Break(GuestAddress wanted, ulong lockLimit = ulong.MaxValue)
    {
        lock (_mmapLock)
        {
            if (wanted < BreakStart || wanted >= GuestAddress.TaskSize || wanted - BreakStart > DataLimit)
            {
                return BreakEnd;
            }

            GuestAddress from = BreakEnd.PageUp;
            GuestAddress to = wanted.PageUp;
            if (to < from)
            {
                if (HasSealed(to, from))
                {
                    return BreakEnd;
                }

                RemoveRange(to, from);
            }
            else if (to > from)
            {
                // A page stays free between the heap and what is above it, and the guard of a stack.
                Vma? above = _areas.FindAtOrAbove(from);
                VmaFlags flags = VmaFlags.Heap | _defaultFlags;
                if ((above is not null && GuardedStart(above) < to + GuestAddress.PageSize)
                    || CheckLimits(from, to - from, PROT_READ | PROT_WRITE, flags, lockLimit) != Errno.None)
                {
                    return BreakEnd;
                }

                Vma area = new(from, to, PROT_READ | PROT_WRITE, flags, null, 0);
                InsertArea(area);
                area = MergeAround(area);
                if (area.IsLocked)
                {
                    PopulateQuietly(area);
                }
                else if (from == BreakStart.PageUp || to - from >= EagerBreak)
                {
                    // It is touched at once: that would be a fault more.
                    _ = FaultLocked(from, Access.Write);
                }
            }

            BreakEnd = wanted;
            return wanted;
        }
    }

    /// <summary>Where a new area goes: at the hint if it is free there, else the highest free place.</summary>
    private GuestAddress PlaceArea(GuestAddress hint, ulong size, int flags, out Errno error)
    {
        error = Errno.None;
        if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0)
        {
            if (HasSealed(hint, hint + size))
            {
                error = (flags & MAP_FIXED_NOREPLACE) != 0 ? Errno.EEXIST : Errno.EPERM;
            }
            else if ((flags & MAP_FIXED_NOREPLACE) != 0 && !IsFree(hint, hint + size))
            {
                error = Errno.EEXIST;
            }

            return hint;
        }

        bool below2G = (flags & MAP_32BIT) != 0;
        GuestAddress top = below2G ? new GuestAddress(0x8000_0000) : GuestAddress.TaskSize;
        if (!hint.IsNull && size <= top.Value)
        {
            GuestAddress at = hint.PageDown;
            if (at.Value < MinAddress)
            {
                at = new GuestAddress(MinAddress);
            }

            if (at.Value <= top.Value - size && IsFree(at, at + size, withGuard: true))
            {
                return at;
            }
        }

        GuestAddress floor = new((flags & MAP_ABOVE4G) != 0 ? 1UL << 32 : MinAddress);
        GuestAddress found = below2G ? FindFromBelow(new GuestAddress(0x4000_0000), top, size) : FindFromAbove(MmapBase, floor, size);
        if (found.IsNull && !below2G)
        {
            found = FindFromBelow(MmapBase > floor ? MmapBase : floor, GuestAddress.TaskSize, size);
        }

        if (found.IsNull)
        {
            error = Errno.ENOMEM;
        }

        return found;
    }

    /// <summary>Where an area begins, or rather the guard in front of it if it grows down (vm_start_gap).</summary>
    private static GuestAddress GuardedStart(Vma area)
        => (area.Flags & VmaFlags.GrowsDown) == 0 ? area.Start
            : new GuestAddress(area.Start.Value < StackGuardGap ? 0 : area.Start.Value - StackGuardGap);

    private GuestAddress FindFromAbove(GuestAddress ceiling, GuestAddress floor, ulong size)
    {
        while (true)
        {
            GuestAddress found = _areas.FindGapBelow(ceiling, floor, size);
            if (found.IsNull || IsFree(found, found + size, withGuard: true))
            {
                return found;
            }

            ceiling = GuardedStart(_areas.FindAtOrAbove(found)!);
        }
    }

    private GuestAddress FindFromBelow(GuestAddress floor, GuestAddress ceiling, ulong size)
    {
        while (true)
        {
            GuestAddress found = _areas.FindGapAbove(floor, ceiling, size);
            if (found.IsNull || IsFree(found, found + size, withGuard: true))
            {
                return found;
            }

            floor = _areas.FindAtOrAbove(found)!.End;
        }
    }

    /// <param name="withGuard">The guard in front of a stack is not free either.</param>
    private bool IsFree(GuestAddress start, GuestAddress end, bool withGuard = false)
    {
        Vma? area = _areas.FindAtOrAbove(start);
        return area is null || (withGuard ? GuardedStart(area) : area.Start) >= end;
    }

    private bool HasSealed(GuestAddress start, GuestAddress end)
    {
        for (Vma? area = _areas.FindAtOrAbove(start); area is not null && area.Start < end; area = _areas.Next(area))
        {
            if (area.IsSealed)
            {
                return true;
            }
        }

        return false;
    }
}
