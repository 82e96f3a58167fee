using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A tree that the kernel makes up, such as /proc. Build one of <see cref="PseudoDirectory"/>,
/// <see cref="PseudoText"/> and <see cref="PseudoLink"/>, or of classes derived from them.
/// <code>
/// PseudoFileSystem proc = new("proc", PROC_SUPER_MAGIC);
/// proc.Top.Add("version", new PseudoText(proc, 0x124, static (task, text) => text.Append("…\n")));
/// mounts.Attach(point, proc, proc.Root, MountFlags.None);
/// </code>
/// Names are not cached: a directory that changes with time overrides <see cref="Inode.Lookup"/> and
/// <see cref="Inode.NextEntry"/>, and may make a new inode for each lookup, as long as its number is the same.</summary>
internal sealed class PseudoFileSystem : FileSystem
{
    private long _lastNumber = (1L << 32) - 1;

    /// <param name="magic">f_type of statfs.</param>
    /// <param name="top">Makes the root, where it is more than a directory that entries are added to.</param>
    public PseudoFileSystem(string type, long magic, Func<PseudoFileSystem, PseudoDirectory>? top = null)
    {
        Type = type;
        Magic = magic;
        Top = top?.Invoke(this) ?? new PseudoDirectory(this, 0x16d);
        SetRoot(Top);
    }

    public override string Type { get; }

    public override bool CachesNames => false;

    public override bool CachesAbsence => false;

    public override bool HasFixedNames => Magic != DEVPTS_SUPER_MAGIC;

    /// <summary>The directory at the root.</summary>
    public PseudoDirectory Top { get; }

    private long Magic { get; }

    /// <summary>A number for an inode that has none that says more.</summary>
    public ulong NewNumber() => (ulong)Interlocked.Increment(ref _lastNumber);

    public override Errno StatFs(Inode inode, out statfs status)
    {
        status = new statfs { f_type = Magic, f_bsize = 4096, f_frsize = 4096, f_namelen = NAME_MAX };
        return Errno.None;
    }
}

/// <summary>Any file of a <see cref="PseudoFileSystem"/>: owned by root unless said otherwise, times are of now.</summary>
/// <param name="mode">Type and permission.</param>
internal abstract class PseudoNode(PseudoFileSystem fileSystem, uint mode) : Inode(fileSystem, mode & S_IFMT)
{
    private ulong _number;

    public override ulong Number => _number != 0 ? _number : _number = fileSystem.NewNumber();

    /// <summary>The inode number, where it has to be the same for each object that stands for the file.</summary>
    public ulong FixedNumber { init => _number = value; }

    /// <summary>Whose it is.</summary>
    public virtual (uint Uid, uint Gid) Owner => (0, 0);

    public override Ownership Ownership => new(mode, Owner.Uid, Owner.Gid);

    /// <summary>st_nlink.</summary>
    protected virtual uint Links => 1;

    public override Errno Stat(out stat status)
    {
        timespec now = Attributes.Now;
        status = new stat
        {
            st_dev = FileSystem.Device,
            st_ino = Number,
            st_nlink = Links,
            st_mode = mode,
            st_uid = Owner.Uid,
            st_gid = Owner.Gid,
            st_blksize = 4096,
            st_atim = now,
            st_mtim = now,
            st_ctim = now,
        };
        return Errno.None;
    }

    /// <summary>An open that truncates is nothing special here; all else is refused.</summary>
    public override Errno SetAttributes(GuestTask task, in AttributeChange change) =>
        change.Fields == AttributeFields.Size ? Errno.None : Errno.EPERM;
}

/// <summary>A directory with entries that were added, and perhaps, in a derived class, others that are looked up.
/// </summary>
/// <param name="permission">Permission bits.</param>
internal class PseudoDirectory(PseudoFileSystem fileSystem, uint permission) : PseudoNode(fileSystem, S_IFDIR | permission)
{
    private readonly Lock _lock = new();
    private readonly List<(byte[] Name, Inode Inode)> _entries = [];

    /// <summary>Positions from here on are free for a derived class's own entries.</summary>
    protected const long FirstDynamic = 1L << 20;

