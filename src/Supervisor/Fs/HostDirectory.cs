using System;
using System.Buffers.Binary;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A host directory, open for reading. Entries are the host's, positions its cookies.</summary>
internal sealed unsafe class HostDirectory(int hostFd, int flags) : HostOpenFile(hostFd, S_IFDIR, flags)
{
    /// <summary>Offsets in struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name.</summary>
    private const int OffsetField = 8, LengthField = 16, TypeField = 18, NameField = 19;

    /// <summary>The <c>file position lock</c>, before the mmap lock.</summary>
    private readonly Lock _positionLock = new();

    public override bool CanSeek => true;

    public override SyscallResult Read(GuestTask task, ref IovIter to) => Errno.EISDIR;

    public override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset) => Errno.EISDIR;

    public override SyscallResult Seek(long offset, int whence)
    {
        lock (_positionLock)
        {
            return LibC.lseek(HostFd, offset, whence);
        }
    }

    public override SyscallResult ReadDirectory(GuestTask task, GuestAddress buffer, uint count, bool legacy)
    {
        Span<byte> entries = task.Scratch;
        lock (_positionLock)
        {
            Result before = LibC.lseek(HostFd, 0, SEEK_CUR);
            Result read;
            fixed (byte* start = entries)
            {
                read = LibC.getdents64(HostFd, start, Math.Min(count, (uint)entries.Length));
            }
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
            (int whole, long position) = WholeEntries(entries, copied, before.Raw);
            _ = LibC.lseek(HostFd, position, SEEK_SET);
            return whole > 0 ? (long)whole : Errno.EFAULT;
        }
    }

    public override Errno Sync(bool dataOnly) => (dataOnly ? LibC.fdatasync(HostFd) : LibC.fsync(HostFd)).Error;

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
