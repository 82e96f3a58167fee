using System.Runtime.InteropServices;

using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>fcntl.h</c>: open flags, AT_ flags, fcntl commands, fallocate modes (kernel values).</summary>
public static partial class Linux
{
    // open flags
    public const int O_ACCMODE = 0x3;
    public const int O_RDONLY = 0x0;
    public const int O_WRONLY = 0x1;
    public const int O_RDWR = 0x2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_NDELAY = 0x800;
    public const int O_DSYNC = 0x1000;
    public const int FASYNC = 0x2000;
    public const int O_DIRECT = 0x4000;
    public const int O_LARGEFILE = 0x8000;
    public const int O_DIRECTORY = 0x10000;
    public const int O_NOFOLLOW = 0x20000;
    public const int O_NOATIME = 0x40000;
    public const int O_CLOEXEC = 0x80000;
    public const int O_SYNC = 0x101000;
    public const int O_PATH = 0x200000;
    public const int O_TMPFILE = 0x410000;

    // openat2 resolve flags
    public const int RESOLVE_NO_XDEV = 0x1;
    public const int RESOLVE_NO_MAGICLINKS = 0x2;
    public const int RESOLVE_NO_SYMLINKS = 0x4;
    public const int RESOLVE_BENEATH = 0x8;
    public const int RESOLVE_IN_ROOT = 0x10;
    public const int RESOLVE_CACHED = 0x20;

    // The *at family
    public const int AT_FDCWD = -100;

    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_EACCESS = 0x200;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_NO_AUTOMOUNT = 0x800;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_STATX_SYNC_TYPE = 0x6000;
    public const int AT_STATX_SYNC_AS_STAT = 0x0;
    public const int AT_STATX_FORCE_SYNC = 0x2000;
    public const int AT_STATX_DONT_SYNC = 0x4000;
    public const int AT_RECURSIVE = 0x8000;

    // fcntl
    public const int F_DUPFD = 0;
    public const int F_GETFD = 1;
    public const int F_SETFD = 2;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_GETLK = 5;
    public const int F_SETLK = 6;
    public const int F_SETLKW = 7;
    public const int F_SETOWN = 8;
    public const int F_GETOWN = 9;
    public const int F_SETSIG = 10;
    public const int F_GETSIG = 11;
    public const int F_SETOWN_EX = 15;
    public const int F_GETOWN_EX = 16;
    public const int F_GETOWNER_UIDS = 17;
    public const int F_OFD_GETLK = 36;
    public const int F_OFD_SETLK = 37;
    public const int F_OFD_SETLKW = 38;
    public const int F_SETLEASE = 1024;
    public const int F_GETLEASE = 1025;
    public const int F_CANCELLK = 1029;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_NOTIFY = 1026;
    public const int F_SETPIPE_SZ = 1031;
    public const int F_GETPIPE_SZ = 1032;
    public const int F_ADD_SEALS = 1033;
    public const int F_GET_SEALS = 1034;
    public const int F_GET_RW_HINT = 1035;
    public const int F_SET_RW_HINT = 1036;
    public const int F_GET_FILE_RW_HINT = 1037;
    public const int F_SET_FILE_RW_HINT = 1038;

    public const int FD_CLOEXEC = 1;
    public const int F_RDLCK = 0;
    public const int F_WRLCK = 1;
    public const int F_UNLCK = 2;
    public const int F_OWNER_TID = 0;
    public const int F_OWNER_PID = 1;
    public const int F_OWNER_PGRP = 2;
    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int LOCK_UN = 8;

    public const int F_SEAL_SEAL = 0x1;
    public const int F_SEAL_SHRINK = 0x2;
    public const int F_SEAL_GROW = 0x4;
    public const int F_SEAL_WRITE = 0x8;
    public const int F_SEAL_FUTURE_WRITE = 0x10;
    public const int DN_ACCESS = 0x1;
    public const int DN_MODIFY = 0x2;
    public const int DN_CREATE = 0x4;
    public const int DN_DELETE = 0x8;
    public const int DN_RENAME = 0x10;
    public const int DN_ATTRIB = 0x20;

