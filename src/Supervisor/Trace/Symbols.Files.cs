using static UmlHost.Native.Linux;

namespace UmlHost.Trace;

// Names about files and descriptors.
internal static partial class Symbols
{
    public static readonly SymbolTable FdFlags = SymbolTable.Flags(
    [
        S(O_DIRECT), S(O_NONBLOCK), S(O_CLOEXEC),
    ]);

    public static readonly SymbolTable AccessMode = SymbolTable.Flags(
    [
        S(F_OK), S(R_OK), S(W_OK), S(X_OK),
    ]);

    public static readonly SymbolTable AtFlags = SymbolTable.Flags(
    [
        S(AT_SYMLINK_NOFOLLOW), S(AT_SYMLINK_FOLLOW), S(AT_NO_AUTOMOUNT), S(AT_EMPTY_PATH), S(AT_STATX_FORCE_SYNC),
        S(AT_STATX_DONT_SYNC), S(AT_RECURSIVE),
    ]);

    public static readonly SymbolTable AtRemoveFlags = SymbolTable.Flags(
    [
        S(AT_REMOVEDIR),
    ]);

    public static readonly SymbolTable AtAccessFlags = SymbolTable.Flags(
    [
        S(AT_SYMLINK_NOFOLLOW), S(AT_EACCESS), S(AT_EMPTY_PATH),
    ]);

    public static readonly SymbolTable Whence = SymbolTable.Values(
    [
        S(SEEK_SET), S(SEEK_CUR), S(SEEK_END), S(SEEK_DATA), S(SEEK_HOLE),
    ]);

    public static readonly SymbolTable FcntlCommand = SymbolTable.Values(
    [
        S(F_DUPFD), S(F_GETFD), S(F_SETFD), S(F_GETFL), S(F_SETFL), S(F_GETLK), S(F_SETLK), S(F_SETLKW), S(F_SETOWN),
        S(F_GETOWN), S(F_SETSIG), S(F_GETSIG), S(F_SETOWN_EX), S(F_GETOWN_EX), S(F_GETOWNER_UIDS), S(F_OFD_GETLK),
        S(F_OFD_SETLK), S(F_OFD_SETLKW), S(F_SETLEASE), S(F_GETLEASE), S(F_NOTIFY), S(F_CANCELLK),
        S(F_DUPFD_CLOEXEC), S(F_SETPIPE_SZ), S(F_GETPIPE_SZ), S(F_ADD_SEALS), S(F_GET_SEALS), S(F_GET_RW_HINT),
        S(F_SET_RW_HINT), S(F_GET_FILE_RW_HINT), S(F_SET_FILE_RW_HINT),
    ]);

    public static readonly SymbolTable FlockOperation = SymbolTable.Flags(
    [
        S(LOCK_SH), S(LOCK_EX), S(LOCK_NB), S(LOCK_UN),
    ]);

    public static readonly SymbolTable FallocateMode = SymbolTable.Flags(
    [
        S(FALLOC_FL_KEEP_SIZE), S(FALLOC_FL_PUNCH_HOLE), S(FALLOC_FL_NO_HIDE_STALE), S(FALLOC_FL_COLLAPSE_RANGE),
        S(FALLOC_FL_ZERO_RANGE), S(FALLOC_FL_INSERT_RANGE), S(FALLOC_FL_UNSHARE_RANGE),
    ]);

    public static readonly SymbolTable SyncRangeFlags = SymbolTable.Flags(
    [
        S(1, "SYNC_FILE_RANGE_WAIT_BEFORE"), S(2, "SYNC_FILE_RANGE_WRITE"), S(4, "SYNC_FILE_RANGE_WAIT_AFTER"),
    ]);

    public static readonly SymbolTable SpliceFlags = SymbolTable.Flags(
    [
        S(SPLICE_F_MOVE), S(SPLICE_F_NONBLOCK), S(SPLICE_F_MORE), S(SPLICE_F_GIFT),
    ]);

    public static readonly SymbolTable RenameFlags = SymbolTable.Flags(
    [
        S(RENAME_NOREPLACE), S(RENAME_EXCHANGE), S(RENAME_WHITEOUT),
    ]);

    public static readonly SymbolTable XattrFlags = SymbolTable.Flags(
    [
        S(1, "XATTR_CREATE"), S(2, "XATTR_REPLACE"),
    ]);

    public static readonly SymbolTable StatxMask = SymbolTable.Flags(
    [
        S(STATX_BASIC_STATS), S(STATX_TYPE), S(STATX_MODE), S(STATX_NLINK), S(STATX_UID), S(STATX_GID),
        S(STATX_ATIME), S(STATX_MTIME), S(STATX_CTIME), S(STATX_INO), S(STATX_SIZE), S(STATX_BLOCKS), S(STATX_BTIME),
        S(STATX_MNT_ID), S(STATX_DIOALIGN),
    ]);

