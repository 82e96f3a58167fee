using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

// ioctl, in Linux's order of checks: the tty's own, then job control's, the master's, and the line discipline's.
internal abstract partial class Terminal
{
    private const int N_TTY = 0;

    private bool _isExclusive;

    /// <summary>TIOCEXCL holds: further opens by the unprivileged fail with EBUSY.</summary>
    public bool IsExclusive => _isExclusive;

    /// <summary>An ioctl on the terminal, or on a master for its terminal.</summary>
    /// <param name="isMaster">Job control does not ask a master's holder who it is.</param>
    public SyscallResult Ioctl(GuestTask task, OpenFile file, bool isMaster, uint request, ulong argument)
    {
        GuestAddress address = new(argument);
        bool controls = isMaster || task.Group.Terminal == this;
        switch (request)
        {
            case TIOCSTI:
                return Inject(task, address);
            case TIOCGWINSZ:
                return Answer(task, address, WindowSize);
            case TIOCSWINSZ:
                return task.Memory.Read(address, out winsize size) ? SetWindowSize(size) : Errno.EFAULT;
            case TIOCEXCL:
                _isExclusive = true;
                return SyscallResult.Zero;
            case TIOCNXCL:
                _isExclusive = false;
                return SyscallResult.Zero;
            case TIOCGEXCL:
                return Answer(task, address, _isExclusive ? 1 : 0);
            case TIOCGETD:
                return Answer(task, address, N_TTY);
            case TIOCSETD:
                SyscallResult allowed = CheckChange(task, SIGTTOU);
                return allowed.Failed ? allowed
                    : !task.Memory.Read(address, out int discipline) ? Errno.EFAULT
                    : discipline == N_TTY ? SyscallResult.Zero
                    : Errno.EINVAL;
            case TIOCVHANGUP:
                if (!task.Credentials.Has(CAP_SYS_ADMIN))
                {
                    return Errno.EPERM;
                }
                HangUp();
                return SyscallResult.Zero;
            case TIOCSBRK or TCSBRK or TCSBRKP:
                // There is no line to break, and output is never on its way.
                return isMaster ? SyscallResult.Zero : CheckChange(task, SIGTTOU);
            case TIOCCBRK:
                return isMaster ? SyscallResult.Zero : CheckChange(task, SIGTTOU);
            case TIOCGDEV:
                return Answer(task, address, (uint)Inode.DeviceNumber);
            case TIOCGPTPEER:
                return Errno.EIO;
            case TIOCSCTTY:
                return SetControlling(task, file, argument == 1);
            case TIOCNOTTY:
                return isMaster ? Errno.ENOTTY : GiveUp(task);
            case TIOCGPGRP:
                return controls ? Answer(task, address, ForegroundGroup) : Errno.ENOTTY;
            case TIOCSPGRP:
                SyscallResult change = CheckChange(task, SIGTTOU);
                return change.Error == Errno.EIO ? Errno.ENOTTY
                    : change.Failed ? change
                    : task.Memory.Read(address, out int processGroup) ? SetForeground(task, processGroup)
                    : Errno.EFAULT;
            case TIOCGSID:
                return controls && Session != 0 ? Answer(task, address, Session) : Errno.ENOTTY;
            default:
                return ModeIoctl(task, isMaster, request, address);
        }
    }

    /// <summary>A terminal's size in characters; a change is told to the foreground process group.</summary>
    public winsize WindowSize
    {
        get
        {
            lock (TerminalLock)
            {
                return _windowSize;
            }
        }
    }

    public SyscallResult SetWindowSize(winsize size)
    {
        lock (TerminalLock)
        {
            if (_windowSize.ws_row == size.ws_row && _windowSize.ws_col == size.ws_col
                && _windowSize.ws_xpixel == size.ws_xpixel && _windowSize.ws_ypixel == size.ws_ypixel)
            {
                return SyscallResult.Zero;
            }
            _windowSize = size;
        }
        SendToForeground(SIGWINCH);
        return SyscallResult.Zero;
    }

    /// <summary>FIONREAD on the terminal.</summary>
    protected int Available
    {
        get
        {
            lock (TerminalLock)
            {
                return Discipline.Available;
            }
        }
    }

    protected static SyscallResult Answer<T>(GuestTask task, GuestAddress address, in T value)
        where T : unmanaged => task.Memory.Write(address, value) ? SyscallResult.Zero : Errno.EFAULT;

    /// <summary>What can change before a program looks at the modes.</summary>
    protected virtual void RefreshModes()
    {
    }

