using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/stat.h</c>: file kinds, permission bits, statx masks.</summary>
public static partial class Linux
{
    public const int S_IFMT = 0xf000;
    public const int S_IFSOCK = 0xc000;
    public const int S_IFLNK = 0xa000;
    public const int S_IFREG = 0x8000;
    public const int S_IFBLK = 0x6000;
    public const int S_IFDIR = 0x4000;
    public const int S_IFCHR = 0x2000;
    public const int S_IFIFO = 0x1000;
    public const int S_ISUID = 0x800;
    public const int S_ISGID = 0x400;
    public const int S_ISVTX = 0x200;
    public const int S_IRWXU = 0x1c0;
    public const int S_IRUSR = 0x100;
    public const int S_IWUSR = 0x80;
    public const int S_IXUSR = 0x40;
    public const int S_IRWXG = 0x38;
    public const int S_IRGRP = 0x20;
    public const int S_IWGRP = 0x10;
    public const int S_IXGRP = 0x8;
    public const int S_IRWXO = 0x7;
    public const int S_IROTH = 0x4;
    public const int S_IWOTH = 0x2;
    public const int S_IXOTH = 0x1;

    public const int STATX_TYPE = 0x1;
    public const int STATX_MODE = 0x2;
    public const int STATX_NLINK = 0x4;
    public const int STATX_UID = 0x8;
    public const int STATX_GID = 0x10;
    public const int STATX_ATIME = 0x20;
    public const int STATX_MTIME = 0x40;
    public const int STATX_CTIME = 0x80;
    public const int STATX_INO = 0x100;
    public const int STATX_SIZE = 0x200;
    public const int STATX_BLOCKS = 0x400;
    public const int STATX_BASIC_STATS = 0x7ff;
    public const int STATX_BTIME = 0x800;
    public const int STATX_MNT_ID = 0x1000;
    public const int STATX_DIOALIGN = 0x2000;

    public const uint STATX__RESERVED = 0x80000000;

    public const int STATX_ATTR_COMPRESSED = 0x4;
    public const int STATX_ATTR_IMMUTABLE = 0x10;
    public const int STATX_ATTR_APPEND = 0x20;
    public const int STATX_ATTR_NODUMP = 0x40;
    public const int STATX_ATTR_ENCRYPTED = 0x800;
    public const int STATX_ATTR_AUTOMOUNT = 0x1000;
    public const int STATX_ATTR_MOUNT_ROOT = 0x2000;
    public const int STATX_ATTR_VERITY = 0x100000;
    public const int STATX_ATTR_DAX = 0x200000;
    public const int UTIME_NOW = 0x3fffffff;
    public const int UTIME_OMIT = 0x3ffffffe;

    public static bool S_ISREG(uint mode) => (mode & S_IFMT) == S_IFREG;

    public static bool S_ISDIR(uint mode) => (mode & S_IFMT) == S_IFDIR;

    public static bool S_ISLNK(uint mode) => (mode & S_IFMT) == S_IFLNK;

    public static bool S_ISCHR(uint mode) => (mode & S_IFMT) == S_IFCHR;

    public static bool S_ISBLK(uint mode) => (mode & S_IFMT) == S_IFBLK;

    public static bool S_ISFIFO(uint mode) => (mode & S_IFMT) == S_IFIFO;

    public static bool S_ISSOCK(uint mode) => (mode & S_IFMT) == S_IFSOCK;

    /// <summary>The number that st_dev and st_rdev hold (sys/sysmacros.h).</summary>
    public static ulong makedev(uint major, uint minor) =>
        ((major & 0xfffUL) << 8) | ((major & 0xfffff000UL) << 32) | (minor & 0xffUL) | ((minor & 0xffffff00UL) << 12);

    public static uint major(ulong dev) => (uint)(((dev >> 8) & 0xfff) | ((dev >> 32) & 0xfffff000));

    public static uint minor(ulong dev) => (uint)((dev & 0xff) | ((dev >> 12) & 0xffffff00));
}

/// <summary><c>sys/stat.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result fstat(int fd, stat* buf) => Checked(fstat_(fd, buf));

    [LibraryImport(libc, EntryPoint = "fstat", SetLastError = true)]
    private static partial int fstat_(int fd, stat* buf);

    public static Result fstatat(int dirfd, byte* path, stat* buf, int flags) =>
        Checked(fstatat_(dirfd, path, buf, flags));

    [LibraryImport(libc, EntryPoint = "fstatat", SetLastError = true)]
    private static partial int fstatat_(int dirfd, byte* path, stat* buf, int flags);

    public static Result statx(int dirfd, byte* path, int flags, uint mask, statx* buf) =>
        Checked(statx_(dirfd, path, flags, mask, buf));

    [LibraryImport(libc, EntryPoint = "statx", SetLastError = true)]
    private static partial int statx_(int dirfd, byte* path, int flags, uint mask, statx* buf);

    public static Result fchmod(int fd, uint mode) => Checked(fchmod_(fd, mode));

    [LibraryImport(libc, EntryPoint = "fchmod", SetLastError = true)]
    private static partial int fchmod_(int fd, uint mode);

    public static Result fchmodat(int dirfd, byte* path, uint mode, int flags) => Checked(fchmodat_(dirfd, path, mode, flags));

    [LibraryImport(libc, EntryPoint = "fchmodat", SetLastError = true)]
    private static partial int fchmodat_(int dirfd, byte* path, uint mode, int flags);

    public static Result mkdirat(int dirfd, byte* path, uint mode) => Checked(mkdirat_(dirfd, path, mode));

    [LibraryImport(libc, EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int mkdirat_(int dirfd, byte* path, uint mode);

    public static Result utimensat(int dirfd, byte* path, timespec* times, int flags) => Checked(utimensat_(dirfd, path, times, flags));

    [LibraryImport(libc, EntryPoint = "utimensat", SetLastError = true)]
    private static partial int utimensat_(int dirfd, byte* path, timespec* times, int flags);

    [LibraryImport(libc), SuppressGCTransition]
    public static partial uint umask(uint mask);
}

/// <summary>x86_64 <c>struct stat</c>: the kernel's and glibc's are the same.</summary>
public unsafe struct stat
{
    public ulong st_dev;
    public ulong st_ino;
    public ulong st_nlink;
    public uint st_mode;
    public uint st_uid;
    public uint st_gid;
    public uint __pad0;
    public ulong st_rdev;
    public long st_size;
    public long st_blksize;
    public long st_blocks;
    public timespec st_atim;
    public timespec st_mtim;
    public timespec st_ctim;
    public fixed long __unused[3];
}

public struct statx_timestamp
{
    public long tv_sec;
    public uint tv_nsec;
    public int __reserved;
}

/// <summary><c>struct statx</c> as of Linux 6.1.</summary>
public unsafe struct statx
{
    public uint stx_mask;
    public uint stx_blksize;
    public ulong stx_attributes;
    public uint stx_nlink;
    public uint stx_uid;
    public uint stx_gid;
    public ushort stx_mode;
    public ushort __spare0;
    public ulong stx_ino;
    public ulong stx_size;
    public ulong stx_blocks;
    public ulong stx_attributes_mask;
    public statx_timestamp stx_atime;
    public statx_timestamp stx_btime;
    public statx_timestamp stx_ctime;
    public statx_timestamp stx_mtime;
    public uint stx_rdev_major;
    public uint stx_rdev_minor;
    public uint stx_dev_major;
    public uint stx_dev_minor;
    public ulong stx_mnt_id;
    public uint stx_dio_mem_align;
    public uint stx_dio_offset_align;
    public fixed ulong __spare3[12];
}