    public static readonly SymbolTable MountFlags = SymbolTable.Flags(
    [
        S(1, "MS_RDONLY"), S(2, "MS_NOSUID"), S(4, "MS_NODEV"), S(8, "MS_NOEXEC"), S(16, "MS_SYNCHRONOUS"),
        S(32, "MS_REMOUNT"), S(64, "MS_MANDLOCK"), S(0x80, "MS_DIRSYNC"), S(0x400, "MS_NOATIME"),
        S(0x800, "MS_NODIRATIME"), S(0x1000, "MS_BIND"), S(0x2000, "MS_MOVE"), S(0x4000, "MS_REC"),
        S(0x8000, "MS_SILENT"), S(0x10000, "MS_POSIXACL"), S(0x20000, "MS_UNBINDABLE"), S(0x40000, "MS_PRIVATE"),
        S(0x80000, "MS_SLAVE"), S(0x100000, "MS_SHARED"), S(0x200000, "MS_RELATIME"), S(0x1000000, "MS_STRICTATIME"),
        S(0x2000000, "MS_LAZYTIME"),
    ]);

    public static readonly SymbolTable UmountFlags = SymbolTable.Flags(
    [
        S(1, "MNT_FORCE"), S(2, "MNT_DETACH"), S(4, "MNT_EXPIRE"), S(8, "UMOUNT_NOFOLLOW"),
    ]);

    public static readonly SymbolTable RwfFlags = SymbolTable.Flags(
    [
        S(RWF_HIPRI), S(RWF_DSYNC), S(RWF_SYNC), S(RWF_NOWAIT), S(RWF_APPEND),
    ]);

    public static readonly SymbolTable IoctlRequest = SymbolTable.Values(
    [
        S(TCGETS), S(TCSETS), S(TCSETSW), S(TCSETSF), S(TCGETA), S(TCSETA), S(TCSETAW), S(TCSETAF), S(TCSBRK),
        S(TCXONC), S(TCFLSH), S(TIOCEXCL), S(TIOCNXCL), S(TIOCSCTTY), S(TIOCGPGRP), S(TIOCSPGRP), S(TIOCOUTQ),
        S(TIOCSTI), S(TIOCGWINSZ), S(TIOCSWINSZ), S(TIOCMGET), S(TIOCCONS), S(TIOCPKT), S(FIONBIO), S(TIOCNOTTY),
        S(TIOCSETD), S(TIOCGETD), S(TCSBRKP), S(TIOCGSID), S(TCGETS2), S(TCSETS2), S(TCSETSW2), S(TCSETSF2),
        S(TIOCGPTN), S(TIOCSPTLCK), S(TIOCGDEV), S(TIOCSIG), S(TIOCVHANGUP), S(TIOCGPKT), S(TIOCGPTLCK),
        S(TIOCGEXCL), S(TIOCGPTPEER), S(FIONREAD), S(FIONCLEX), S(FIOCLEX), S(FIOASYNC), S(FIOQSIZE), S(FIBMAP),
        S(FIGETBSZ), S(FICLONE), S(FICLONERANGE), S(FS_IOC_GETFLAGS), S(FS_IOC_SETFLAGS), S(FS_IOC_FIEMAP),
        S(BLKGETSIZE64),
    ]);

    public static readonly SymbolTable EventFdFlags = SymbolTable.Flags(
    [
        S(EFD_SEMAPHORE), S(EFD_CLOEXEC), S(EFD_NONBLOCK),
    ]);

    public static readonly SymbolTable TimerFdFlags = SymbolTable.Flags(
    [
        S(TFD_CLOEXEC), S(TFD_NONBLOCK),
    ]);

    public static readonly SymbolTable SignalFdFlags = SymbolTable.Flags(
    [
        S(SFD_CLOEXEC), S(SFD_NONBLOCK),
    ]);

    public static readonly SymbolTable EpollFlags = SymbolTable.Flags(
    [
        S(EPOLL_CLOEXEC),
    ]);

    public static readonly SymbolTable EpollOp = SymbolTable.Values(
    [
        S(EPOLL_CTL_ADD), S(EPOLL_CTL_DEL), S(EPOLL_CTL_MOD),
    ]);

    public static readonly SymbolTable InotifyFlags = SymbolTable.Flags(
    [
        S(0x80000, "IN_CLOEXEC"), S(0x800, "IN_NONBLOCK"),
    ]);

