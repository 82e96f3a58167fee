using System;
using System.Buffers.Binary;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open directory: records of linux_dirent64 on their way to the guest.</summary>
internal abstract class DirectoryFile(int flags) : OpenFile(flags)
{
    /// <summary>Offsets in struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name.</summary>
    protected const int OffsetField = 8, LengthField = 16, TypeField = 18, NameField = 19;

    /// <summary>The <c>file position lock</c>, before the tree lock and the mmap lock.</summary>
    private readonly Lock _positionLock = new();

    public sealed override bool CanSeek => true;

    /// <summary>Where the next entry is read. File position lock.</summary>
    protected abstract long Position { get; set; }

    public sealed override SyscallResult Read(GuestTask task, ref IovIter to) => Errno.EISDIR;

    public sealed override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset) => Errno.EISDIR;

    public sealed override SyscallResult Seek(long offset, int whence)
    {
        lock (_positionLock)
        {
            return SeekLocked(offset, whence);
        }
    }

    public sealed override SyscallResult ReadDirectory(GuestTask task, GuestAddress buffer, uint count, bool legacy)
    {
        if (Place is { IsNone: false, Dentry: { IsRemoved: true, Parent: not null } })
        {
            return Errno.ENOENT;
        }

        Span<byte> entries = task.Scratch;
        lock (_positionLock)
        {
            long before = Position;
            Result read = ReadEntries(task, entries[..(int)Math.Min(count, (uint)entries.Length)]);
            if (read.Failed || read.Raw == 0)
            {
                return read;
            }

            entries = entries[..read.Int];
            if (legacy)
            {
                ToLegacy(entries);
            }

            int copied = task.Memory.CopyOut(buffer, entries);
            if (copied == entries.Length)
            {
                return (long)copied;
            }

            // The entries that fit count; the next call starts with the one that did not.
            (int whole, long position) = WholeEntries(entries, copied, before);
            Position = position;
            return whole > 0 ? (long)whole : Errno.EFAULT;
        }
    }

    public override Errno Sync(bool dataOnly) => Errno.None;

    protected override void Close()
    {
    }

    /// <summary>Fills <paramref name="to"/> with records from the position on, and moves it. 0 at the end; -EINVAL where
    /// not even one fits.</summary>
    protected abstract Result ReadEntries(GuestTask task, Span<byte> to);

    protected virtual SyscallResult SeekLocked(long offset, int whence)
    {
        long to = whence switch
        {
            SEEK_SET => offset,
            SEEK_CUR => Position + offset,
            _ => -1,
        };
        if (to < 0)
        {
            return Errno.EINVAL;
        }

        Position = to;
        return to;
    }

    /// <summary>Appends a record.</summary>
    /// <returns>False where it does not fit.</returns>
    protected static bool Append(Span<byte> to, ref int used, ulong number, long next, uint type, ReadOnlySpan<byte> name)
    {
        int length = (NameField + name.Length + 1 + 7) & ~7;
        if (used + length > to.Length)
        {
            return false;
        }

        Span<byte> record = to.Slice(used, length);
        record[^8..].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(record, number);
        BinaryPrimitives.WriteInt64LittleEndian(record[OffsetField..], next);
        BinaryPrimitives.WriteUInt16LittleEndian(record[LengthField..], (ushort)length);
        record[TypeField] = Attributes.EntryType(type);
        name.CopyTo(record[NameField..]);
        record[NameField + name.Length] = 0;
        used += length;
        return true;
    }

    private static (int Bytes, long Position) WholeEntries(ReadOnlySpan<byte> entries, int limit, long position)
    {
        int whole = 0;
        while (true)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entries[(whole + LengthField)..]);
            if (whole + length > limit)
            {
                return (whole, position);
            }
            position = BinaryPrimitives.ReadInt64LittleEndian(entries[(whole + OffsetField)..]);
            whole += length;
        }
    }

    /// <summary>struct linux_dirent has the type in the record's last byte and the name one byte earlier: records
    /// are as long as those of linux_dirent64.</summary>
    private static void ToLegacy(Span<byte> entries)
    {
        while (!entries.IsEmpty)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entries[LengthField..]);
            byte type = entries[TypeField];
            entries[NameField..length].CopyTo(entries[TypeField..]);
            entries[length - 1] = type;
            entries = entries[length..];
        }
    }
}

/// <summary>A host directory as it is: entries are the host's, positions its cookies.</summary>
/// <param name="hostFd">Open for reading; taken over.</param>
internal sealed unsafe class HostDirectory(int hostFd, int flags) : DirectoryFile(flags)
{
    protected override long Position
    {
        get => LibC.lseek(hostFd, 0, SEEK_CUR).Raw;
        set => _ = LibC.lseek(hostFd, value, SEEK_SET);
    }

    public override Errno Sync(bool dataOnly) => (dataOnly ? LibC.fdatasync(hostFd) : LibC.fsync(hostFd)).Error;

    protected override SyscallResult SeekLocked(long offset, int whence) => LibC.lseek(hostFd, offset, whence);

    protected override Result ReadEntries(GuestTask task, Span<byte> to)
    {
        fixed (byte* start = to)
        {
            return LibC.getdents64(hostFd, start, (nuint)to.Length);
        }
    }

    protected override void Close() => _ = LibC.close(hostFd);
}

/// <summary>A directory whose entries its inode tells (<see cref="Inode.NextEntry"/>).</summary>
internal sealed class InodeDirectory(int flags) : DirectoryFile(flags)
{
    /// <summary>Positions 0 and 1 are "." and "..".</summary>
    private const long FirstEntry = 2;

    protected override long Position { get; set; }

    protected override Result ReadEntries(GuestTask task, Span<byte> to)
    {
        int used = 0;
        Inode inode = Inode!;
        if (inode.IsDead)
        {
            return new Result(-(long)Errno.ENOENT);
        }

        if (Position == 0)
        {
            if (!Append(to, ref used, inode.Number, 1, S_IFDIR, "."u8))
            {
                return new Result(-(long)Errno.EINVAL);
            }

            Position = 1;
        }

        if (Position == 1 && Append(to, ref used, (Place.Dentry?.Parent?.Inode ?? inode).Number, FirstEntry, S_IFDIR, ".."u8))
        {
            Position = FirstEntry;
        }

        bool more = Position < FirstEntry;
        while (Position >= FirstEntry && inode.NextEntry(task, Position - FirstEntry, out DirectoryEntry entry))
        {
            if (!Append(to, ref used, entry.Number, entry.Next + FirstEntry, entry.Type, entry.Name))
            {
                more = true;
                break;
            }

            Position = entry.Next + FirstEntry;
        }

        return used == 0 && more ? new Result(-(long)Errno.EINVAL) : new Result(used);
    }
}
