using System;
using System.Collections.Generic;
using System.Text;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>maps, smaps and smaps_rollup.</summary>
internal static class MapsFiles
{
    /// <summary>Where a line's name begins.</summary>
    private const int NameColumn = 72;

    public static Errno Maps(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is { Memory: var memory })
        {
            foreach (AreaUsage area in memory.Areas(countPages: false))
            {
                AppendLine(text, area);
            }
        }

        return Errno.None;
    }

    public static Errno Smaps(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is not { Memory: var memory })
        {
            return Errno.None;
        }

        foreach (AreaUsage area in memory.Areas(countPages: true))
        {
            AppendLine(text, area);
            AppendKib(text, "Size:"u8, area.Size);
            text.Append("KernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"u8);
            AppendUsage(text, area.Pages, DirtyPart(area.Pages), IsLocked(area) ? area.Pages.ProportionalBytes : 0, null);
            text.Append("THPeligible:           0\nProtectionKey:         0\n"u8);
            AppendFlags(text, area);
        }

        return Errno.None;
    }

    public static Errno SmapsRollup(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is not { Memory: var memory })
        {
            return Errno.ESRCH;
        }

        List<AreaUsage> areas = memory.Areas(countPages: true);
        PagesUsage all = default;
        ulong dirty = 0, locked = 0;
        Parts parts = default;
        foreach (AreaUsage area in areas)
        {
            PagesUsage pages = area.Pages;
            all = new PagesUsage(all.Resident + pages.Resident, all.ProportionalBytes + pages.ProportionalBytes, all.SharedClean + pages.SharedClean,
                all.SharedDirty + pages.SharedDirty, all.PrivateClean + pages.PrivateClean, all.PrivateDirty + pages.PrivateDirty, all.Anonymous + pages.Anonymous);
            dirty += DirtyPart(pages);
            locked += IsLocked(area) ? pages.ProportionalBytes : 0;
            ulong anonymous = pages.Resident == 0 ? 0 : pages.ProportionalBytes * pages.Anonymous / pages.Resident;
            parts.Anonymous += anonymous;
            parts.File += area.Inode != 0 && area.Device != SharedMemoryDevice ? pages.ProportionalBytes - anonymous : 0;
            parts.Shared += area.Device == SharedMemoryDevice ? pages.ProportionalBytes - anonymous : 0;
        }

        int line = text.Length;
        AppendHeader(text, areas.Count == 0 ? default : areas[0].Start, areas.Count == 0 ? default : areas[^1].End, "---p"u8, 0, 0, 0);
        AppendName(text, line, "[rollup]"u8);
        AppendUsage(text, all, dirty, locked, parts);
        return Errno.None;
    }

    /// <summary>Shared anonymous memory is a nameless file of a kernel's own tmpfs.</summary>
    private const ulong SharedMemoryDevice = 1;

    private static bool IsLocked(in AreaUsage area) => (area.Flags & VmaFlags.Locked) != 0;

    /// <summary>Of the proportional size what is dirty.</summary>
    private static ulong DirtyPart(in PagesUsage pages) =>
        pages.Resident == 0 ? 0 : pages.ProportionalBytes * (pages.PrivateDirty + pages.SharedDirty) / pages.Resident;

    private static void AppendLine(TextBuffer text, in AreaUsage area)
    {
        Span<byte> flags =
        [
            (area.Protection & PROT_READ) != 0 ? (byte)'r' : (byte)'-',
            (area.Protection & PROT_WRITE) != 0 ? (byte)'w' : (byte)'-',
            (area.Protection & PROT_EXEC) != 0 ? (byte)'x' : (byte)'-',
            (area.Flags & VmaFlags.Shared) != 0 ? (byte)'s' : (byte)'p',
        ];
        int line = text.Length;
        AppendHeader(text, area.Start, area.End, flags, area.Offset, area.Device, area.Inode);
        if (area.Name.Length > 0)
        {
            AppendName(text, line, Encoding.UTF8.GetBytes(area.Name));
        }
        else
        {
            text.Append("\n"u8);
        }
    }

    private static void AppendHeader(TextBuffer text, GuestAddress start, GuestAddress end, ReadOnlySpan<byte> flags, ulong offset, ulong device, ulong inode) =>
        text.AppendHex(start.Value, 8).Append("-"u8).AppendHex(end.Value, 8).Append(" "u8).Append(flags).Append(" "u8).AppendHex(offset, 8)
            .Append(" "u8).AppendHex(major(device), 2).Append(":"u8).AppendHex(minor(device), 2).Append(" "u8).Append(inode).Append(" "u8);

    /// <param name="line">Where the line begins.</param>
    private static void AppendName(TextBuffer text, int line, ReadOnlySpan<byte> name)
    {
        text.PadTo(line + NameColumn).Append(" "u8);
        int end;
        while ((end = name.IndexOf((byte)'\n')) >= 0)
        {
            text.Append(name[..end]).Append("\\012"u8);
            name = name[(end + 1)..];
        }

        text.Append(name).Append("\n"u8);
    }

    private static void AppendUsage(TextBuffer text, in PagesUsage usage, ulong dirty, ulong locked, Parts? rollup)
    {
        AppendKib(text, "Rss:"u8, usage.Resident * GuestAddress.PageSize);
        AppendKib(text, "Pss:"u8, usage.ProportionalBytes);
        AppendKib(text, "Pss_Dirty:"u8, dirty);
        if (rollup is { } parts)
        {
            AppendKib(text, "Pss_Anon:"u8, parts.Anonymous);
            AppendKib(text, "Pss_File:"u8, parts.File);
            AppendKib(text, "Pss_Shmem:"u8, parts.Shared);
        }

        AppendKib(text, "Shared_Clean:"u8, usage.SharedClean * GuestAddress.PageSize);
        AppendKib(text, "Shared_Dirty:"u8, usage.SharedDirty * GuestAddress.PageSize);
        AppendKib(text, "Private_Clean:"u8, usage.PrivateClean * GuestAddress.PageSize);
        AppendKib(text, "Private_Dirty:"u8, usage.PrivateDirty * GuestAddress.PageSize);
        AppendKib(text, "Referenced:"u8, usage.Resident * GuestAddress.PageSize);
        AppendKib(text, "Anonymous:"u8, usage.Anonymous * GuestAddress.PageSize);
        AppendKib(text, "KSM:"u8, 0);
        AppendKib(text, "LazyFree:"u8, 0);
        AppendKib(text, "AnonHugePages:"u8, 0);
        AppendKib(text, "ShmemPmdMapped:"u8, 0);
        AppendKib(text, "FilePmdMapped:"u8, 0);
        AppendKib(text, "Shared_Hugetlb:"u8, 0);
        AppendKib(text, "Private_Hugetlb:"u8, 0);
        AppendKib(text, "Swap:"u8, 0);
        AppendKib(text, "SwapPss:"u8, 0);
        AppendKib(text, "Locked:"u8, locked);
    }

    private static void AppendKib(TextBuffer text, ReadOnlySpan<byte> name, ulong bytes)
    {
        int before = text.Length;
        text.Append(name).PadTo(before + 16).Append((long)(bytes / 1024), 8).Append(" kB\n"u8);
    }

    private static void AppendFlags(TextBuffer text, AreaUsage area)
    {
        text.Append("VmFlags: "u8);
        Flag((area.Protection & PROT_READ) != 0, "rd "u8);
        Flag((area.Protection & PROT_WRITE) != 0, "wr "u8);
        Flag((area.Protection & PROT_EXEC) != 0, "ex "u8);
        Flag((area.Flags & VmaFlags.Shared) != 0, "sh "u8);
        Flag(true, "mr "u8);
        Flag((area.Flags & VmaFlags.DenyWrite) == 0, "mw "u8);
        Flag(true, "me "u8);
        Flag((area.Flags & VmaFlags.Shared) != 0, "ms "u8);
        Flag((area.Flags & VmaFlags.GrowsDown) != 0, "gd "u8);
        Flag(IsLocked(area), "lo "u8);
        Flag((area.Flags & VmaFlags.SequentialRead) != 0, "sr "u8);
        Flag((area.Flags & VmaFlags.RandomRead) != 0, "rr "u8);
        Flag((area.Flags & VmaFlags.DontFork) != 0, "dc "u8);
        Flag((area.Flags & VmaFlags.LockOnFault) != 0, "lf "u8);
        Flag((area.Protection & PROT_WRITE) != 0 && (area.Flags & VmaFlags.Shared) == 0 && (area.Flags & VmaFlags.NoReserve) == 0, "ac "u8);
        Flag((area.Flags & VmaFlags.NoReserve) != 0, "nr "u8);
        Flag((area.Flags & VmaFlags.WipeOnFork) != 0, "wf "u8);
        Flag((area.Flags & VmaFlags.DontDump) != 0, "dd "u8);
        Flag((area.Flags & VmaFlags.HugePage) != 0, "hg "u8);
        Flag((area.Flags & VmaFlags.NoHugePage) != 0, "nh "u8);
        Flag((area.Flags & VmaFlags.Mergeable) != 0, "mg "u8);
        Flag((area.Flags & VmaFlags.Sealed) != 0, "sl "u8);
        text.Append("\n"u8);

        void Flag(bool isSet, ReadOnlySpan<byte> name)
        {
            if (isSet)
            {
                text.Append(name);
            }
        }
    }

    /// <summary>Proportional bytes by what they are of.</summary>
    private record struct Parts(ulong Anonymous, ulong File, ulong Shared);
}
