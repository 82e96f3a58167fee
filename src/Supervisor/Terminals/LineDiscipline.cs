using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>N_TTY: what a terminal makes of typed and of printed bytes. Input lines are edited in a ring of 4096
/// bytes, between <c>_canonHead</c>, where the last complete line ends, and <c>_head</c>. Indices only grow; a bit
/// for each place in the ring says that a line ends there, with a NUL for an end of file. Lock: its terminal's.
/// </summary>
internal sealed unsafe partial class LineDiscipline
{
    public const int BufferSize = 4096;

    private const uint Mask = BufferSize - 1;
    private const byte Disabled = 0;

    private readonly ITerminalDriver _driver;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly ulong[] _lineEnds = new ulong[BufferSize / 64];
    private ktermios _termios;
    private uint _head, _commitHead, _canonHead, _tail;
    private bool _literalNext, _erasing;

    // Input from before canonical mode was set: it counts as a line although nothing ends it.
    private bool _push;

    public LineDiscipline(ITerminalDriver driver, in ktermios termios)
    {
        _driver = driver;
        _termios = termios;
    }

    public ref readonly ktermios Termios => ref _termios;

    public bool IsCanonical => (_termios.c_lflag & ICANON) != 0;

    /// <summary>A read would find something.</summary>
    public bool HasInput => IsCanonical ? _canonHead != _tail : _commitHead != _tail;

    /// <summary>As poll sees it: with VMIN but no VTIME, only VMIN bytes count.</summary>
    public bool PollsAsReadable =>
        IsCanonical || _termios.c_cc[VTIME] != 0 || _termios.c_cc[VMIN] == 0 ? HasInput : _commitHead - _tail >= _termios.c_cc[VMIN];

    /// <summary>FIONREAD.</summary>
    public int Available
    {
        get
        {
            if (!IsCanonical)
            {
                return (int)(_head - _tail);
            }
            int count = 0;
            for (uint at = _tail; at != _canonHead; at++)
            {
                count += IsLineEnd(at) && _buffer[at & Mask] == Disabled ? 0 : 1;
            }
            return count;
        }
    }

    /// <summary>Sets new modes (n_tty_set_termios). A change of ICANON makes lines of what is there, or bytes of lines.
    /// </summary>
    public void SetTermios(in ktermios termios)
    {
        ktermios old = _termios;
        _termios = termios;
        if (((old.c_lflag ^ termios.c_lflag) & ICANON) != 0)
        {
            Array.Clear(_lineEnds);
            _push = IsCanonical && _head != _tail;
            _canonHead = _push ? _head : _tail;
            if (_push)
            {
                SetLineEnd(_head - 1, true);
            }
            _commitHead = _head;
            _erasing = false;
            _literalNext = false;
        }
        if ((termios.c_iflag & IXON) == 0 && (old.c_iflag & IXON) != 0)
        {
            _driver.SetStopped(false);
            FlushEcho();
        }
    }

    /// <summary>Forgets all input (tcflush).</summary>
    public void FlushInput()
    {
        _head = _commitHead = _canonHead = _tail = 0;
        _erasing = _push = false;
        Array.Clear(_lineEnds);
        _driver.InputFlushed();
    }

