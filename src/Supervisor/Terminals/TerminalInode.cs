using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>A node of /dev/pts, whose owner and mode can be changed. Lock: <c>inode lock</c>, a leaf.</summary>
internal sealed class TerminalInode : Inode
{
    private const int BlockSize = 1024;

    private readonly Lock _inodeLock = new();
    private stat _status;

    /// <param name="number">st_ino.</param>
    /// <param name="device">st_rdev.</param>
    /// <param name="mode">Permission bits.</param>
    public TerminalInode(FileSystem fileSystem, ulong number, ulong device, uint mode, uint user, uint group)
        : base(fileSystem, S_IFCHR)
    {
        timespec now = Attributes.Now;
        _status = new stat
        {
            st_dev = fileSystem.Device,
            st_ino = number,
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

    public override ulong Number => _status.st_ino;

    public override ulong DeviceNumber => _status.st_rdev;

    public override Ownership Ownership
    {
        get
        {
            _ = Stat(out stat status);
            return new Ownership(status.st_mode, status.st_uid, status.st_gid);
        }
    }

    public override Errno Stat(out stat status)
    {
        lock (_inodeLock)
        {
            status = _status;
            return Errno.None;
        }
    }

    public override Errno SetAttributes(GuestTask task, in AttributeChange change)
    {
        lock (_inodeLock)
        {
            _status.st_mode = change.Has(AttributeFields.Mode) ? S_IFCHR | change.Mode : _status.st_mode;
            _status.st_uid = change.Has(AttributeFields.Uid) ? change.Uid : _status.st_uid;
            _status.st_gid = change.Has(AttributeFields.Gid) ? change.Gid : _status.st_gid;
            _status.st_atim = change.Has(AttributeFields.Accessed) ? change.Accessed : _status.st_atim;
            _status.st_mtim = change.Has(AttributeFields.Modified) ? change.Modified : _status.st_mtim;
            _status.st_ctim = Attributes.Now;
        }

        return Errno.None;
    }
}
