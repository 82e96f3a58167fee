using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>A character device that is a terminal or a master: what stat shows.</summary>
internal abstract class TerminalDevice(TerminalInode inode, int flags) : OpenFile(flags)
{
    public override uint Type => S_IFCHR;

    public override bool CanPoll => true;

    public override Errno Stat(out stat status)
    {
        status = inode.Stat();
        return Errno.None;
    }

    public override Errno Statx(uint flags, uint mask, out statx status)
    {
        status = inode.Statx();
        return Errno.None;
    }

    public override Errno StatFs(out statfs status)
    {
        status = new statfs { f_type = DEVPTS_SUPER_MAGIC, f_bsize = 4096, f_frsize = 4096, f_namelen = 255, f_flags = ST_VALID };
        return Errno.None;
    }

    public override Errno CheckAccess(Credentials who, int mode) => (mode & X_OK) != 0 ? Errno.EACCES : Errno.None;

    public override Errno SetMode(uint mode)
    {
        inode.SetMode(mode);
        return Errno.None;
    }

    public override Errno SetOwner(uint user, uint group)
    {
        inode.SetOwner(user, group);
        return Errno.None;
    }
}

/// <summary>An open terminal.</summary>
internal sealed class TerminalFile : TerminalDevice
{
    private readonly Terminal _terminal;

    /// <summary>After <see cref="Terminal.Opened"/> succeeded.</summary>
    public TerminalFile(Terminal terminal, int flags)
        : base(terminal.Inode, flags)
    {
        _terminal = terminal;
        Generation = terminal.Generation;
    }

    /// <summary>Of the terminal, when this was opened: any other means that it was hung up.</summary>
    public int Generation { get; }

    public Terminal Terminal => _terminal;

    public override SyscallResult Read(GuestTask task, ref IovIter to) => _terminal.Read(task, this, ref to);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => _terminal.Write(task, this, ref from);

    public override uint Poll(PollTable? table) => _terminal.Poll(this, table);

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument) =>
        Generation == _terminal.Generation ? _terminal.Ioctl(task, this, isMaster: false, request, argument)
        : request == TIOCSPGRP ? Errno.ENOTTY
        : Errno.EIO;

    public override Result Describe(GuestTask task, System.Span<byte> text)
    {
        TextBuffer name = new();
        name.Append("/dev/pts/"u8).Append(_terminal.Number);
        int length = System.Math.Min(name.Length, text.Length);
        name.Bytes[..length].CopyTo(text);
        return new Result(length);
    }

    protected override void Close() => _terminal.Closed();
}