    public static readonly SymbolTable InotifyMask = SymbolTable.Flags(
    [
        S(1, "IN_ACCESS"), S(2, "IN_MODIFY"), S(4, "IN_ATTRIB"), S(8, "IN_CLOSE_WRITE"), S(16, "IN_CLOSE_NOWRITE"),
        S(32, "IN_OPEN"), S(64, "IN_MOVED_FROM"), S(0x80, "IN_MOVED_TO"), S(0x100, "IN_CREATE"),
        S(0x200, "IN_DELETE"), S(0x400, "IN_DELETE_SELF"), S(0x800, "IN_MOVE_SELF"), S(0x1000000, "IN_ONLYDIR"),
        S(0x2000000, "IN_DONT_FOLLOW"), S(0x4000000, "IN_EXCL_UNLINK"), S(0x10000000, "IN_MASK_CREATE"),
        S(0x20000000, "IN_MASK_ADD"), S(0x40000000, "IN_ISDIR"), S(0x80000000, "IN_ONESHOT"),
    ]);

    public static readonly SymbolTable FileStatus = SymbolTable.Flags(
    [
        S(O_CREAT), S(O_EXCL), S(O_NOCTTY), S(O_TRUNC), S(O_APPEND), S(O_NONBLOCK), S(O_SYNC), S(O_DSYNC), S(FASYNC),
        S(O_DIRECT), S(O_LARGEFILE), S(O_NOFOLLOW), S(O_NOATIME), S(O_CLOEXEC), S(O_PATH), S(O_TMPFILE),
        S(O_DIRECTORY),
    ]);

    public static readonly SymbolTable AccessModes = SymbolTable.Values(
    [
        S(O_RDONLY), S(O_WRONLY), S(O_RDWR), S(O_ACCMODE),
    ]);

    public static readonly SymbolTable FileType = SymbolTable.Values(
    [
        S(S_IFSOCK), S(S_IFLNK), S(S_IFREG), S(S_IFBLK), S(S_IFDIR), S(S_IFCHR), S(S_IFIFO),
    ]);

    public static readonly SymbolTable SpecialBits = SymbolTable.Flags(
    [
        S(S_ISUID), S(S_ISGID), S(S_ISVTX),
    ]);

    public static readonly SymbolTable LockType = SymbolTable.Values(
    [
        S(F_RDLCK), S(F_WRLCK), S(F_UNLCK),
    ]);

    public static readonly SymbolTable DescriptorFlags = SymbolTable.Flags(
    [
        S(FD_CLOEXEC),
    ]);

    public static readonly SymbolTable Resolve = SymbolTable.Flags(
    [
        S(RESOLVE_NO_XDEV), S(RESOLVE_NO_MAGICLINKS), S(RESOLVE_NO_SYMLINKS), S(RESOLVE_BENEATH), S(RESOLVE_IN_ROOT),
        S(RESOLVE_CACHED),
    ]);

    public static readonly SymbolTable Poll = SymbolTable.Flags(
    [
        S(POLLIN), S(POLLPRI), S(POLLOUT), S(POLLERR), S(POLLHUP), S(POLLNVAL), S(POLLRDNORM), S(POLLRDBAND),
        S(POLLWRNORM), S(POLLWRBAND), S(POLLMSG), S(POLLREMOVE), S(POLLRDHUP),
    ]);

    public static readonly SymbolTable Epoll = SymbolTable.Flags(
    [
        S(EPOLLIN), S(EPOLLPRI), S(EPOLLOUT), S(EPOLLERR), S(EPOLLHUP), S(EPOLLRDNORM), S(EPOLLRDBAND),
        S(EPOLLWRNORM), S(EPOLLWRBAND), S(EPOLLMSG), S(EPOLLRDHUP), S(EPOLLEXCLUSIVE), S(EPOLLWAKEUP),
        S(EPOLLONESHOT), S(EPOLLET),
    ]);

    public static readonly SymbolTable FileSystem = SymbolTable.Values(
    [
        S(BTRFS_SUPER_MAGIC), S(CGROUP2_SUPER_MAGIC), S(DEVPTS_SUPER_MAGIC), S(EXT4_SUPER_MAGIC), S(NFS_SUPER_MAGIC),
        S(OVERLAYFS_SUPER_MAGIC), S(PIPEFS_MAGIC), S(PROC_SUPER_MAGIC), S(RAMFS_MAGIC), S(SOCKFS_MAGIC),
        S(SYSFS_MAGIC), S(TMPFS_MAGIC), S(XFS_SUPER_MAGIC),
    ]);

    public static readonly SymbolTable StatfsFlags = SymbolTable.Flags(
    [
        S(ST_VALID), S(ST_RDONLY), S(ST_NOSUID), S(ST_NODEV), S(ST_NOEXEC), S(ST_SYNCHRONOUS), S(ST_MANDLOCK),
        S(ST_NOATIME), S(ST_NODIRATIME), S(ST_RELATIME),
    ]);
}
