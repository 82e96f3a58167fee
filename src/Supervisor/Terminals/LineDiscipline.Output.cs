using System;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

// Printing: what programs write, and the echo of what is typed. Echo waits in a queue of operations, since what has to
// be printed to erase a tab depends on the column at that time.
internal sealed unsafe partial class LineDiscipline
{
    // Above the bytes that are printed as any other.
    private const ushort EchoControl = 0x100, EchoMoveBack = 0x200, EchoSetCanonColumn = 0x300, EchoEraseTab = 0x400, EchoKind = 0xff00;
    private const byte AfterTab = 0x80;
    private const int TabWidth = 8;

    private readonly ushort[] _echo = new ushort[BufferSize];
    private uint _echoHead, _echoTail;
    private uint _column, _canonColumn;

    /// <summary>Bytes that a program prints.</summary>
    /// <returns>How many were taken; the rest when there is room.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        FlushEcho();
        int room = _echoHead != _echoTail ? 0 : _driver.WriteRoom;
        if (!Output(OPOST) || _driver.IsPassedThrough)
        {
            int count = Math.Min(room, bytes.Length);
            if (count > 0)
            {
                _driver.Transmit(bytes[..count]);
            }
            return count;
        }
        int start = 0, at = 0;
        for (; at < bytes.Length && at - start < room; at++)
        {
            byte c = bytes[at];
            if (c >= ' ' && c != 0x7f && !Output(OLCUC))
            {
                _column += IsContinuation(c) ? 0 : 1u;
                continue;
            }
            if (at > start)
            {
                _driver.Transmit(bytes[start..at]);
                room -= at - start;
            }
            start = at;
            int used = Print(c, room);
            if (used < 0)
            {
                return at;
            }
            room -= used;
            start = at + 1;
        }
        if (at > start)
        {
            _driver.Transmit(bytes[start..at]);
        }
        return at;
    }

    /// <summary>Prints the echo that waits, as far as there is room.</summary>
    public void FlushEcho()
    {
        while (_echoTail != _echoHead)
        {
            int room = _driver.WriteRoom;
            ushort operation = _echo[_echoTail & Mask];
            byte c = (byte)operation;
            switch (operation & EchoKind)
            {
                case EchoControl:
                    if (room < 2)
                    {
                        return;
                    }
                    _driver.Transmit([(byte)'^', (byte)(c ^ 0x40)]);
                    _column += 2;
                    break;
                case EchoMoveBack:
                    for (; _column > _canonColumn; _column--, room--)
                    {
                        if (room == 0)
                        {
                            return;
                        }
                        _driver.Transmit("\b"u8);
                    }
                    break;
                case EchoSetCanonColumn:
                    _canonColumn = _column;
                    break;
                case EchoEraseTab:
                    // Columns before the tab count from the tab before it, or else from where the line began.
                    uint before = (c & AfterTab) != 0 ? c : c + _canonColumn;
                    uint width = TabWidth - (before & (TabWidth - 1));
                    if (width > room)
                    {
                        return;
                    }
                    _driver.Transmit("\b\b\b\b\b\b\b\b"u8[..(int)width]);
                    _column -= Math.Min(_column, width);
                    break;
                default:
                    if (Output(OPOST) ? Print(c, room) < 0 : room == 0)
                    {
                        return;
                    }
                    if (!Output(OPOST))
                    {
                        _driver.Transmit([c]);
                    }
                    break;
            }
            _echoTail++;
        }
    }

    /// <summary>One byte through the output modes (do_output_char).</summary>
    /// <returns>The room that it took; -1 if there is not enough.</returns>
    private int Print(byte c, int room)
    {
        if (room == 0)
        {
            return -1;
        }
        switch (c)
        {
            case (byte)'\n':
                _column = Output(ONLRET) ? 0 : _column;
                if (Output(ONLCR))
                {
                    if (room < 2)
                    {
                        return -1;
                    }
                    _canonColumn = _column = 0;
                    _driver.Transmit("\r\n"u8);
                    return 2;
                }
                _canonColumn = _column;
                break;
            case (byte)'\r':
                if (Output(ONOCR) && _column == 0)
                {
                    return 0;
                }
                if (Output(OCRNL))
                {
                    c = (byte)'\n';
                }
                if (!Output(OCRNL) || Output(ONLRET))
                {
                    _canonColumn = _column = 0;
                }
                break;
            case (byte)'\t':
                int spaces = TabWidth - (int)(_column & (TabWidth - 1));
                if ((_termios.c_oflag & XTABS) == XTABS)
                {
                    if (room < spaces)
                    {
                        return -1;
                    }
                    _column += (uint)spaces;
                    _driver.Transmit("        "u8[..spaces]);
                    return spaces;
                }
                _column += (uint)spaces;
                break;
            case (byte)'\b':
                _column -= _column > 0 ? 1u : 0;
                break;
            default:
                if (!Latin1.IsControl(c))
                {
                    c = Output(OLCUC) ? Latin1.ToUpper(c) : c;
                    _column += IsContinuation(c) ? 0 : 1u;
                }
                break;
        }
        _driver.Transmit([c]);
        return 1;
    }

    private void DropEcho() => _echoTail = _echoHead;

    private void AddEcho(ushort operation)
    {
        if (_echoHead - _echoTail == BufferSize)
        {
            _echoTail++;
        }
        _echo[_echoHead++ & Mask] = operation;
    }

    private void EchoRaw(byte c) => AddEcho(c);

    /// <summary>Control characters as ^X where ECHOCTL says so, but not a tab.</summary>
    private void Echo(byte c) => AddEcho(Local(ECHOCTL) && Latin1.IsControl(c) && c != '\t' ? (ushort)(EchoControl | c) : c);

    /// <summary>A byte of a line; before the first of one the column is kept.</summary>
    private void EchoInput(byte c)
    {
        if (_canonHead == _head)
        {
            AddEcho(EchoSetCanonColumn);
        }
        Echo(c);
    }

    /// <summary>ECHOPRT's end of a stretch of erased characters.</summary>
    private void FinishErasing()
    {
        if (_erasing)
        {
            EchoRaw((byte)'/');
            _erasing = false;
        }
    }

    /// <param name="c">Its first byte.</param>
    /// <param name="at">Where it was in the ring.</param>
    private void EchoErased(byte c, uint at, uint length, bool isErase)
    {
        if (Local(ECHOPRT))
        {
            if (!_erasing)
            {
                EchoRaw((byte)'\\');
                _erasing = true;
            }
            Echo(c);
            while (--length > 0)
            {
                EchoRaw(_buffer[++at & Mask]);
                AddEcho(EchoMoveBack);
            }
        }
        else if (isErase && !Local(ECHOE))
        {
            Echo(_termios.c_cc[VERASE]);
        }
        else if (c == '\t')
        {
            EchoErasedTab();
        }
        else
        {
            if (Latin1.IsControl(c) && Local(ECHOCTL))
            {
                EchoBlank();
            }
            if (!Latin1.IsControl(c) || Local(ECHOCTL))
            {
                EchoBlank();
            }
        }
    }

    private void EchoBlank()
    {
        EchoRaw((byte)'\b');
        EchoRaw((byte)' ');
        EchoRaw((byte)'\b');
    }

    private void EchoErasedTab()
    {
        uint columns = 0;
        byte afterTab = 0;
        for (uint at = _head; at != _canonHead;)
        {
            byte c = _buffer[--at & Mask];
            if (c == '\t')
            {
                afterTab = AfterTab;
                break;
            }
            columns += Latin1.IsControl(c) ? Local(ECHOCTL) ? 2u : 0
                : IsContinuation(c) ? 0u : 1;
        }
        AddEcho((ushort)(EchoEraseTab | (columns & (TabWidth - 1)) | afterTab));
    }
}
