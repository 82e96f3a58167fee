using System;
using System.Collections.Generic;

using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;
using UmlHost.Terminals;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Opens a device.</summary>
/// <param name="inode">The node; its <see cref="Inode.DeviceNumber"/> says which device.</param>
internal delegate OpenFile? DeviceOpener(GuestTask task, Inode inode, int flags, out Errno error);

/// <summary>The devices that guests have, by number. A node of any file system opens them; a device of the host's is never
/// opened.</summary>
internal static class Devices
{
    private const ulong TtyDevice = 0x500, MasterDevice = 0x502;
    private const uint TerminalMajor = 136;

    private static readonly Dictionary<ulong, DeviceOpener> s_character = [];

    /// <summary>Adds a character device. At start, before guests run.</summary>
    public static void Add(uint major, uint minor, DeviceOpener open) => s_character[makedev(major, minor)] = open;

    /// <summary>ENXIO for one that guests don't have.</summary>
    public static OpenFile? Open(GuestTask task, Inode inode, int flags, out Errno error)
    {
        error = Errno.ENXIO;
        if (inode.Type != S_IFCHR)
        {
            return null;
        }

        switch (inode.DeviceNumber)
        {
            case TtyDevice:
                return PseudoTerminals.OpenControlling(task, flags, out error);
            case MasterDevice:
                return task.Machine.Terminals.OpenMaster(task, flags, out error);
            case var number when major(number) == TerminalMajor:
                error = Errno.EIO;
                return task.Machine.Terminals.Find((int)minor(number))?.Open(task, flags, out error);
        }

        if (s_character.TryGetValue(inode.DeviceNumber, out DeviceOpener? open))
        {
            return open(task, inode, flags, out error);
        }

        OpenFile? file = CharacterDevice.Create(inode.DeviceNumber, flags);
        error = file is null ? Errno.ENXIO : Errno.None;
        return file;
    }
}

/// <summary>A memory device (major number 1): reads and writes are our own. Positions stay at 0.</summary>
internal abstract class CharacterDevice(int flags) : OpenFile(flags)
{
    /// <summary>One that the supervisor inherited has no place of the guest's: it is shown by its host name.</summary>
    public override Result Describe(GuestTask task, Span<byte> text)
    {
        if (!Place.IsNone || Inode is not HostInode host)
        {
            return base.Describe(task, text);
        }

        using HostInode.Use use = host.Open(out Errno error);
        return error == Errno.None ? HostPaths.PathOf(use.Fd, text) : new Result(-(long)error);
    }

    private static readonly TransferAction<byte> s_skip = static (ref byte _, Span<byte> stretch, ulong _) => stretch.Length;

    public override bool CanSeek => true;

    public override uint Type => S_IFCHR;

    /// <summary>The device with number <paramref name="device"/>, or null for one that guests don't have.</summary>
    public static CharacterDevice? Create(ulong device, int flags) => device switch
    {
        0x103 => new NullDevice(flags),
        0x105 => new ZeroDevice(flags),
        0x107 => new FullDevice(flags),
        0x108 => new RandomDevice(flags, canPoll: true),
        0x109 => new RandomDevice(flags, canPoll: false),
        _ => null,
    };

    public sealed override SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset) => Read(task, ref to);

    public sealed override SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset) => Write(task, ref from);

    public override SyscallResult Seek(long offset, int whence) => SyscallResult.Zero;

    protected override void Close()
    {
    }

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
internal sealed class NullDevice(int flags) : CharacterDevice(flags)
{
    public override SyscallResult Read(GuestTask task, ref IovIter to) => SyscallResult.Zero;

    public override SyscallResult Write(GuestTask task, ref IovIter from) => (long)from.Count;
}

/// <summary>/dev/zero. Mapping it gives anonymous memory, one object for each mapping.</summary>
internal sealed class ZeroDevice(int flags) : CharacterDevice(flags)
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
internal sealed class FullDevice(int flags) : CharacterDevice(flags)
{
    public override SyscallResult Read(GuestTask task, ref IovIter to) => Clear(task, ref to);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => Errno.ENOSPC;
}

/// <summary>/dev/random and /dev/urandom, which differ no more. What is written is read and not used: the entropy
/// is the host's.</summary>
internal sealed unsafe class RandomDevice(int flags, bool canPoll) : CharacterDevice(flags)
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