    public const uint DN_MULTISHOT = 0x80000000;

    // fallocate
    public const int FALLOC_FL_KEEP_SIZE = 0x1;
    public const int FALLOC_FL_PUNCH_HOLE = 0x2;
    public const int FALLOC_FL_NO_HIDE_STALE = 0x4;
    public const int FALLOC_FL_COLLAPSE_RANGE = 0x8;
    public const int FALLOC_FL_ZERO_RANGE = 0x10;
    public const int FALLOC_FL_INSERT_RANGE = 0x20;
    public const int FALLOC_FL_UNSHARE_RANGE = 0x40;

    // posix_fadvise
    public const int POSIX_FADV_NORMAL = 0;
    public const int POSIX_FADV_RANDOM = 1;
    public const int POSIX_FADV_SEQUENTIAL = 2;
    public const int POSIX_FADV_WILLNEED = 3;
    public const int POSIX_FADV_DONTNEED = 4;
    public const int POSIX_FADV_NOREUSE = 5;

    // renameat2, splice
    public const int RENAME_NOREPLACE = 1;
    public const int RENAME_EXCHANGE = 2;
    public const int RENAME_WHITEOUT = 4;
    public const int SPLICE_F_MOVE = 1;
    public const int SPLICE_F_NONBLOCK = 2;
    public const int SPLICE_F_MORE = 4;
    public const int SPLICE_F_GIFT = 8;
}

/// <summary><c>fcntl.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result open(byte* path, int flags, uint mode = 0) => Checked(open_(path, flags, mode));

    [LibraryImport(libc, EntryPoint = "open", SetLastError = true)]
    private static partial int open_(byte* path, int flags, uint mode);

    public static Result openat(int dirfd, byte* path, int flags, uint mode = 0) =>
        Checked(openat_(dirfd, path, flags, mode));

    [LibraryImport(libc, EntryPoint = "openat", SetLastError = true)]
    private static partial int openat_(int dirfd, byte* path, int flags, uint mode);

    public static Result fcntl(int fd, int cmd, nint arg = 0) => Checked(fcntl_(fd, cmd, arg));

    [LibraryImport(libc, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int fcntl_(int fd, int cmd, nint arg);

    public static Result fallocate(int fd, int mode, long offset, long len) =>
        Checked(fallocate_(fd, mode, offset, len));

    [LibraryImport(libc, EntryPoint = "fallocate", SetLastError = true)]
    private static partial int fallocate_(int fd, int mode, long offset, long len);

    public static Result posix_fadvise(int fd, long offset, long len, int advice) =>
        new(-posix_fadvise_(fd, offset, len, advice));

    [LibraryImport(libc, EntryPoint = "posix_fadvise")]
    private static partial int posix_fadvise_(int fd, long offset, long len, int advice);

    public static Result renameat2(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, uint flags) =>
        Checked(renameat2_(olddirfd, oldpath, newdirfd, newpath, flags));

    [LibraryImport(libc, EntryPoint = "renameat2", SetLastError = true)]
    private static partial int renameat2_(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, uint flags);

    public static Result openat2(int dirfd, byte* path, open_how* how, nuint size) =>
        syscall(SYS_openat2, dirfd, (nint)path, (nint)how, (nint)size);
}

/// <summary>Kernel <c>struct flock</c>; the same as flock64 on x86_64.</summary>
public struct flock
{
    public short l_type;
    public short l_whence;
    public long l_start;
    public long l_len;
    public int l_pid;
}

/// <summary>Argument of F_SETOWN_EX and F_GETOWN_EX.</summary>
public struct f_owner_ex
{
    public int type;
    public int pid;
}

/// <summary>Argument of openat2.</summary>
public struct open_how
{
    public ulong flags;
    public ulong mode;
    public ulong resolve;
}
