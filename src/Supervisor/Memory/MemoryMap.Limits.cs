using System;

using UmlHost.Abi;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

// How much there may be: resource limits, the machine's memory, and how stacks grow. The numbers that they are
// compared with are Linux's total_vm, data_vm, stack_vm, exec_vm and locked_vm, in pages.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>The stack area grows in steps of this many bytes, where Linux grows page by page: one trap
    /// instead of thirty-two.</summary>
    private const ulong StackStep = 128 * 1024;

    private const ulong StackGuardGap = 256 * GuestAddress.PageSize;

    private ulong _totalPages;
    private ulong _dataPages;
    private ulong _stackPages;
    private ulong _executablePages;
    private ulong _lockedPages;
    private ulong _peakTotalPages;

    /// <summary>Most bytes of address space (RLIMIT_AS).</summary>
    public ulong AddressSpaceLimit { get; set; } = ulong.MaxValue;

    /// <summary>Most bytes of private writable memory, and of heap (RLIMIT_DATA).</summary>
    public ulong DataLimit { get; set; } = ulong.MaxValue;

    /// <summary>Most bytes that the stack area may grow to (RLIMIT_STACK).</summary>
    public ulong StackLimit { get; set; } = 8UL << 20;

    /// <summary>vm_stat_account.</summary>
    private void Account(Vma area, long bytes)
    {
        if (area.IsReserved)
        {
            return;
        }

        ulong pages = (ulong)(bytes >> GuestAddress.PageShift);
        _totalPages += pages;
        bool stack = (area.Flags & VmaFlags.GrowsDown) != 0;
        if (!stack && (area.Protection & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC)
        {
            _executablePages += pages;
        }
        else if (stack)
        {
            _stackPages += pages;
        }
        else if (IsData(area.Protection, area.Flags))
        {
            _dataPages += pages;
        }

        _lockedPages += area.IsLocked ? pages : 0;
        _peakTotalPages = Math.Max(_peakTotalPages, _totalPages);
    }

    private static bool IsData(int prot, VmaFlags flags)
        => (prot & PROT_WRITE) != 0 && (flags & (VmaFlags.Shared | VmaFlags.GrowsDown)) == 0;

    /// <summary>Whether an area may come, in place of what is there: EAGAIN for too much locked memory, ENOMEM for the
    /// other limits.</summary>
    private Errno CheckLimits(GuestAddress start, ulong size, int prot, VmaFlags flags, ulong lockLimit)
    {
        if ((flags & VmaFlags.Locked) != 0 && !MayLock(size, lockLimit))
        {
            return Errno.EAGAIN;
        }

        return MayExpand(size, prot, flags, replaced: MappedBytes(start, start + size)) && (!IsData(prot, flags) || MayCommit(size, flags))
            ? Errno.None : Errno.ENOMEM;
    }

    private bool MayLock(ulong size, ulong lockLimit)
        => lockLimit == ulong.MaxValue || _lockedPages + (size >> GuestAddress.PageShift) <= lockLimit >> GuestAddress.PageShift;

    /// <summary>may_expand_vm.</summary>
    private bool MayExpand(ulong size, int prot, VmaFlags flags, ulong replaced = 0)
    {
        ulong pages = (size - replaced) >> GuestAddress.PageShift;
        return _totalPages + pages <= AddressSpaceLimit >> GuestAddress.PageShift
            && (!IsData(prot, flags) || _dataPages + pages <= DataLimit >> GuestAddress.PageShift);
    }

    /// <summary>Linux's heuristic overcommit: one request for more than all the memory that there is cannot be meant.
    /// </summary>
    private bool MayCommit(ulong size, VmaFlags flags)
        => (flags & VmaFlags.NoReserve) != 0 || size <= _frames.MachineBytes;

    private ulong MappedBytes(GuestAddress start, GuestAddress end)
    {
        ulong bytes = 0;
        for (Vma? area = _areas.FindAtOrAbove(start); area is not null && area.Start < end; area = _areas.Next(area))
        {
            bytes += Math.Min(area.End.Value, end.Value) - Math.Max(area.Start.Value, start.Value);
        }

        return bytes;
    }

    /// <summary>Extends the stack area down to <paramref name="address"/>, as Linux's expand_stack: not beyond
    /// the limits, and not near another mapping.</summary>
    private Vma? GrowStack(GuestAddress address)
    {
        Vma? area = _areas.FindAtOrAbove(address);
        if (area is null || (area.Flags & VmaFlags.GrowsDown) == 0 || area.End - address > StackLimit || address.Value < MinAddress)
        {
            return null;
        }

        Vma? below = _areas.Previous(area);
        ulong floor = below is null || below.Protection == PROT_NONE || (below.Flags & VmaFlags.GrowsDown) != 0
            ? below?.End.Value ?? MinAddress
            : below.End.Value + StackGuardGap;
        ulong start = address.PageDown.Value;
        if (start < floor || !MayExpand(area.Start - address.PageDown, area.Protection, area.Flags))
        {
            return null;
        }

        ulong lowest = Math.Max(floor, area.End.Value > StackLimit ? area.End.Value - StackLimit : 0);
        ulong stepped = Math.Min(start, Math.Max(start & ~(StackStep - 1), (lowest + GuestAddress.PageSize - 1) & GuestAddress.PageMask));
        if (MayExpand(area.Start.Value - stepped, area.Protection, area.Flags))
        {
            start = stepped;
        }

        ResizeArea(area, new GuestAddress(start), area.End);
        return area;
    }
}
