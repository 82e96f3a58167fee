using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/statfs.h</c> and <c>linux/magic.h</c>: file system types and mount flags.</summary>
public static partial class Linux
{
    public const int EXT4_SUPER_MAGIC = 0xef53;
    public const int TMPFS_MAGIC = 0x1021994;
    public const int PROC_SUPER_MAGIC = 0x9fa0;
    public const int SYSFS_MAGIC = 0x62656572;
    public const int DEVPTS_SUPER_MAGIC = 0x1cd1;
    public const int OVERLAYFS_SUPER_MAGIC = 0x794c7630;
    public const uint BTRFS_SUPER_MAGIC = 0x9123683e;
    public const int XFS_SUPER_MAGIC = 0x58465342;
    public const int PIPEFS_MAGIC = 0x50495045;
    public const int SOCKFS_MAGIC = 0x534f434b;
    public const uint RAMFS_MAGIC = 0x858458f6;
    public const int ANON_INODE_FS_MAGIC = 0x9041934;
    public const int NSFS_MAGIC = 0x6e736673;
    public const uint HUGETLBFS_MAGIC = 0x958458f6;
    public const int CGROUP2_SUPER_MAGIC = 0x63677270;
    public const int NFS_SUPER_MAGIC = 0x6969;

    public const int ST_RDONLY = 0x1;
    public const int ST_NOSUID = 0x2;
    public const int ST_NODEV = 0x4;
    public const int ST_NOEXEC = 0x8;
    public const int ST_SYNCHRONOUS = 0x10;
    public const int ST_VALID = 0x20;
    public const int ST_MANDLOCK = 0x40;
    public const int ST_NOATIME = 0x400;
    public const int ST_NODIRATIME = 0x800;
    public const int ST_RELATIME = 0x1000;
}

/// <summary><c>sys/statfs.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result statfs(byte* path, statfs* buf) => Checked(statfs_(path, buf));

    [LibraryImport(libc, EntryPoint = "statfs", SetLastError = true)]
    private static partial int statfs_(byte* path, statfs* buf);

    public static Result fstatfs(int fd, statfs* buf) => Checked(fstatfs_(fd, buf));

    [LibraryImport(libc, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int fstatfs_(int fd, statfs* buf);
}

/// <summary>x86_64 <c>struct statfs</c>.</summary>
public unsafe struct statfs
{
    public long f_type;
    public long f_bsize;
    public ulong f_blocks;
    public ulong f_bfree;
    public ulong f_bavail;
    public ulong f_files;
    public ulong f_ffree;
    public fixed int f_fsid[2];
    public long f_namelen;
    public long f_frsize;
    public long f_flags;
    public fixed long f_spare[4];
}
