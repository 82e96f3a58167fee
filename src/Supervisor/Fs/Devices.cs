using System;

using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A memory device (major number 1) that guests have: reads and writes are our own, stat comes from the
/// host's node. Positions stay at 0.</summary>
internal abstract unsafe class CharacterDevice(int place, int flags) : HostOpenFile(place, S_IFCHR, flags)
{
    private static readonly TransferAction<byte> s_skip = static (ref byte _, Span<byte> stretch, ulong _) => stretch.Length;

    public override bool CanSeek => true;

    /// <summary>Opens the device with number <paramref name="device"/> behind the O_PATH descriptor
    /// <paramref name="place"/>, which it takes over. ENXIO for one that guests don't have, EACCES.</summary>
    public static CharacterDevice? Open(int place, ulong device, int flags, out Errno error)
    {
        int wanted = (flags & O_ACCMODE) switch
        {
            O_RDONLY => R_OK,
            O_WRONLY => W_OK,
            _ => R_OK | W_OK,
        };
        byte empty = 0;
        error = LibC.faccessat2(place, &empty, wanted, AT_EMPTY_PATH | AT_EACCESS).Error;
        CharacterDevice? file = error == Errno.None ? Create(place, device, flags | O_LARGEFILE) : null;
        if (file is null && error == Errno.None)
        {
            error = Errno.ENXIO;
        }
        return file;
    }

    /// <summary>The device with number <paramref name="device"/>, or null for one that guests don't have.</summary>
    public static CharacterDevice? Create(int place, ulong device, int flags) => device switch
    {
        0x103 => new NullDevice(place, flags),
        0x105 => new ZeroDevice(place, flags),
        0x107 => new FullDevice(place, flags),
        0x108 => new RandomDevice(place, flags, canPoll: true),
        0x109 => new RandomDevice(place, flags, canPoll: false),
        _ => null,
    };

    public sealed override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset) => Read(task, ref to);

    public sealed override SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset) => Write(task, ref from);

    public override SyscallResult Seek(long offset, int whence) => SyscallResult.Zero;

    /// <summary>Fills what is left with zeros.</summary>
    protected static SyscallResult Clear(GuestTask task, ref IovIter to)
    {
        byte none = 0;
        return to.Transfer(task.Memory, Access.Write, ref none, static (ref byte _, Span<byte> stretch, ulong _) =>
        {
            stretch.Clear();
            return stretch.Length;
        });
    }

    /// <summary>Reads the guest's bytes and forgets them.</summary>
    protected static SyscallResult Skip(GuestTask task, ref IovIter from)
    {
        byte none = 0;
        return from.Transfer(task.Memory, Access.Read, ref none, s_skip);
    }
}

/// <summary>/dev/null. A write does not even look at the memory.</summary>
internal sealed class NullDevice(int place, int flags) : CharacterDevice(place, flags)
{
    public override SyscallResult Read(GuestTask task, ref IovIter to) => SyscallResult.Zero;

    public override SyscallResult Write(GuestTask task, ref IovIter from) => (long)from.Count;
}

/// <summary>/dev/zero. Mapping it gives anonymous memory, one object for each mapping.</summary>
internal sealed class ZeroDevice(int place, int flags) : CharacterDevice(place, flags)
{
    public override MappedFile? Mapping => Stat(out stat status) == Errno.None ? new Zeros(status.st_dev, status.st_ino) : null;

    public override SyscallResult Read(GuestTask task, ref IovIter to) => Clear(task, ref to);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => (long)from.Count;

    private sealed class Zeros(ulong device, ulong inode) : MappedFile
    {
        public override ulong Size => long.MaxValue;

        public override ulong Device => device;

        public override ulong Inode => inode;

        public override string Path => "/dev/zero";

        public override Result ReadAt(ulong offset, Span<byte> destination)
        {
            destination.Clear();
            return new Result(destination.Length);
        }
    }
}

/// <summary>/dev/full.</summary>
internal sealed class FullDevice(int place, int flags) : CharacterDevice(place, flags)
{
    public override SyscallResult Read(GuestTask task, ref IovIter to) => Clear(task, ref to);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => Errno.ENOSPC;
}

/// <summary>/dev/random and /dev/urandom, which differ no more. What is written is read and not used: the entropy
/// is the host's.</summary>
internal sealed unsafe class RandomDevice(int place, int flags, bool canPoll) : CharacterDevice(place, flags)
{
    private static readonly TransferAction<byte> s_fill = static (ref byte _, Span<byte> stretch, ulong _) =>
    {
        fixed (byte* at = stretch)
        {
            return LibC.getrandom(at, (nuint)stretch.Length, 0).Raw;
        }
    };

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        byte none = 0;
        return to.Transfer(task.Memory, Access.Write, ref none, s_fill);
    }

    public override bool CanPoll => canPoll;

    public override uint Poll(PollTable? table) => canPoll ? POLLIN | POLLRDNORM : base.Poll(table);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => Skip(task, ref from);

    public override SyscallResult Seek(long offset, int whence) =>
        whence is SEEK_SET or SEEK_CUR or SEEK_END ? SyscallResult.Zero : Errno.EINVAL;

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument) => Errno.EINVAL;
}
