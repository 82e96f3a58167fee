using UmlHost.Abi;

namespace UmlHost.Memory;

/// <summary>How much memory an address space has and uses, in pages, as /proc/PID/status and statm count it.</summary>
/// <param name="Total">VmSize.</param>
/// <param name="PeakTotal">VmPeak.</param>
/// <param name="Locked">VmLck.</param>
/// <param name="Data">VmData: private writable memory.</param>
/// <param name="Stack">VmStk.</param>
/// <param name="Executable">VmExe and VmLib together: what can be executed and not written.</param>
/// <param name="Anonymous">RssAnon.</param>
/// <param name="File">RssFile.</param>
/// <param name="Shared">RssShmem: shared memory without a file.</param>
/// <param name="PeakResident">VmHWM: the most that was seen whenever somebody asked or much was taken away.</param>
/// <param name="PageTable">Bytes of page table (VmPTE), of UmlHost's own.</param>
internal readonly record struct MemoryUsage(
    ulong Total, ulong PeakTotal, ulong Locked, ulong Data, ulong Stack, ulong Executable,
    ulong Anonymous, ulong File, ulong Shared, ulong PeakResident, ulong PageTable)
{
    /// <summary>VmRSS.</summary>
    public ulong Resident => Anonymous + File + Shared;
}

/// <summary>One area, for /proc/PID/maps and smaps.</summary>
/// <param name="Protection">PROT_*; the fourth letter of maps is 's' with <see cref="VmaFlags.Shared"/>.</param>
/// <param name="Offset">In the file; 0 without one.</param>
/// <param name="Device">st_dev of the file; 0 without one.</param>
/// <param name="Name">The path, or [heap], [stack], [anon:…], "/dev/zero (deleted)"; empty for none.</param>
/// <param name="Pages">What is in memory of it.</param>
internal readonly record struct AreaUsage(
    GuestAddress Start, GuestAddress End, int Protection, VmaFlags Flags, ulong Offset, ulong Device, ulong Inode, string Name, PagesUsage Pages)
{
    public ulong Size => End - Start;
}

/// <summary>The pages of an area that are in memory. Clean and dirty as smaps means it: whether the page differs from
/// what its file has; shared and private: whether anybody else maps or keeps it.</summary>
/// <param name="Resident">Rss.</param>
/// <param name="ProportionalBytes">Pss.</param>
/// <param name="Anonymous">Pages that are no file's any more.</param>
internal readonly record struct PagesUsage(
    ulong Resident, ulong ProportionalBytes, ulong SharedClean, ulong SharedDirty, ulong PrivateClean, ulong PrivateDirty, ulong Anonymous);
