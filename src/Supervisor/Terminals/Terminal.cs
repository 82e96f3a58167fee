using System;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>A terminal as programs have it open (Linux's tty_struct with its line discipline). What is below, a
/// master or the supervisor's own terminal, is a derived class's. Lock: <c>terminal lock</c>, an object lock; signals
/// are collected under it and sent after it, since the task list lock is outside.</summary>
internal abstract partial class Terminal : ITerminalDriver
{
    /// <summary>Where a write that others must not interrupt is cut into pieces all the same.</summary>
    protected const int WritePiece = 2048;

    /// <summary>Linux reads in pieces of this size, and ends a read in raw mode with a piece that VMIN bytes do not
    /// fit in.</summary>
    private const int ReadPiece = 64;

    /// <summary>Typed bytes that the line discipline has no room for wait here.</summary>
    private const int InputSize = 16 * 1024;

    /// <summary>POLL_* bits of readers and writers.</summary>
    protected const uint InEvents = POLLIN | POLLRDNORM, OutEvents = POLLOUT | POLLWRNORM;

    private const uint HungUpEvents = InEvents | OutEvents | POLLERR | POLLHUP;
    private const long TenthOfSecond = 100_000_000;

    private readonly ByteQueue _input = new(InputSize);
    private winsize _windowSize;
    private bool _isReading, _isWriting;
    private int _generation;
    private uint _signals;

    // Stopped by ^S, or by TCXONC, which ^Q does not end.
    private bool _isStopped, _isHeld;

    protected Terminal(Machine machine, int number, in ktermios modes)
    {
        Machine = machine;
        Number = number;
        Discipline = new LineDiscipline(this, modes);
    }

    public Machine Machine { get; }

    /// <summary>Its number in /dev/pts.</summary>
    public int Number { get; }

    /// <summary>The node's owner, mode and times.</summary>
    public required TerminalInode Inode { get; init; }

    /// <summary>Counts hang-ups: a file of an earlier generation is dead.</summary>
    public int Generation => Volatile.Read(ref _generation);

    protected Lock TerminalLock { get; } = new();

    protected LineDiscipline Discipline { get; }

    protected WaitQueue ReadWait { get; } = new();

    protected WaitQueue WriteWait { get; } = new();

    /// <summary>What is below is gone: reads give EIO once nothing is left, writes at once. Terminal lock.</summary>
    protected bool IsOtherClosed { get; set; }

    /// <summary>How much output what is below takes now. Terminal lock.</summary>
    protected abstract int LineRoom { get; }

    bool ITerminalDriver.IsStopped => _isStopped;

    int ITerminalDriver.WriteRoom => _isStopped ? 0 : LineRoom;

    private bool CanReceive => !_isStopped && LineRoom > 0;

    /// <summary>Output modes are applied below, by a terminal that was not taken over.</summary>
    protected virtual bool IsPassedThrough => false;

    bool ITerminalDriver.IsPassedThrough => IsPassedThrough;

    /// <summary>One file more. EIO where there is nothing below to open it for.</summary>
    public abstract Errno Opened();

    /// <summary>One file less.</summary>
    public abstract void Closed();

    /// <summary>Opens it, by its name or as /dev/tty. EBUSY, EIO.</summary>
    public OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = IsExclusive && !task.Credentials.Has(CAP_SYS_ADMIN) ? Errno.EBUSY : Opened();
        if (error != Errno.None)
        {
            return null;
        }
        TerminalFile file = new(this, flags);
        ControlAtOpen(task, flags);
        return file;
    }

    public SyscallResult Read(GuestTask task, TerminalFile file, ref IovIter to)
    {
        if (IsHungUp(file))
        {
            return SyscallResult.Zero;
        }
        SyscallResult allowed = CheckChange(task, SIGTTIN);
        if (!allowed.Failed)
        {
            allowed = Attend(task);
        }
        if (allowed.Failed || to.Count == 0)
        {
            return allowed;
        }
        allowed = Acquire(task, file, ref _isReading, ReadWait, static (ref Terminal terminal) => !Volatile.Read(ref terminal._isReading));
        if (allowed.Failed)
        {
            return allowed;
        }
        Span<byte> buffer = task.Scratch.AsSpan(0, (int)Math.Min(to.Count, LineDiscipline.BufferSize));
        SyscallResult read = Fill(task, file, buffer);
        Release(ref _isReading, ReadWait);
        if (read.Failed)
        {
            return read;
        }
        int copied = to.CopyOut(task.Memory, buffer[..(int)read.Raw]);
        return copied < read.Raw ? Errno.EFAULT : read;
    }

    public SyscallResult Write(GuestTask task, TerminalFile file, ref IovIter from)
    {
        if (IsHungUp(file))
        {
            return Errno.EIO;
        }
        SyscallResult allowed = (Discipline.Termios.c_lflag & TOSTOP) != 0 ? CheckChange(task, SIGTTOU) : SyscallResult.Zero;
        if (allowed.Failed)
        {
            return allowed;
        }
        allowed = Acquire(task, file, ref _isWriting, WriteWait, static (ref Terminal terminal) => !Volatile.Read(ref terminal._isWriting));
        if (allowed.Failed)
        {
            return allowed;
        }
        SyscallResult written = WritePieces(task, file, ref from);
        Release(ref _isWriting, WriteWait);
        return written;
    }

    public uint Poll(TerminalFile file, PollTable? table)
    {
        table?.Add(ReadWait);
        table?.Add(WriteWait);
        Attend();
        lock (TerminalLock)
        {
            if (IsHungUp(file))
            {
                return HungUpEvents;
            }
            return (Discipline.PollsAsReadable ? InEvents : 0) | (IsOtherClosed ? POLLHUP : 0u) | (CanReceive && !_isWriting ? OutEvents : 0);
        }
    }

    /// <summary>Typed bytes from below: as many as there is room for.</summary>
    protected int Type(ReadOnlySpan<byte> bytes)
    {
        uint signals;
        int count;
        lock (TerminalLock)
        {
            count = Math.Min(_input.Room, bytes.Length);
            _input.Add(bytes[..count]);
            Pump();
            signals = EndOperation();
        }
        Send(signals);
        return count;
    }

    /// <summary>Terminal lock.</summary>
    protected int InputRoom => _input.Room;

    /// <summary>Forgets what was typed and did not get into the line discipline. Terminal lock.</summary>
    protected void DropInput() => _input.Truncate(0);

    /// <summary>Output that there is room for. Terminal lock.</summary>
    protected abstract void Transmit(ReadOnlySpan<byte> bytes);

    /// <summary>Drops what can still be dropped of the output. Terminal lock.</summary>
    protected abstract void DropOutput();

    /// <summary>After something was printed, before the lock is left: what is below may want to be told.</summary>
    protected abstract void Flush();

    /// <summary>A reader made room for typed bytes. Terminal lock.</summary>
    protected abstract void InputTaken();

    /// <summary>TIOCPKT_*: what a master in packet mode is to be told. Terminal lock.</summary>
    protected virtual void Report(byte status)
    {
    }

    /// <summary>Before a program reads or changes the terminal: the supervisor's own is taken over then.</summary>
    protected virtual SyscallResult Attend(GuestTask task) => SyscallResult.Zero;

    /// <summary>Before a program polls.</summary>
    protected virtual void Attend()
    {
    }

    /// <summary>Room for output, and echo that waited for it. Terminal lock.</summary>
    protected void RoomMade()
    {
        Discipline.FlushEcho();
        if (CanReceive)
        {
            WriteWait.WakeAll(OutEvents);
        }
    }

    /// <summary>Ends what was done under the terminal lock.</summary>
    /// <returns>Signals to <see cref="Send"/> after it.</returns>
    protected uint EndOperation()
    {
        Flush();
        uint signals = _signals;
        _signals = 0;
        return signals;
    }

    /// <summary>To the foreground process group; no locks.</summary>
    protected void Send(uint signals)
    {
        for (int signal = 1; signals >> signal != 0; signal++)
        {
            if ((signals & (1u << signal)) != 0)
            {
                SendToForeground(signal);
            }
        }
    }

    void ITerminalDriver.Transmit(ReadOnlySpan<byte> bytes) => Transmit(bytes);

    void ITerminalDriver.FlushOutput()
    {
        DropOutput();
        Report(TIOCPKT_FLUSHWRITE);
        WriteWait.WakeAll(OutEvents);
    }

    void ITerminalDriver.Signal(int signal) => _signals |= 1u << signal;

    void ITerminalDriver.InputFlushed()
    {
        Report(TIOCPKT_FLUSHREAD);
        InputTaken();
    }

    void ITerminalDriver.InputReady() => ReadWait.Wake(InEvents);

    void ITerminalDriver.SetStopped(bool stopped) => SetStopped(stopped);

    private bool IsHungUp(TerminalFile file) => file.Generation != Generation;

    private void SetStopped(bool stopped)
    {
        if (stopped == _isStopped || (!stopped && _isHeld))
        {
            return;
        }
        _isStopped = stopped;
        Report((byte)(stopped ? TIOCPKT_STOP : TIOCPKT_START));
        if (!stopped)
        {
            RoomMade();
        }
    }

    /// <summary>Typed bytes go on into the line discipline. Terminal lock.</summary>
    private void Pump()
    {
        bool taken = false;
        while (_input.Count > 0)
        {
            int count = Discipline.Receive(_input.Front);
            _input.Skip(count);
            taken |= count > 0;
            if (count == 0)
            {
                break;
            }
        }
        if (taken)
        {
            InputTaken();
        }
    }

    /// <summary>The loop of n_tty_read.</summary>
    /// <returns>Bytes read.</returns>
    private unsafe SyscallResult Fill(GuestTask task, TerminalFile file, Span<byte> buffer)
    {
        int done = 0, minimum = 0;
        long between = 0;
        Deadline deadline = Deadline.Never;
        bool mayWait = true;
        lock (TerminalLock)
        {
            ref readonly ktermios modes = ref Discipline.Termios;
            if (!Discipline.IsCanonical)
            {
                minimum = Math.Max((int)modes.c_cc[VMIN], 1);
                long time = modes.c_cc[VTIME] * TenthOfSecond;
                between = modes.c_cc[VMIN] != 0 ? time : 0;
                mayWait = modes.c_cc[VMIN] != 0 || time != 0;
                deadline = modes.c_cc[VMIN] == 0 && time != 0 ? Deadline.After(time) : deadline;
                buffer = minimum > ReadPiece ? buffer[..Math.Min(buffer.Length, ReadPiece)] : buffer;
            }
        }
        while (true)
        {
            Errno ended = Errno.None;
            bool isEnd;
            uint signals;
            lock (TerminalLock)
            {
                isEnd = Take(file, buffer, ref done, minimum, ref ended, out bool any);
                signals = EndOperation();
                if (any && between != 0)
                {
                    deadline = Deadline.After(between);
                }
            }
            Send(signals);
            if (isEnd)
            {
                return ended == Errno.None || done > 0 ? done : ended;
            }
            if (!mayWait)
            {
                return done;
            }
            if (file.IsNonblocking)
            {
                return done > 0 ? done : Errno.EAGAIN;
            }
            (Terminal Terminal, TerminalFile File) wait = (this, file);
            WaitResult waited = task.Wait(ReadWait, ref wait, static (ref (Terminal Terminal, TerminalFile File) wait) => wait.Terminal.EndsRead(wait.File), deadline);
            if (waited == WaitResult.Interrupted)
            {
                return done > 0 ? done : SyscallResult.RestartSys;
            }
            mayWait = waited != WaitResult.TimedOut;
        }
    }

    /// <summary>Takes what there is. Terminal lock.</summary>
    /// <returns>Whether the read ends.</returns>
    private bool Take(TerminalFile file, Span<byte> buffer, ref int done, int minimum, ref Errno error, out bool any)
    {
        any = Discipline.HasInput;
        if (!any)
        {
            error = IsOtherClosed ? Errno.EIO : Errno.None;
            return IsOtherClosed || IsHungUp(file);
        }
        bool canonical = Discipline.IsCanonical;
        if (canonical)
        {
            done += Discipline.ReadLine(buffer[done..]);
            Pump();
        }
        else
        {
            while (done < buffer.Length && Discipline.HasInput)
            {
                done += Discipline.ReadBytes(buffer[done..]);
                Pump();
            }
        }
        InputTaken();
        return canonical || done >= minimum || done == buffer.Length;
    }

    private bool EndsRead(TerminalFile file)
    {
        lock (TerminalLock)
        {
            return Discipline.HasInput || IsOtherClosed || IsHungUp(file);
        }
    }

    private SyscallResult WritePieces(GuestTask task, TerminalFile file, ref IovIter from)
    {
        Span<byte> piece = task.Scratch.AsSpan(0, WritePiece);
        long done = 0;
        while (from.Count > 0)
        {
            int wanted = (int)Math.Min((ulong)WritePiece, from.Count);
            if (from.CopyIn(task.Memory, piece[..wanted]) < wanted)
            {
                return done > 0 ? done : Errno.EFAULT;
            }
            Span<byte> rest = piece[..wanted];
            SyscallResult ended = WritePieceOf(task, file, ref rest);
            done += wanted - rest.Length;
            if (ended.Failed)
            {
                return done > 0 ? done : ended;
            }
            if (task.NeedsAttention && from.Count > 0)
            {
                return done;
            }
        }
        return done;
    }

    /// <param name="rest">Moves forward.</param>
    private SyscallResult WritePieceOf(GuestTask task, TerminalFile file, ref Span<byte> rest)
    {
        while (true)
        {
            uint signals;
            lock (TerminalLock)
            {
                if (IsHungUp(file) || IsOtherClosed)
                {
                    return Errno.EIO;
                }
                rest = rest[Discipline.Write(rest)..];
                signals = EndOperation();
            }
            Send(signals);
            if (rest.IsEmpty)
            {
                return SyscallResult.Zero;
            }
            if (file.IsNonblocking)
            {
                return Errno.EAGAIN;
            }
            (Terminal Terminal, TerminalFile File) wait = (this, file);
            if (task.Wait(WriteWait, ref wait, static (ref (Terminal Terminal, TerminalFile File) wait) => wait.Terminal.EndsWrite(wait.File), Deadline.Never)
                == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }
    }

    private bool EndsWrite(TerminalFile file)
    {
        lock (TerminalLock)
        {
            // Enough for whatever one byte may become.
            const int Widest = 8;
            return IsHungUp(file) || IsOtherClosed || (!_isStopped && LineRoom >= Widest);
        }
    }

    /// <summary>One reader, and one writer, at a time: each has the terminal for the whole of its call.</summary>
    private SyscallResult Acquire(GuestTask task, TerminalFile file, ref bool taken, WaitQueue queue, WaitCondition<Terminal> isFree)
    {
        while (true)
        {
            lock (TerminalLock)
            {
                if (!taken)
                {
                    taken = true;
                    return SyscallResult.Zero;
                }
            }
            if (file.IsNonblocking)
            {
                return Errno.EAGAIN;
            }
            Terminal self = this;
            if (task.Wait(queue, ref self, isFree, Deadline.Never) == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }
    }

    private void Release(ref bool taken, WaitQueue queue)
    {
        lock (TerminalLock)
        {
            taken = false;
        }
        queue.WakeAll();
    }
}
