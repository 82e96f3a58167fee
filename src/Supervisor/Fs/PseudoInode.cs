using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>What fstat shows of a file that has no name in any file system: a pipe (pipefs), or the one inode that
/// eventfd, epoll and their like share (anon_inodefs). Lock: <c>inode lock</c>, a leaf.</summary>
internal sealed class PseudoInode
{
    private const ulong SocketDevice = 0x08, PipeDevice = 0x0e, AnonymousDevice = 0x0f;

    private static ulong s_lastNumber = 1000;

    private readonly Lock _inodeLock = new();
    private readonly long _fileSystem;
    private readonly bool _changeable;
    private stat _status;

    private PseudoInode(long fileSystem, ulong device, uint mode, bool changeable)
    {
        _fileSystem = fileSystem;
        _changeable = changeable;
        timespec now = Deadline.ToTimespec(Deadline.Now(CLOCK_REALTIME));
        _status = new stat
        {
            st_dev = device,
            st_ino = Interlocked.Increment(ref s_lastNumber),
            st_nlink = 1,
            st_mode = mode,
            st_blksize = 4096,
            st_atim = now,
            st_mtim = now,
            st_ctim = now,
        };
    }

    /// <summary>That of every anonymous file.</summary>
    public static PseudoInode Anonymous { get; } = new(ANON_INODE_FS_MAGIC, AnonymousDevice, S_IRUSR | S_IWUSR, changeable: false);

    /// <summary>S_IF* bits; 0 for an anonymous file.</summary>
    public uint Type => _status.st_mode & S_IFMT;

    public static PseudoInode Socket(Credentials owner)
    {
        PseudoInode inode = new(SOCKFS_MAGIC, SocketDevice, S_IFSOCK | S_IRWXU | S_IRWXG | S_IRWXO, changeable: true);
        inode._status.st_uid = owner.EffectiveUid;
        inode._status.st_gid = owner.EffectiveGid;
        return inode;
    }

    public static PseudoInode Pipe(Credentials owner)
    {
        PseudoInode inode = new(PIPEFS_MAGIC, PipeDevice, S_IFIFO | S_IRUSR | S_IWUSR, changeable: true);
        inode._status.st_uid = owner.EffectiveUid;
        inode._status.st_gid = owner.EffectiveGid;
        return inode;
    }

    public stat Stat()
    {
        lock (_inodeLock)
        {
            return _status;
        }
    }

    public statx Statx()
    {
        stat status = Stat();
        return new statx
        {
            stx_mask = STATX_BASIC_STATS,
            stx_blksize = (uint)status.st_blksize,
            stx_nlink = (uint)status.st_nlink,
            stx_uid = status.st_uid,
            stx_gid = status.st_gid,
            stx_mode = (ushort)status.st_mode,
            stx_ino = status.st_ino,
            stx_atime = ToStatx(status.st_atim),
            stx_mtime = ToStatx(status.st_mtim),
            stx_ctime = ToStatx(status.st_ctim),
            stx_dev_major = major(status.st_dev),
            stx_dev_minor = minor(status.st_dev),
        };
    }

    public statfs StatFs() => new() { f_type = _fileSystem, f_bsize = 4096, f_frsize = 4096, f_namelen = 255, f_flags = ST_VALID };

    public Errno SetMode(uint mode)
    {
        lock (_inodeLock)
        {
            stat changed = _status;
            changed.st_mode = (changed.st_mode & S_IFMT) | (mode & ~(uint)S_IFMT);
            return Change(changed);
        }
    }

    /// <summary>uint.MaxValue leaves an id as it is.</summary>
    public Errno SetOwner(uint user, uint group)
    {
        lock (_inodeLock)
        {
            stat changed = _status;
            changed.st_uid = user == uint.MaxValue ? changed.st_uid : user;
            changed.st_gid = group == uint.MaxValue ? changed.st_gid : group;
            return Change(changed);
        }
    }

    /// <summary>tv_nsec may be UTIME_NOW and UTIME_OMIT.</summary>
    public Errno SetTimes(in timespec accessed, in timespec modified)
    {
        lock (_inodeLock)
        {
            stat changed = _status;
            changed.st_atim = Resolve(accessed, changed.st_atim);
            changed.st_mtim = Resolve(modified, changed.st_mtim);
            return Change(changed);
        }
    }

    private static timespec Resolve(in timespec wanted, in timespec old) => wanted.tv_nsec switch
    {
        UTIME_NOW => Deadline.ToTimespec(Deadline.Now(CLOCK_REALTIME)),
        UTIME_OMIT => old,
        _ => wanted,
    };

    private static statx_timestamp ToStatx(in timespec time) => new() { tv_sec = time.tv_sec, tv_nsec = (uint)time.tv_nsec };

    private Errno Change(in stat changed)
    {
        if (!_changeable)
        {
            return Errno.EOPNOTSUPP;
        }
        _status = changed;
        _status.st_ctim = Deadline.ToTimespec(Deadline.Now(CLOCK_REALTIME));
        return Errno.None;
    }
}
