using System;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>A pair of master and slave (Linux's pty driver). This is the slave, a terminal, with the bytes on their way
/// to the master; the lock is one for both.</summary>
internal sealed class PseudoTerminal : Terminal
{
    /// <summary>What of the output counts as read by the master's line discipline: a flush does not take it back, and
    /// one read of the master gets no more.</summary>
    private const int Delivered = LineDiscipline.BufferSize - 1;

    private const int OutputSize = Delivered + (16 * 1024);

    private readonly ByteQueue _output = new(OutputSize);
    private readonly PseudoTerminals _all;
    private bool _isLocked = true, _isPacketMode;
    private byte _packetStatus;

    // The slave's files. The master's end is IsOtherClosed, the slaves' is _slavesClosed: not before the first.
    private int _slaves;
    private bool _slavesClosed, _hasNews;

    public PseudoTerminal(PseudoTerminals all, Machine machine, int number)
        : base(machine, number, TerminalModes.Default) => _all = all;

    /// <summary>Woken for the master's reader and writer.</summary>
    private WaitQueue MasterRead { get; } = new();

    private WaitQueue MasterWrite { get; } = new();

    protected override int LineRoom => IsOtherClosed ? 0 : _output.Room;

    /// <summary>A slave's file more. EIO while the master is locked or gone.</summary>
    public override Errno Opened()
    {
        lock (TerminalLock)
        {
            if (_isLocked || IsOtherClosed)
            {
                return Errno.EIO;
            }
            _slaves++;
            _slavesClosed = false;
            return Errno.None;
        }
    }

    public override void Closed()
    {
        bool last, isGone;
        lock (TerminalLock)
        {
            last = --_slaves == 0;
            isGone = last && IsOtherClosed;
            _slavesClosed |= last;
        }
        if (last)
        {
            MasterRead.WakeAll(POLLIN | POLLHUP);
            MasterWrite.WakeAll(OutEvents | POLLHUP);
        }
        if (isGone)
        {
            _all.Free(this);
        }
    }

    /// <summary>The master is closed: whoever has the terminal learns of it.</summary>
    public void MasterClosed()
    {
        bool isGone;
        lock (TerminalLock)
        {
            IsOtherClosed = true;
            _isPacketMode = false;
            isGone = _slaves == 0;
        }
        _all.Unlist(this);
        HangUp();
        if (isGone)
        {
            _all.Free(this);
        }
    }

    public SyscallResult MasterReads(GuestTask task, OpenFile file, ref IovIter to)
    {
        Span<byte> buffer = task.Scratch.AsSpan(0, (int)Math.Min(to.Count, LineDiscipline.BufferSize));
        while (!buffer.IsEmpty)
        {
            int count;
            lock (TerminalLock)
            {
                count = TakeForMaster(buffer);
                if (count == 0 && _slavesClosed)
                {
                    return Errno.EIO;
                }
            }
            if (count > 0)
            {
                return to.CopyOut(task.Memory, buffer[..count]) < count ? Errno.EFAULT : (long)count;
            }
            if (file.IsNonblocking)
            {
                return Errno.EAGAIN;
            }
            PseudoTerminal self = this;
            if (task.Wait(MasterRead, ref self, static (ref PseudoTerminal terminal) => terminal.EndsMasterRead(), Deadline.Never) == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }
        return SyscallResult.Zero;
    }

    public SyscallResult MasterWrites(GuestTask task, OpenFile file, ref IovIter from)
    {
        Span<byte> piece = task.Scratch.AsSpan(0, WritePiece);
        long done = 0;
        while (from.Count > 0)
        {
            int wanted = (int)Math.Min((ulong)piece.Length, from.Count);
            if (from.CopyIn(task.Memory, piece[..wanted]) < wanted)
            {
                return done > 0 ? done : Errno.EFAULT;
            }
            for (int at = 0; at < wanted;)
            {
                int typed = Type(piece[at..wanted]);
                at += typed;
                done += typed;
                if (at == wanted)
                {
                    break;
                }
                if (file.IsNonblocking)
                {
                    return done > 0 ? done : Errno.EAGAIN;
                }
                PseudoTerminal self = this;
                if (task.Wait(MasterWrite, ref self, static (ref PseudoTerminal terminal) => terminal.HasInputRoom(), Deadline.Never) == WaitResult.Interrupted)
                {
                    return done > 0 ? done : SyscallResult.RestartSys;
                }
            }
        }
        return done;
    }

    public uint MasterPolls(PollTable? table)
    {
        table?.Add(MasterRead);
        table?.Add(MasterWrite);
        lock (TerminalLock)
        {
            uint events = _output.Count > 0 ? InEvents : 0;
            events |= _isPacketMode && _packetStatus != 0 ? POLLPRI | InEvents : 0;
            events |= _slavesClosed ? POLLHUP : 0u;
            return events | (InputRoom > 0 ? OutEvents : 0);
        }
    }

    public SyscallResult MasterIoctl(GuestTask task, OpenFile file, uint request, ulong argument)
    {
        GuestAddress address = new(argument);
        switch (request)
        {
            case TIOCGPTN:
                return Answer(task, address, Number);
            case TIOCSPTLCK:
                if (!task.Memory.Read(address, out int locked))
                {
                    return Errno.EFAULT;
                }
                lock (TerminalLock)
                {
                    _isLocked = locked != 0;
                }
                return SyscallResult.Zero;
            case TIOCGPTLCK:
                return Answer(task, address, _isLocked ? 1 : 0);
            case TIOCPKT:
                if (!task.Memory.Read(address, out int packets))
                {
                    return Errno.EFAULT;
                }
                lock (TerminalLock)
                {
                    _packetStatus = packets != 0 && !_isPacketMode ? (byte)0 : _packetStatus;
                    _isPacketMode = packets != 0;
                }
                return SyscallResult.Zero;
            case TIOCGPKT:
                return Answer(task, address, _isPacketMode ? 1 : 0);
            case TIOCSIG:
                int signal = (int)argument;
                if (signal is not (SIGINT or SIGQUIT or SIGTSTP))
                {
                    return Errno.EINVAL;
                }
                SendToForeground(signal);
                return SyscallResult.Zero;
            case TIOCGPTPEER:
                return OpenPeer(task, (int)argument);
            case FIONREAD:
                lock (TerminalLock)
                {
                    return Answer(task, address, Math.Min(_output.Count, Delivered));
                }
            case TCFLSH:
                return MasterFlushes((int)argument);
            default:
                return Ioctl(task, file, isMaster: true, request, argument);
        }
    }

    protected override void Transmit(ReadOnlySpan<byte> bytes)
    {
        _output.Add(bytes);
        _hasNews = true;
    }

    protected override void DropOutput() => _output.Truncate(Delivered);

    protected override void Flush()
    {
        if (_hasNews)
        {
            _hasNews = false;
            MasterRead.WakeAll(InEvents);
        }
    }

    protected override void InputTaken() => MasterWrite.WakeAll(OutEvents);

    protected override void Report(byte status)
    {
        if (!_isPacketMode)
        {
            return;
        }
        int undone = status switch
        {
            TIOCPKT_STOP or TIOCPKT_START => TIOCPKT_STOP | TIOCPKT_START,
            TIOCPKT_DOSTOP or TIOCPKT_NOSTOP => TIOCPKT_DOSTOP | TIOCPKT_NOSTOP,
            _ => 0,
        };
        _packetStatus = (byte)((_packetStatus & ~undone) | status);
        MasterRead.WakeAll(POLLIN | POLLPRI);
    }

    /// <summary>In packet mode a byte before them says that they are data, or is all there is. Terminal lock.</summary>
    private int TakeForMaster(Span<byte> buffer)
    {
        int header = _isPacketMode ? 1 : 0;
        if (_isPacketMode && _packetStatus != 0)
        {
            buffer[0] = _packetStatus;
            _packetStatus = 0;
            return 1;
        }
        if (_output.Count == 0)
        {
            return 0;
        }
        buffer[0] = TIOCPKT_DATA;
        Span<byte> data = buffer[header..];
        int count = header + _output.Take(data[..Math.Min(data.Length, Delivered)]);
        RoomMade();
        return count;
    }

    private bool EndsMasterRead()
    {
        lock (TerminalLock)
        {
            return _output.Count > 0 || _slavesClosed || (_isPacketMode && _packetStatus != 0);
        }
    }

    private bool HasInputRoom()
    {
        lock (TerminalLock)
        {
            return InputRoom > 0;
        }
    }

    private SyscallResult MasterFlushes(int queue)
    {
        if (queue is not (TCIFLUSH or TCOFLUSH or TCIOFLUSH))
        {
            return Errno.EINVAL;
        }
        lock (TerminalLock)
        {
            if (queue != TCOFLUSH)
            {
                _output.Truncate(0);
                RoomMade();
            }
            if (queue != TCIFLUSH)
            {
                DropInput();
                InputTaken();
            }
        }
        return SyscallResult.Zero;
    }

    private SyscallResult OpenPeer(GuestTask task, int flags)
    {
        OpenFile? file = Open(task, flags, out Errno error);
        if (file is null)
        {
            return error;
        }
        int fd = task.Files.Add(file.Attach(default, Inode), (flags & O_CLOEXEC) != 0);
        if (fd < 0)
        {
            file.Release();
        }
        return (long)fd;
    }
}

/// <summary>An open /dev/ptmx.</summary>
internal sealed class PseudoTerminalMaster(PseudoTerminal terminal, int flags) : OpenFile(flags)
{
    public override uint Type => S_IFCHR;

    public override bool CanPoll => true;

    public override bool CanSignal => true;

    public PseudoTerminal Terminal => terminal;

    public override SyscallResult Read(GuestTask task, ref IovIter to) => terminal.MasterReads(task, this, ref to);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => terminal.MasterWrites(task, this, ref from);

    public override uint Poll(PollTable? table) => terminal.MasterPolls(table);

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument) => terminal.MasterIoctl(task, this, request, argument);

    protected override void Close() => terminal.MasterClosed();
}
