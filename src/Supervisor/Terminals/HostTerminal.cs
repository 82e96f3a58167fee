using System;
using System.Runtime.CompilerServices;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>The supervisor's own terminal as a guest's. As long as guests only print, it is left as it is: its modes
/// are the guest's, what is printed passes through, and the host's ^C comes as a signal. With the first read, poll or
/// change of modes it is taken over: it is raw, a thread reads it, and the line discipline is ours. While the
/// supervisor is stopped or in the background it is left to others.</summary>
[SkipLocalsInit]
internal sealed class HostTerminal : Terminal
{
    private const int StackBytes = 256 * 1024;
    private const int OutputSize = 4096;

    /// <summary>How often a supervisor that had the terminal and lost it looks whether it is in the foreground again:
    /// nothing tells.</summary>
    private const int BackgroundMilliseconds = 200;

    /// <summary>The key that thrice within a second ends everything.</summary>
    private const byte EmergencyKey = 0x1c;
    private const int EmergencyPresses = 3;

    /// <summary>How long the end of a run waits for the terminal to take what was printed.</summary>
    private const int DrainMilliseconds = 2000;

    private readonly HostTty _tty;
    private readonly ByteQueue _output = new(OutputSize);
    private bool _isTaken, _wasTaken, _isServed, _isBroken;

    // Stopping, stopped, or at the end.
    private bool _isGivenBack;

    // Presses of the emergency key in a row, and when the first was.
    private int _presses;
    private long _firstPress;
    private bool _killed;

    private HostTerminal(Machine machine, int number, HostTty tty)
        : base(machine, number, tty.Modes)
    {
        _tty = tty;
        SetWindowSize(tty.WindowSize);
    }

    protected override bool IsPassedThrough => !_isTaken;

    protected override int LineRoom => _output.Room;

    /// <summary>Of the controlling terminal, where that is one of the standard streams.</summary>
    public static HostTerminal? Open(Machine machine, Credentials owner)
    {
        return HostTty.Open() is { } tty
            ? new HostTerminal(machine, 0, tty) { Inode = machine.Terminals.NewInode(0, owner.Uid) }
            : null;
    }

    /// <summary>Whether the supervisor's descriptor is this terminal.</summary>
    public bool IsSame(int hostFd) => _tty.IsSame(hostFd);

    public override Errno Opened() => _isBroken ? Errno.EIO : Errno.None;

    /// <summary>The supervisor keeps it open.</summary>
    public override void Closed()
    {
    }

    /// <summary>The host's terminal changed its size.</summary>
    public void Resized() => SetWindowSize(_tty.WindowSize);

    /// <summary>The supervisor is about to stop, or to end: the terminal is as it was.</summary>
    /// <returns>Whether it was taken over.</returns>
    public bool GiveBack()
    {
        lock (TerminalLock)
        {
            Flush();
            _isGivenBack = true;
            bool wasTaken = _isTaken;
            if (_isTaken)
            {
                _isTaken = false;
                _wasTaken = true;
                if (_tty.IsForeground)
                {
                    _tty.Restore();
                }
                else
                {
                    _tty.Abandon();
                }
            }
            return wasTaken;
        }
    }

    /// <summary>The supervisor was continued.</summary>
    public void Continued()
    {
        lock (TerminalLock)
        {
            _isGivenBack = false;
            if (_isTaken)
            {
                // Stopped by SIGSTOP: whoever had the terminal since has left it in another state.
                _isTaken = false;
                _wasTaken = true;
                _tty.Abandon();
            }
            if (_wasTaken && _tty.IsForeground)
            {
                Take();
            }
        }
        Resized();
        _tty.Wake();
    }

    /// <summary>The run is over.</summary>
    public void End()
    {
        long until = Environment.TickCount64 + DrainMilliseconds;
        while (Environment.TickCount64 < until)
        {
            lock (TerminalLock)
            {
                Flush();
                if (_output.Count == 0)
                {
                    break;
                }
            }
            _ = _tty.Wait(POLLOUT, DrainMilliseconds / 10);
        }
        _ = GiveBack();
    }

    protected override SyscallResult Attend(GuestTask task)
    {
        while (true)
        {
            lock (TerminalLock)
            {
                if (_isTaken || _isBroken)
                {
                    return SyscallResult.Zero;
                }
                if (_tty.IsForeground)
                {
                    Take();
                    return SyscallResult.Zero;
                }
            }
            if (_tty.AwaitForeground() is var error and not Errno.None)
            {
                return error;
            }
            if (task.NeedsAttention)
            {
                return SyscallResult.RestartSys;
            }
        }
    }