    protected override uint Links => 2;

    /// <summary>Adds an entry, for good.</summary>
    /// <returns>The inode.</returns>
    public T Add<T>(string name, T inode)
        where T : Inode
    {
        lock (_lock)
        {
            _entries.Add((System.Text.Encoding.UTF8.GetBytes(name), inode));
        }

        return inode;
    }

    /// <summary>The subdirectory with a name, made where it is not there.</summary>
    public PseudoDirectory Directory(string name)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        return Lookup(bytes, out Inode? found) == Errno.None && found is PseudoDirectory directory
            ? directory
            : Add(name, new PseudoDirectory((PseudoFileSystem)FileSystem, 0x16d));
    }

    /// <summary>A derived class asks this first, and then finds its own names.</summary>
    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        lock (_lock)
        {
            foreach ((byte[] entry, Inode found) in _entries)
            {
                if (name.SequenceEqual(entry))
                {
                    inode = found;
                    return Errno.None;
                }
            }
        }

        inode = null;
        return Errno.ENOENT;
    }

    /// <summary>A derived class asks this first, and goes on at <see cref="FirstDynamic"/>.</summary>
    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        lock (_lock)
        {
            if (position < _entries.Count)
            {
                (byte[] name, Inode inode) = _entries[(int)position];
                entry = new DirectoryEntry(name, inode.Number, inode.Type, position + 1);
                return true;
            }
        }

        entry = default;
        return false;
    }

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = Errno.None;
        return new InodeDirectory(flags);
    }
}

/// <summary>Writes the text of a file of the kernel's.</summary>
/// <param name="task">Who reads.</param>
internal delegate void TextGenerator(GuestTask task, TextBuffer text);

/// <summary>Takes what a guest writes to a file of the kernel's.</summary>
/// <param name="text">What one write gave.</param>
internal delegate Errno TextReceiver(GuestTask task, ReadOnlySpan<byte> text);

/// <summary>A file whose text is made when it is read from the start, and then stays for that open file until it is read
/// from the start again.</summary>
/// <param name="permission">Permission bits.</param>
/// <param name="generate">Null: the file cannot be read, or a derived class overrides <see cref="Generate"/>.</param>
/// <param name="receive">Null: a write gives EINVAL.</param>
internal class PseudoText(PseudoFileSystem fileSystem, uint permission, TextGenerator? generate = null, TextReceiver? receive = null)
    : PseudoNode(fileSystem, S_IFREG | permission)
{
    /// <summary>Before an open: an error to refuse it with.</summary>
    public virtual Errno MayOpen(GuestTask task, int flags) => Errno.None;

    /// <returns>What the read fails with.</returns>
    public virtual Errno Generate(GuestTask task, TextBuffer text)
    {
        generate?.Invoke(task, text);
        return Errno.None;
    }

    public virtual Errno Receive(GuestTask task, ReadOnlySpan<byte> text) => receive?.Invoke(task, text) ?? Errno.EINVAL;

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = MayOpen(task, flags);
        return error == Errno.None ? new PseudoTextFile(this, flags) : null;
    }
}

/// <summary>A symbolic link, to a text or straight to a place.</summary>
internal abstract class PseudoLink(PseudoFileSystem fileSystem, uint permission = 0x1ff) : PseudoNode(fileSystem, S_IFLNK | permission)
{
    /// <summary>The text, for readlink and, unless it is a magic link, for walks.</summary>
    /// <returns>Its length; it is cut off at the end of <paramref name="target"/>.</returns>
    public abstract override Result ReadLink(GuestTask task, Span<byte> target);
}

/// <summary>A symbolic link with a text that depends on who reads it.</summary>
internal sealed class PseudoTextLink(PseudoFileSystem fileSystem, TextGenerator text) : PseudoLink(fileSystem)
{
    public override Result ReadLink(GuestTask task, Span<byte> target)
    {
        TextBuffer buffer = new();
        text(task, buffer);
        int length = Math.Min(buffer.Length, target.Length);
        buffer.Bytes[..length].CopyTo(target);
        return new Result(length);
    }
}
