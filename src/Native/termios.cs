namespace UmlHost.Native;

/// <summary><c>asm/termbits.h</c>: terminal modes, the kernel's.</summary>
public static partial class Linux
{
    public const int NCCS = 19;
    public const int VINTR = 0;
    public const int VQUIT = 1;
    public const int VERASE = 2;
    public const int VKILL = 3;
    public const int VEOF = 4;
    public const int VTIME = 5;
    public const int VMIN = 6;
    public const int VSWTC = 7;
    public const int VSTART = 8;
    public const int VSTOP = 9;
    public const int VSUSP = 10;
    public const int VEOL = 11;
    public const int VREPRINT = 12;
    public const int VDISCARD = 13;
    public const int VWERASE = 14;
    public const int VLNEXT = 15;
    public const int VEOL2 = 16;

    // c_iflag
    public const int IGNBRK = 0x1;
    public const int BRKINT = 0x2;
    public const int IGNPAR = 0x4;
    public const int PARMRK = 0x8;
    public const int INPCK = 0x10;
    public const int ISTRIP = 0x20;
    public const int INLCR = 0x40;
    public const int IGNCR = 0x80;
    public const int ICRNL = 0x100;
    public const int IUCLC = 0x200;
    public const int IXON = 0x400;
    public const int IXANY = 0x800;
    public const int IXOFF = 0x1000;
    public const int IMAXBEL = 0x2000;
    public const int IUTF8 = 0x4000;

    // c_oflag
    public const int OPOST = 0x1;
    public const int OLCUC = 0x2;
    public const int ONLCR = 0x4;
    public const int OCRNL = 0x8;
    public const int ONOCR = 0x10;
    public const int ONLRET = 0x20;
    public const int OFILL = 0x40;
    public const int OFDEL = 0x80;
    public const int XTABS = 0x1800;

    // c_cflag
    public const int CBAUD = 0x100f;
    public const int B0 = 0x0;
    public const int B9600 = 0xd;
    public const int B38400 = 0xf;
    public const int B115200 = 0x1002;
    public const int BOTHER = 0x1000;
    public const int CIBAUD = 0x100f0000;
    public const int IBSHIFT = 16;
    public const int CSIZE = 0x30;
    public const int CS5 = 0x0;
    public const int CS6 = 0x10;
    public const int CS7 = 0x20;
    public const int CS8 = 0x30;
    public const int CSTOPB = 0x40;
    public const int CREAD = 0x80;
    public const int PARENB = 0x100;
    public const int PARODD = 0x200;
    public const int HUPCL = 0x400;
    public const int CLOCAL = 0x800;

    // c_lflag
    public const int ISIG = 0x1;
    public const int ICANON = 0x2;
    public const int XCASE = 0x4;
    public const int ECHO = 0x8;
    public const int ECHOE = 0x10;
    public const int ECHOK = 0x20;
    public const int ECHONL = 0x40;
    public const int NOFLSH = 0x80;
    public const int TOSTOP = 0x100;
    public const int ECHOCTL = 0x200;
    public const int ECHOPRT = 0x400;
    public const int ECHOKE = 0x800;
    public const int FLUSHO = 0x1000;
    public const int PENDIN = 0x4000;
    public const int IEXTEN = 0x8000;
    public const int EXTPROC = 0x10000;
}

/// <summary><c>struct termio</c> (TCGETA).</summary>
public unsafe struct termio
{
    public ushort c_iflag;
    public ushort c_oflag;
    public ushort c_cflag;
    public ushort c_lflag;
    public byte c_line;
    public fixed byte c_cc[8];
}

/// <summary>The kernel's <c>struct termios</c> (TCGETS): shorter than glibc's.</summary>
public unsafe struct termios
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public fixed byte c_cc[19];
}

/// <summary><c>struct termios2</c> (TCGETS2), and <c>struct ktermios</c>.</summary>
public unsafe struct ktermios
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public fixed byte c_cc[19];
    public uint c_ispeed;
    public uint c_ospeed;
}
