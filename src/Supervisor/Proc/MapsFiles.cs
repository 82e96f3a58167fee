using System;

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
            memory.VisitAreas(area => AppendLine(text, memory, area));
        }

        return Errno.None;
    }

    public static Errno Smaps(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is not { Memory: var memory })
        {
            return Errno.None;
        }

        memory.VisitAreas(area =>
        {
            if (area.IsReserved)
            {
                return;
            }

            AppendLine(text, memory, area);
            AppendKib(text, "Size:"u8, area.Length);
            text.Append("KernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"u8);
            AppendUsage(text, memory.UsageOf(area), area.IsLocked, null);
            text.Append("THPeligible:           0\nProtectionKey:         0\n"u8);
            AppendFlags(text, area);
        });
        return Errno.None;
    }

    public static Errno SmapsRollup(GuestTask reader, in ProcessSubject subject, TextBuffer text)
    {
        if (subject.Task is not { Memory: var memory })
        {
            return Errno.ESRCH;
        }

        Rollup sum = new();
        memory.VisitAreas(area =>
        {
            if (area.IsReserved)
            {
                return;
            }

            AreaUsage usage = memory.UsageOf(area);
            sum.First = sum.First.IsNull ? area.Start : sum.First;
            sum.End = area.End;
            sum.All.Add(usage);
            sum.Locked += area.IsLocked ? usage.ProportionalBytes : 0;
            ulong notAnonymous = usage.ProportionalBytes - usage.ProportionalAnonymousBytes;
            sum.File += area.Cache?.File is { IsMemory: false } ? notAnonymous : 0;
            sum.Shared += area.Cache?.File is null or { IsMemory: true } ? notAnonymous : 0;
        });
        int line = text.Length;
        AppendHeader(text, sum.First, sum.End, "---p"u8, 0, 0, 0);
        AppendName(text, line, "[rollup]"u8);
        AppendUsage(text, sum.All, isLocked: false, sum);
        return Errno.None;
    }

    private static void AppendLine(TextBuffer text, MemoryMap memory, Vma area)
    {
        if (area.IsReserved)
        {
            return;
        }

        Span<byte> flags =
        [
            (area.Protection & PROT_READ) != 0 ? (byte)'r' : (byte)'-',
            (area.Protection & PROT_WRITE) != 0 ? (byte)'w' : (byte)'-',
            (area.Protection & PROT_EXEC) != 0 ? (byte)'x' : (byte)'-',
            area.IsShared ? (byte)'s' : (byte)'p',
        ];
        int line = text.Length;
        MappedFile? file = area.Cache?.File;
        bool isSharedMemory = area.Cache is not null && file is null;
        AppendHeader(text, area.Start, area.End, flags, area.Cache is null ? 0 : area.Offset, file?.Device ?? (isSharedMemory ? SharedMemoryDevice : 0), file?.Inode ?? (isSharedMemory ? SharedMemoryInode(area) : 0));
        if (file is not null)
        {
            AppendName(text, line, file.Path);
        }
        else if (area.Name is { } name)
        {
            AppendName(text, line, name.StartsWith('[') ? name : area.IsShared ? $"[anon_shmem:{name}]" : $"[anon:{name}]");
        }
        else if (isSharedMemory)
        {
            AppendName(text, line, "/dev/zero (deleted)"u8);
        }
        else if (area.Start < memory.BreakEnd && area.End > memory.BreakStart)
        {
            AppendName(text, line, "[heap]"u8);
        }
        else if (area.Start <= memory.Program.StackStart && area.End >= memory.Program.StackStart)
        {
            AppendName(text, line, "[stack]"u8);
        }
        else
        {
            text.Append("\n"u8);
        }
    }

    /// <summary>Shared anonymous memory is a nameless file of a kernel's own tmpfs.</summary>
    private const ulong SharedMemoryDevice = 1;

    private static ulong SharedMemoryInode(Vma area) => 1024 + (ulong)(uint)System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(area.Cache!);

    private static void AppendHeader(TextBuffer text, GuestAddress start, GuestAddress end, ReadOnlySpan<byte> flags, ulong offset, ulong device, ulong inode) =>
        text.AppendHex(start.Value, 8).Append("-"u8).AppendHex(end.Value, 8).Append(" "u8).Append(flags).Append(" "u8).AppendHex(offset, 8)
            .Append(" "u8).AppendHex(major(device), 2).Append(":"u8).AppendHex(minor(device), 2).Append(" "u8).Append(inode).Append(" "u8);

    private static void AppendName(TextBuffer text, int line, string name) => AppendName(text, line, System.Text.Encoding.UTF8.GetBytes(name));

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

    private static void AppendUsage(TextBuffer text, in AreaUsage usage, bool isLocked, Rollup? rollup)
    {
        AppendKib(text, "Rss:"u8, usage.Resident * GuestAddress.PageSize);
        AppendKib(text, "Pss:"u8, usage.ProportionalBytes);
        AppendKib(text, "Pss_Dirty:"u8, usage.ProportionalDirtyBytes);
        if (rollup is not null)
        {
            AppendKib(text, "Pss_Anon:"u8, usage.ProportionalAnonymousBytes);
            AppendKib(text, "Pss_File:"u8, rollup.File);
            AppendKib(text, "Pss_Shmem:"u8, rollup.Shared);
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
        AppendKib(text, "Locked:"u8, rollup?.Locked ?? (isLocked ? usage.ProportionalBytes : 0));
    }

    private static void AppendKib(TextBuffer text, ReadOnlySpan<byte> name, ulong bytes)
    {
        int before = text.Length;
        text.Append(name).PadTo(before + 16).Append((long)(bytes / 1024), 8).Append(" kB\n"u8);
    }

    private static void AppendFlags(TextBuffer text, Vma area)
    {
        text.Append("VmFlags: "u8);
        Flag((area.Protection & PROT_READ) != 0, "rd "u8);
        Flag((area.Protection & PROT_WRITE) != 0, "wr "u8);
        Flag((area.Protection & PROT_EXEC) != 0, "ex "u8);
        Flag(area.IsShared, "sh "u8);
        Flag(true, "mr "u8);
        Flag((area.Flags & VmaFlags.DenyWrite) == 0, "mw "u8);
        Flag(true, "me "u8);
        Flag(area.IsShared, "ms "u8);
        Flag((area.Flags & VmaFlags.GrowsDown) != 0, "gd "u8);
        Flag(area.IsLocked, "lo "u8);
        Flag((area.Flags & VmaFlags.SequentialRead) != 0, "sr "u8);
        Flag((area.Flags & VmaFlags.RandomRead) != 0, "rr "u8);
        Flag((area.Flags & VmaFlags.DontFork) != 0, "dc "u8);
        Flag((area.Flags & VmaFlags.LockOnFault) != 0, "lf "u8);
        Flag((area.Protection & PROT_WRITE) != 0 && !area.IsShared && (area.Flags & VmaFlags.NoReserve) == 0, "ac "u8);
        Flag((area.Flags & VmaFlags.NoReserve) != 0, "nr "u8);
        Flag((area.Flags & VmaFlags.WipeOnFork) != 0, "wf "u8);
        Flag((area.Flags & VmaFlags.DontDump) != 0, "dd "u8);
        Flag((area.Flags & VmaFlags.HugePage) != 0, "hg "u8);
        Flag((area.Flags & VmaFlags.NoHugePage) != 0, "nh "u8);
        Flag((area.Flags & VmaFlags.Mergeable) != 0, "mg "u8);
        Flag(area.IsSealed, "sl "u8);
        text.Append("\n"u8);

        void Flag(bool isSet, ReadOnlySpan<byte> name)
        {
            if (isSet)
            {
                text.Append(name);
            }
        }
    }

    private sealed class Rollup
    {
        public GuestAddress First;
        public GuestAddress End;
        public AreaUsage All;
        public ulong File;
        public ulong Shared;
        public ulong Locked;
    }
}
