using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Whose a file is, and its st_mode: what permission is judged by.</summary>
internal readonly record struct Ownership(uint Mode, uint Uid, uint Gid);

/// <summary>What a new name is to be of.</summary>
/// <param name="Mode">Type and permission, umask applied.</param>
/// <param name="Device">For a device node.</param>
/// <param name="Target">For a symbolic link.</param>
internal readonly record struct NewNode(uint Mode, uint Uid, uint Gid, ulong Device = 0, byte[]? Target = null);

/// <summary>What getdents tells of one name.</summary>
/// <param name="Type">S_IFMT bits.</param>
/// <param name="Next">The position after it.</param>
internal readonly record struct DirectoryEntry(byte[] Name, ulong Number, uint Type, long Next);

[Flags]
internal enum AttributeFields
{
    None = 0,
    Mode = 1 << 0,
    Uid = 1 << 1,
    Gid = 1 << 2,
    Size = 1 << 3,
    Accessed = 1 << 4,
    Modified = 1 << 5,
}

/// <summary>A change of what stat shows (Linux's iattr); the times are resolved, the permission is checked.</summary>
internal struct AttributeChange
{
    public AttributeFields Fields;

    /// <summary>Permission bits only.</summary>
    public uint Mode;

    public uint Uid;
    public uint Gid;
    public long Size;
    public timespec Accessed;
    public timespec Modified;

    public readonly bool Has(AttributeFields field) => (Fields & field) != 0;
}

/// <summary>What a file is, whatever its names. One object for each file of a file system for as long as anybody has
/// it. The operations on names are called with the <c>tree lock</c>, permission and mount checked; errors are
/// Linux's. Defaults are those of a file that cannot do it.</summary>
/// <param name="type">The type bits of st_mode, which never change.</param>
internal abstract class Inode(FileSystem fileSystem, uint type)
{
    // Open for writing, where positive; being executed, where negative (i_writecount).
    private int _writers;
    private int _users;
    private Pipe? _fifo;
    private FileLocks? _locks;
    private List<Watch>? _watches;

    public FileSystem FileSystem => fileSystem;

    public uint Type => type;

    public bool IsDirectory => type == S_IFDIR;

    public bool IsSymbolicLink => type == S_IFLNK;

    /// <summary>The inode number (st_ino, d_ino).</summary>
    public abstract ulong Number { get; }

    public abstract Ownership Ownership { get; }

    public abstract Errno Stat(out stat status);

    /// <param name="flags">AT_STATX_SYNC_TYPE bits.</param>
    public virtual Errno Statx(uint flags, uint mask, out statx status)
    {
        Errno error = Stat(out stat basic);
        status = error == Errno.None ? Attributes.ToStatx(basic) : default;
        return error;
    }

    /// <summary>chmod, chown, truncate, utimensat: permission is checked.</summary>
    public virtual Errno SetAttributes(GuestTask task, in AttributeChange change) => Errno.EPERM;