    /// <summary>Typed bytes.</summary>
    /// <returns>How many were taken. Where a reader has to make room first, not all; a line that is too long is no such
    /// case, its last byte is replaced until it ends.</returns>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        while (taken < bytes.Length)
        {
            int room = BufferSize - (int)(_head - _tail);
            if (Input(PARMRK))
            {
                room = (room + 2) / 3;
            }
            if (--room <= 0)
            {
                if (!IsCanonical || _canonHead != _tail)
                {
                    break;
                }
                _head -= room < 0 ? 1u : 0;
                room = 1;
            }
            int count = Math.Min(room, bytes.Length - taken);
            foreach (byte c in bytes.Slice(taken, count))
            {
                ReceiveByte(c);
            }
            FlushEcho();
            if (!IsCanonical)
            {
                _commitHead = _head;
                if (_head != _tail)
                {
                    _driver.InputReady();
                }
            }
            taken += count;
        }
        return taken;
    }

    /// <summary>Takes bytes of at most one line, which a NUL for the end of file is not part of. 0 bytes of a line are
    /// an end of file: the caller knows that there is input.</summary>
    public int ReadLine(Span<byte> to)
    {
        // One more than was asked for: an end of file right behind it goes with it.
        uint limit = Math.Min((uint)to.Length + 1, _canonHead - _tail);
        uint length = 0;
        while (length < limit && !IsLineEnd(_tail + length))
        {
            length++;
        }
        bool ends = length < limit;
        bool isEndOfFile = ends && !_push && _buffer[(_tail + length) & Mask] == Disabled;
        uint count = isEndOfFile ? length : Math.Min(ends ? length + 1 : length, (uint)to.Length);
        Copy(to[..(int)count]);
        if (ends && (isEndOfFile || count == length + 1))
        {
            SetLineEnd(_tail + length, false);
            _push = false;
            count += isEndOfFile ? 1u : 0;
            _tail += count;
            return (int)(isEndOfFile ? count - 1 : count);
        }
        _tail += count;
        return (int)count;
    }

    /// <summary>Takes bytes as they came.</summary>
    public int ReadBytes(Span<byte> to)
    {
        int count = (int)Math.Min(_commitHead - _tail, (uint)to.Length);
        Copy(to[..count]);
        _tail += (uint)count;
        return count;
    }

    /// <summary>One typed byte (n_tty_receive_char and its like).</summary>
    private void ReceiveByte(byte c)
    {
        if (Input(ISTRIP))
        {
            c &= 0x7f;
        }
        if (Input(IUCLC) && Local(IEXTEN))
        {
            c = Latin1.ToLower(c);
        }
        bool literal = _literalNext;
        _literalNext = false;
        if (c != Disabled && !literal)
        {
            if (Input(IXON) && (Is(c, VSTART) || Is(c, VSTOP)))
            {
                _driver.SetStopped(!Is(c, VSTART));
                if (Is(c, VSTART))
                {
                    FlushEcho();
                }
                return;
            }
            if (Local(ISIG) && SignalOf(c) is var signal and not 0)
            {
                Interrupt(signal, c);
                return;
            }
        }
        if (_driver.IsStopped && Input(IXON) && Input(IXANY))
        {
            _driver.SetStopped(false);
            FlushEcho();
        }
        byte typed = c;
        if (!literal && c == '\r')
        {
            if (Input(IGNCR))
            {
                return;
            }
            c = Input(ICRNL) ? (byte)'\n' : c;
        }
        else if (!literal && c == '\n' && Input(INLCR))
        {
            c = (byte)'\r';
        }
        if (literal || !IsCanonical || c == Disabled || !Edit(c))
        {
            Store(c, isNewline: c == '\n' && typed == '\r');
        }
    }

    /// <summary>A byte that is no command. A newline that was typed as one is echoed as ^J, outside of canonical mode.
    /// </summary>
    private void Store(byte c, bool isNewline)
    {
        if (Local(ECHO))
        {
            FinishErasing();
            if (isNewline)
            {
                EchoRaw(c);
            }
            else
            {
                EchoInput(c);
            }
        }
        Put(c);
    }

    private void Interrupt(int signal, byte c)
    {
        _driver.Signal(signal);
        if (!Local(NOFLSH))
        {
            DropEcho();
            _driver.FlushOutput();
            FlushInput();
        }
        if (Input(IXON))
        {
            _driver.SetStopped(false);
        }
        if (Local(ECHO))
        {
            Echo(c);
        }
        FlushEcho();
    }

    private int SignalOf(byte c) => Is(c, VINTR) ? SIGINT : Is(c, VQUIT) ? SIGQUIT : Is(c, VSUSP) ? SIGTSTP : 0;

    /// <summary>Canonical mode's commands and line ends.</summary>
    /// <returns>False if it is neither.</returns>
    private bool Edit(byte c)
    {
        bool extended = Local(IEXTEN);
        if (Is(c, VERASE) || Is(c, VKILL) || (extended && Is(c, VWERASE)))
        {
            Erase(c);
        }
        else if (extended && Is(c, VLNEXT))
        {
            _literalNext = true;
            if (Local(ECHO))
            {
                FinishErasing();
                if (Local(ECHOCTL))
                {
                    EchoRaw((byte)'^');
                    EchoRaw((byte)'\b');
                }
            }
        }
        else if (extended && Is(c, VREPRINT) && Local(ECHO))
        {
            FinishErasing();
            Echo(c);
            EchoRaw((byte)'\n');
            for (uint at = _canonHead; at != _head; at++)
            {
                Echo(_buffer[at & Mask]);
            }
        }
        else if (c == '\n')
        {
            if (Local(ECHO) || Local(ECHONL))
            {
                EchoRaw(c);
            }
            EndLine(c);
        }
        else if (Is(c, VEOF))
        {
            EndLine(Disabled);
        }
        else if (Is(c, VEOL) || (extended && Is(c, VEOL2)))
        {
            if (Local(ECHO))
            {
                EchoInput(c);
            }
            if (c == 0xff && Input(PARMRK))
            {
                Append(c);
            }
            EndLine(c);
        }
        else
        {
            return false;
        }
        return true;
    }

    private void EndLine(byte c)
    {
        SetLineEnd(_head, true);
        Append(c);
        _canonHead = _head;
        _driver.InputReady();
    }

    /// <summary>VERASE, VKILL, VWERASE.</summary>
    private void Erase(byte c)
    {
        if (_head == _canonHead)
        {
            return;
        }
        bool isErase = Is(c, VERASE), isWord = !isErase && Is(c, VWERASE) && Local(IEXTEN);
        if (!isErase && !isWord && !(Local(ECHO) && Local(ECHOK) && Local(ECHOKE) && Local(ECHOE)))
        {
            _head = _canonHead;
            if (Local(ECHO))
            {
                FinishErasing();
                Echo(_termios.c_cc[VKILL]);
                if (Local(ECHOK))
                {
                    EchoRaw((byte)'\n');
                }
            }
            return;
        }
        bool seenWord = false;
        while (_head != _canonHead)
        {
            uint first = _head;
            byte erased;
            do
            {
                erased = _buffer[--first & Mask];
            }
            while (IsContinuation(erased) && first != _canonHead);
            if (IsContinuation(erased))
            {
                break;
            }
            if (isWord)
            {
                if (Latin1.IsAlphanumeric(erased) || erased == '_')
                {
                    seenWord = true;
                }
                else if (seenWord)
                {
                    break;
                }
            }
            uint length = _head - first;
            _head = first;
            if (Local(ECHO))
            {
                EchoErased(erased, first, length, isErase);
            }
            if (isErase)
            {
                break;
            }
        }
        if (_head == _canonHead && Local(ECHO))
        {
            FinishErasing();
        }
    }

    private void Put(byte c)
    {
        if (c == 0xff && Input(PARMRK))
        {
            Append(c);
        }
        Append(c);
    }

    private void Append(byte c) => _buffer[_head++ & Mask] = c;

    private void Copy(Span<byte> to)
    {
        for (int at = 0; at < to.Length; at++)
        {
            to[at] = _buffer[(_tail + (uint)at) & Mask];
        }
    }

    private bool IsLineEnd(uint at) => (_lineEnds[(at & Mask) >> 6] & (1UL << (int)(at & 63))) != 0;

    private void SetLineEnd(uint at, bool ends)
    {
        ulong bit = 1UL << (int)(at & 63);
        ref ulong word = ref _lineEnds[(at & Mask) >> 6];
        word = ends ? word | bit : word & ~bit;
    }

    /// <summary>Control character; one that is disabled (NUL) never matches, as the byte is not NUL.</summary>
    private bool Is(byte c, int index) => _termios.c_cc[index] == c;

    private bool Input(uint flag) => (_termios.c_iflag & flag) != 0;

    private bool Output(uint flag) => (_termios.c_oflag & flag) != 0;

    private bool Local(uint flag) => (_termios.c_lflag & flag) != 0;

    /// <summary>A byte of a UTF-8 character that is not its first.</summary>
    private bool IsContinuation(byte c) => Input(IUTF8) && (c & 0xc0) == 0x80;
}
