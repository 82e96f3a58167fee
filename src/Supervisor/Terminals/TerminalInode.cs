using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>What stat shows of a terminal. Lock: <c>inode lock</c>, a leaf.</summary>
internal sealed class TerminalInode
{
    private const ulong DevptsDevice = 0x18;
    private const int BlockSize = 1024;
    private const ulong FirstInode = 3;

    private readonly Lock _inodeLock = new();
    private stat _status;

    public TerminalInode(ulong device, uint number, uint mode, uint user, uint group)
    {
        timespec now = Deadline.ToTimespec(Deadline.Now(CLOCK_REALTIME));
        _status = new stat
        {
            st_dev = DevptsDevice,
            st_ino = FirstInode + number,
            st_nlink = 1,
            st_mode = S_IFCHR | mode,
            st_uid = user,
            st_gid = group,
            st_rdev = device,
            st_blksize = BlockSize,
            st_atim = now,
            st_mtim = now,
            st_ctim = now,
        };
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
            stx_rdev_major = major(status.st_rdev),
            stx_rdev_minor = minor(status.st_rdev),
            stx_dev_major = major(status.st_dev),
            stx_dev_minor = minor(status.st_dev),
        };
    }

    public void SetMode(uint mode)
    {
        lock (_inodeLock)
        {
            _status.st_mode = (_status.st_mode & S_IFMT) | (mode & ~(uint)S_IFMT);
        }
    }

    /// <summary>uint.MaxValue leaves an id as it is.</summary>
    public void SetOwner(uint user, uint group)
    {
        lock (_inodeLock)
        {
            _status.st_uid = user == uint.MaxValue ? _status.st_uid : user;
            _status.st_gid = group == uint.MaxValue ? _status.st_gid : group;
        }
    }

    private static statx_timestamp ToStatx(in timespec time) => new() { tv_sec = time.tv_sec, tv_nsec = (uint)time.tv_nsec };
}