    /// <summary>What a name in this directory is of.</summary>
    /// <returns>ENOENT where it is not there.</returns>
    public virtual Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = null;
        return Errno.ENOTDIR;
    }

    /// <summary>Whether a name in this directory still is of <paramref name="inode"/>, null for none; asked where
    /// <see cref="FileSystem.ChangesOutside"/>.</summary>
    public virtual bool IsStill(ReadOnlySpan<byte> name, Inode? inode) => true;

    public virtual Errno Create(ReadOnlySpan<byte> name, in NewNode node, out Inode? inode)
    {
        inode = null;
        return Errno.EPERM;
    }

    /// <summary>A file without a name (O_TMPFILE), which <see cref="Link"/> can give one.</summary>
    public virtual Errno CreateNameless(in NewNode node, out Inode? inode)
    {
        inode = null;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>One more name for <paramref name="inode"/>, which is of the same file system.</summary>
    public virtual Errno Link(ReadOnlySpan<byte> name, Inode inode) => Errno.EPERM;

    /// <summary>unlink, and rmdir where <paramref name="inode"/>, what the name is of, is a directory: ENOTEMPTY.</summary>
    public virtual Errno Unlink(ReadOnlySpan<byte> name, Inode inode) => Errno.EPERM;

    /// <summary>rename out of this directory. What can be told of types, sticky bits, mounts and loops is checked.</summary>
    /// <param name="replaced">What had the new name; null for nothing.</param>
    /// <param name="flags">RENAME_EXCHANGE or RENAME_WHITEOUT.</param>
    public virtual Errno Rename(ReadOnlySpan<byte> name, Inode inode, Inode newDirectory, ReadOnlySpan<byte> newName, Inode? replaced, uint flags) => Errno.EPERM;

    /// <summary>One entry of this directory, apart from "." and "..", for getdents by <see cref="InodeDirectory"/>: the
    /// first at <paramref name="position"/> or after it. What is removed or added meanwhile shifts no other's position.
    /// </summary>
    /// <param name="position">0 for the first.</param>
    /// <returns>False at the end.</returns>
    public virtual bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        entry = default;
        return false;
    }

    /// <summary>What this directory stood for is no more: it cannot even be listed (IS_DEADDIR).</summary>
    public virtual bool IsDead => false;

    /// <summary>The target of a symbolic link, cut off at the end of <paramref name="target"/>.</summary>
    public virtual Result ReadLink(GuestTask task, Span<byte> target) => new(-(long)Errno.EINVAL);

    /// <summary>A symbolic link that leads to a place rather than a text (/proc/self/fd).</summary>
    public virtual bool IsMagicLink => false;

    /// <summary>Where a magic link leads.</summary>
    public virtual Errno Follow(GuestTask task, out VfsPath place)
    {
        place = default;
        return Errno.ENOENT;
    }

    /// <summary>The last check before an open, and the file; a truncation comes after. Types that are the kernel's own
    /// business (devices, FIFOs) are not asked.</summary>
    /// <returns>The file, which the caller attaches to its place; or null and an error.</returns>
    public virtual OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = Errno.ENXIO;
        return null;
    }

    /// <summary><see cref="Open"/> is asked whatever the type is: a file without a place that is opened once more.</summary>
    public virtual bool OpensItself => false;

    /// <summary>Device number of a device node.</summary>
    public virtual ulong DeviceNumber => 0;

    /// <summary>The value of an extended attribute; its length alone where <paramref name="value"/> is empty.</summary>
    /// <returns>-ENODATA, -ERANGE, -EOPNOTSUPP.</returns>
    public virtual Result GetXattr(ReadOnlySpan<byte> name, Span<byte> value) => new(-(long)Errno.EOPNOTSUPP);

    /// <param name="flags">XATTR_CREATE or XATTR_REPLACE.</param>
    public virtual Errno SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags) => Errno.EOPNOTSUPP;

    public virtual Errno RemoveXattr(ReadOnlySpan<byte> name) => Errno.EOPNOTSUPP;

    /// <summary>The names of all, each with its NUL; their length alone where <paramref name="names"/> is empty.</summary>
    public virtual Result ListXattr(Span<byte> names) => new(0);

    /// <summary>The pipe behind a FIFO, made at the first open and kept as long as the inode.</summary>
    public virtual Pipe Fifo(Credentials owner) => _fifo ?? Interlocked.CompareExchange(ref _fifo, new Pipe(PseudoInode.Pipe(owner)), null) ?? _fifo!;

    /// <summary>The locks on it; null where there never was one.</summary>
    public FileLocks? Locks => Volatile.Read(ref _locks);

    public FileLocks MakeLocks() => Locks ?? Interlocked.CompareExchange(ref _locks, new FileLocks(this), null) ?? _locks!;

    /// <summary>Who watches it; null for nobody. The watches lock is for more than asking whether it is null.</summary>
    public List<Watch>? Watches
    {
        get => Volatile.Read(ref _watches);
        set => Volatile.Write(ref _watches, value);
    }

    /// <summary>Opened for writing once more; false (ETXTBSY) where it is being executed.</summary>
    public bool TryBeginWrite() => TryCount(ref _writers, 1);

    public void EndWrite() => Interlocked.Decrement(ref _writers);

    /// <summary>Executed once more; false (ETXTBSY) where it is open for writing.</summary>
    public bool TryBeginExecute() => TryCount(ref _writers, -1);

    public void EndExecute() => Interlocked.Increment(ref _writers);

    /// <summary>Open once more, whatever for.</summary>
    public void AddUser() => Interlocked.Increment(ref _users);

    public void RemoveUser()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Unused();
        }
    }

    public bool IsUsed => Volatile.Read(ref _users) > 0;

    /// <summary>Nobody has it open any more; it may be opened again if it has a name.</summary>
    protected virtual void Unused()
    {
    }

    /// <summary>Its names have become more or fewer. Tree lock.</summary>
    public virtual void AddLinks(int count)
    {
    }

    /// <summary>A name of it was removed or replaced. Called without locks.</summary>
    public virtual void NameGone()
    {
    }

    private static bool TryCount(ref int count, int step)
    {
        int seen = Volatile.Read(ref count);
        while (seen == 0 || (seen > 0) == (step > 0))
        {
            int before = Interlocked.CompareExchange(ref count, seen + step, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }
}
