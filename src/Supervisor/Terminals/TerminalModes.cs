using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

/// <summary>struct termios in the forms that ioctl knows.</summary>
internal static unsafe class TerminalModes
{
    private const int Bsd = 15;

    private static readonly uint[] s_speeds =
    [
        0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
        57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
    ];

    /// <summary>INIT_C_CC: ^C ^\ ^? ^U ^D, VTIME 0, VMIN 1, ^Q ^S ^Z, ^R ^O ^W ^V.</summary>
    private static ReadOnlySpan<byte> ControlCharacters => [3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0x0f, 0x17, 0x16, 0, 0, 0];

    /// <summary>What a new pseudo-terminal has.</summary>
    public static ktermios Default
    {
        get
        {
            ktermios modes = new()
            {
                c_iflag = ICRNL | IXON,
                c_oflag = OPOST | ONLCR,
                c_cflag = B38400 | CS8 | CREAD,
                c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
                c_ispeed = 38400,
                c_ospeed = 38400,
            };
            ControlCharacters.CopyTo(new Span<byte>(modes.c_cc, NCCS));
            return modes;
        }
    }

    /// <summary>TCSETS: speeds are in c_cflag, but those that BOTHER stands for stay.</summary>
    public static ktermios Apply(in ktermios old, in termios wanted)
    {
        ktermios modes = old;
        modes.c_iflag = wanted.c_iflag;
        modes.c_oflag = wanted.c_oflag;
        modes.c_cflag = wanted.c_cflag;
        modes.c_lflag = wanted.c_lflag;
        modes.c_line = wanted.c_line;
        for (int i = 0; i < NCCS; i++)
        {
            modes.c_cc[i] = wanted.c_cc[i];
        }
        return Normalize(modes);
    }

    /// <summary>TCSETA: the low halves of the flags and the first eight control characters.</summary>
    public static ktermios Apply(in ktermios old, in termio wanted)
    {
        const uint High = 0xffff_0000;
        ktermios modes = old;
        modes.c_iflag = (old.c_iflag & High) | wanted.c_iflag;
        modes.c_oflag = (old.c_oflag & High) | wanted.c_oflag;
        modes.c_cflag = (old.c_cflag & High) | wanted.c_cflag;
        modes.c_lflag = (old.c_lflag & High) | wanted.c_lflag;
        modes.c_line = wanted.c_line;
        for (int i = 0; i < 8; i++)
        {
            modes.c_cc[i] = wanted.c_cc[i];
        }
        return Normalize(modes);
    }

    /// <summary>A pseudo-terminal's line has eight bits without parity, whatever is asked for; speeds are told but
    /// mean nothing.</summary>
    public static ktermios Normalize(ktermios modes)
    {
        uint input = (modes.c_cflag & CIBAUD) >> IBSHIFT;
        modes.c_ospeed = Speed(modes.c_cflag & CBAUD, modes.c_ospeed);
        modes.c_ispeed = input == B0 ? modes.c_ospeed : Speed(input, modes.c_ispeed);
        modes.c_cflag = (modes.c_cflag & ~(uint)(CSIZE | PARENB)) | CS8 | CREAD;
        return modes;
    }

    public static termios ToTermios(in ktermios modes)
    {
        termios old = new()
        {
            c_iflag = modes.c_iflag,
            c_oflag = modes.c_oflag,
            c_cflag = modes.c_cflag,
            c_lflag = modes.c_lflag,
            c_line = modes.c_line,
        };
        for (int i = 0; i < NCCS; i++)
        {
            old.c_cc[i] = modes.c_cc[i];
        }
        return old;
    }

    public static termio ToTermio(in ktermios modes)
    {
        termio old = new()
        {
            c_iflag = (ushort)modes.c_iflag,
            c_oflag = (ushort)modes.c_oflag,
            c_cflag = (ushort)modes.c_cflag,
            c_lflag = (ushort)modes.c_lflag,
            c_line = modes.c_line,
        };
        for (int i = 0; i < 8; i++)
        {
            old.c_cc[i] = modes.c_cc[i];
        }
        return old;
    }

    private static uint Speed(uint code, uint other) =>
        code == BOTHER ? other : s_speeds[(code & BOTHER) != 0 ? Bsd + (int)(code & 15) : (int)code];
}