    /// <summary>TCGETS and its like, and what the line discipline does.</summary>
    private SyscallResult ModeIoctl(GuestTask task, bool isMaster, uint request, GuestAddress address)
    {
        switch (request)
        {
            case TCGETS:
                return Answer(task, address, TerminalModes.ToTermios(Modes));
            case TCGETS2:
                return Answer(task, address, Modes);
            case TCGETA:
                return Answer(task, address, TerminalModes.ToTermio(Modes));
            case TCSETS or TCSETSW or TCSETSF or TCSETS2 or TCSETSW2 or TCSETSF2 or TCSETA or TCSETAW or TCSETAF:
                SyscallResult allowed = CheckChange(task, SIGTTOU);
                if (!allowed.Failed)
                {
                    allowed = Attend(task);
                }
                return allowed.Failed ? allowed : SetModes(task, request, address);
            case TIOCGSOFTCAR:
                return Answer(task, address, (Modes.c_cflag & CLOCAL) != 0 ? 1 : 0);
            case TCXONC:
                SyscallResult flow = isMaster ? SyscallResult.Zero : CheckChange(task, SIGTTOU);
                return flow.Failed ? flow : Control((int)address.Value);
            case TCFLSH:
                SyscallResult flush = isMaster ? SyscallResult.Zero : CheckChange(task, SIGTTOU);
                return flush.Failed ? flush : Flush((int)address.Value);
            case TIOCOUTQ:
                return Answer(task, address, 0);
            case FIONREAD:
                return Answer(task, address, Available);
            default:
                return Errno.ENOTTY;
        }
    }

    private ktermios Modes
    {
        get
        {
            lock (TerminalLock)
            {
                RefreshModes();
                return Discipline.Termios;
            }
        }
    }

    private SyscallResult SetModes(GuestTask task, uint request, GuestAddress address)
    {
        ktermios old = Modes, modes;
        switch (request)
        {
            case TCSETA or TCSETAW or TCSETAF:
                if (!task.Memory.Read(address, out termio small))
                {
                    return Errno.EFAULT;
                }
                modes = TerminalModes.Apply(old, small);
                break;
            case TCSETS or TCSETSW or TCSETSF:
                if (!task.Memory.Read(address, out termios plain))
                {
                    return Errno.EFAULT;
                }
                modes = TerminalModes.Apply(old, plain);
                break;
            default:
                if (!task.Memory.Read(address, out ktermios full))
                {
                    return Errno.EFAULT;
                }
                modes = TerminalModes.Normalize(full);
                break;
        }
        uint signals;
        lock (TerminalLock)
        {
            if (request is TCSETSF or TCSETSF2 or TCSETAF)
            {
                Discipline.FlushInput();
                Pump();
            }
            SetModes(modes);
            signals = EndOperation();
        }
        Send(signals);
        ReadWait.WakeAll();
        WriteWait.WakeAll();
        return SyscallResult.Zero;
    }

    /// <summary>Terminal lock.</summary>
    private void SetModes(in ktermios modes)
    {
        ktermios old = Discipline.Termios;
        Discipline.SetTermios(modes);
        bool flow = UsesUsualFlowControl(modes);
        if (flow != UsesUsualFlowControl(old))
        {
            Report((byte)(flow ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP));
        }
        if (((old.c_lflag | modes.c_lflag) & EXTPROC) != 0)
        {
            Report(TIOCPKT_IOCTL);
        }
    }

    private static unsafe bool UsesUsualFlowControl(in ktermios modes) => (modes.c_iflag & IXON) != 0 && modes.c_cc[VSTOP] == 0x13 && modes.c_cc[VSTART] == 0x11;

    /// <summary>TCXONC.</summary>
    private unsafe SyscallResult Control(int what)
    {
        lock (TerminalLock)
        {
            switch (what)
            {
                case TCOOFF:
                    SetStopped(true);
                    _isHeld = true;
                    break;
                case TCOON:
                    if (_isHeld)
                    {
                        _isHeld = false;
                        SetStopped(false);
                    }
                    break;
                case TCIOFF or TCION:
                    byte character = Discipline.Termios.c_cc[what == TCIOFF ? VSTOP : VSTART];
                    if (character != 0 && LineRoom > 0)
                    {
                        Transmit([character]);
                    }
                    break;
                default:
                    return Errno.EINVAL;
            }
            Flush();
        }
        return SyscallResult.Zero;
    }

    /// <summary>TCFLSH.</summary>
    private SyscallResult Flush(int queue)
    {
        if (queue is not (TCIFLUSH or TCOFLUSH or TCIOFLUSH))
        {
            return Errno.EINVAL;
        }
        lock (TerminalLock)
        {
            if (queue != TCOFLUSH)
            {
                DropInput();
                Discipline.FlushInput();
            }
            if (queue != TCIFLUSH)
            {
                ((ITerminalDriver)this).FlushOutput();
            }
            Flush();
        }
        return SyscallResult.Zero;
    }

    /// <summary>TIOCSTI: only for the privileged, as where the kernel's legacy_tiocsti is off.</summary>
    private SyscallResult Inject(GuestTask task, GuestAddress address)
    {
        if (!task.Credentials.Has(CAP_SYS_ADMIN))
        {
            return Errno.EIO;
        }
        if (!task.Memory.Read(address, out byte typed))
        {
            return Errno.EFAULT;
        }
        Type([typed]);
        return SyscallResult.Zero;
    }
}
