using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Times, and stat's forms.</summary>
internal static class Attributes
{
    public static timespec Now => Deadline.ToTimespec(Deadline.Now(CLOCK_REALTIME));

    public static statx ToStatx(in stat status) => new()
    {
        stx_mask = STATX_BASIC_STATS,
        stx_blksize = (uint)status.st_blksize,
        stx_nlink = (uint)status.st_nlink,
        stx_uid = status.st_uid,
        stx_gid = status.st_gid,
        stx_mode = (ushort)status.st_mode,
        stx_ino = status.st_ino,
        stx_size = (ulong)status.st_size,
        stx_blocks = (ulong)status.st_blocks,
        stx_atime = ToStatx(status.st_atim),
        stx_mtime = ToStatx(status.st_mtim),
        stx_ctime = ToStatx(status.st_ctim),
        stx_rdev_major = major(status.st_rdev),
        stx_rdev_minor = minor(status.st_rdev),
        stx_dev_major = major(status.st_dev),
        stx_dev_minor = minor(status.st_dev),
    };

    public static statx_timestamp ToStatx(in timespec time) => new() { tv_sec = time.tv_sec, tv_nsec = (uint)time.tv_nsec };

    /// <summary>The d_type of a directory entry.</summary>
    public static byte EntryType(uint type) => (byte)(type >> 12);

    /// <summary>What chmod, chown and truncate leave of set-id bits (should_remove_suid).</summary>
    public static uint WithoutSetId(uint mode) =>
        mode & ~(uint)S_ISUID & ~((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ? (uint)S_ISGID : 0);
}