    protected override void Attend()
    {
        lock (TerminalLock)
        {
            if (!_isTaken && !_isBroken && !_isGivenBack && _tty.IsForeground)
            {
                Take();
            }
        }
    }

    protected override void RefreshModes()
    {
        if (!_isTaken && !_wasTaken)
        {
            Discipline.SetTermios(_tty.Modes);
        }
    }

    protected override void Transmit(ReadOnlySpan<byte> bytes) => _output.Add(bytes);

    protected override void DropOutput() => _output.Truncate(0);

    protected override void InputTaken()
    {
        if (_isServed)
        {
            _tty.Wake();
        }
    }

    protected override void Flush()
    {
        while (_output.Count > 0)
        {
            Result written = _tty.Write(_output.Front);
            if (!written.Failed)
            {
                _output.Skip(written.Int);
            }
            else if (written.Error == Errno.EAGAIN)
            {
                Serve();
                _tty.Wake();
                return;
            }
            else if (written.Error != Errno.EINTR)
            {
                _output.Truncate(0);
            }
        }
    }

    /// <summary>Terminal lock; in the foreground.</summary>
    private void Take()
    {
        RefreshModes();
        _tty.SetRaw();
        _isTaken = true;
        Serve();
        _tty.Wake();
    }

    /// <summary>Starts the thread that reads, and writes what had to wait.</summary>
    private void Serve()
    {
        if (!_isServed)
        {
            _isServed = true;
            new Thread(Run, StackBytes) { IsBackground = true, Name = "terminal" }.Start();
        }
    }

    private void Run()
    {
        Span<byte> typed = stackalloc byte[1024];
        while (!_isBroken)
        {
            uint wanted;
            bool isLost;
            int room;
            lock (TerminalLock)
            {
                room = Math.Min(InputRoom, typed.Length);
                wanted = (_isTaken && room > 0 ? POLLIN : 0u) | (_output.Count > 0 ? POLLOUT : 0u);
                isLost = _wasTaken && !_isTaken;
            }
            uint ready = _tty.Wait(wanted, isLost ? BackgroundMilliseconds : -1);
            if (isLost)
            {
                Attend();
            }
            if ((ready & (POLLOUT | POLLERR | POLLHUP)) != 0)
            {
                lock (TerminalLock)
                {
                    Flush();
                    RoomMade();
                }
            }
            if ((wanted & POLLIN) != 0 && (ready & (POLLIN | POLLERR | POLLHUP)) != 0)
            {
                ReadTyped(typed[..room]);
            }
            FileOwner.SendDue();
        }
    }

    private void ReadTyped(Span<byte> buffer)
    {
        lock (TerminalLock)
        {
            if (!_isTaken)
            {
                return;
            }
            if (!_tty.IsForeground)
            {
                // Its keys are another's now, who has set the modes as well.
                _isTaken = false;
                _wasTaken = true;
                _tty.Abandon();
                return;
            }
        }
        Result read = _tty.Read(buffer);
        if (read.Raw > 0)
        {
            ReadOnlySpan<byte> typed = buffer[..read.Int];
            Watch(typed);
            _ = Type(typed);
        }
        else if (read.Error is not (Errno.EAGAIN or Errno.EINTR))
        {
            lock (TerminalLock)
            {
                _isBroken = true;
                _isTaken = false;
                _tty.Abandon();
            }
            HangUp();
        }
    }

    /// <summary>The way out of a run that nothing else ends: first all guests are killed, and if that does not help, the
    /// supervisor.</summary>
    private void Watch(ReadOnlySpan<byte> typed)
    {
        foreach (byte key in typed)
        {
            long now = Environment.TickCount64;
            if (key != EmergencyKey || now - _firstPress > 1000)
            {
                _presses = 0;
            }
            if (key != EmergencyKey)
            {
                continue;
            }
            _firstPress = _presses == 0 ? now : _firstPress;
            if (++_presses == EmergencyPresses)
            {
                _presses = 0;
                if (_killed || !Machine.TryKillAll())
                {
                    _tty.Restore();
                    HostSignals.Kill();
                }
                _killed = true;
            }
        }
    }
}
