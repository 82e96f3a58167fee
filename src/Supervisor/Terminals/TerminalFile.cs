using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>An open terminal.</summary>
internal sealed class TerminalFile : OpenFile
{
    private readonly Terminal _terminal;

    /// <summary>After <see cref="Terminal.Opened"/> succeeded.</summary>
    public TerminalFile(Terminal terminal, int flags)
        : base(flags)
    {
        _terminal = terminal;
        Generation = terminal.Generation;
    }

    /// <summary>Of the terminal, when this was opened: any other means that it was hung up.</summary>
    public int Generation { get; }

    public Terminal Terminal => _terminal;

    public override uint Type => S_IFCHR;

    public override bool CanPoll => true;

    public override bool CanSignal => true;

    public override SyscallResult Read(GuestTask task, ref IovIter to) => _terminal.Read(task, this, ref to);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => _terminal.Write(task, this, ref from);

    public override uint Poll(PollTable? table) => _terminal.Poll(this, table);

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument) =>
        Generation == _terminal.Generation ? _terminal.Ioctl(task, this, isMaster: false, request, argument)
        : request == TIOCSPGRP ? Errno.ENOTTY
        : Errno.EIO;

    /// <summary>One that was not opened by a path is what its number says.</summary>
    public override Result Describe(GuestTask task, Span<byte> text)
    {
        if (!Place.IsNone)
        {
            return base.Describe(task, text);
        }

        TextBuffer name = new();
        name.Append("/dev/pts/"u8).Append(_terminal.Number);
        int length = Math.Min(name.Length, text.Length);
        name.Bytes[..length].CopyTo(text);
        return new Result(length);
    }

    protected override void Close() => _terminal.Closed();
}
