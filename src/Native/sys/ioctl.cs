using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/ioctl.h</c>: ioctl requests of terminals, files and pipes.</summary>
public static partial class Linux
{
    // terminals
    public const int TCGETS = 0x5401;
    public const int TCSETS = 0x5402;
    public const int TCSETSW = 0x5403;
    public const int TCSETSF = 0x5404;
    public const int TCGETA = 0x5405;
    public const int TCSETA = 0x5406;
    public const int TCSETAW = 0x5407;
    public const int TCSETAF = 0x5408;
    public const int TCSBRK = 0x5409;
    public const int TCXONC = 0x540a;
    public const int TCFLSH = 0x540b;
    public const int TIOCEXCL = 0x540c;
    public const int TIOCNXCL = 0x540d;
    public const int TIOCSCTTY = 0x540e;
    public const int TIOCGPGRP = 0x540f;
    public const int TIOCSPGRP = 0x5410;
    public const int TIOCOUTQ = 0x5411;
    public const int TIOCSTI = 0x5412;
    public const int TIOCGWINSZ = 0x5413;
    public const int TIOCSWINSZ = 0x5414;
    public const int TIOCMGET = 0x5415;
    public const int TIOCCONS = 0x541d;
    public const int TIOCGSOFTCAR = 0x5419;
    public const int TIOCSSOFTCAR = 0x541a;
    public const int TIOCPKT = 0x5420;
    public const int TIOCSBRK = 0x5427;
    public const int TIOCCBRK = 0x5428;
    public const int TIOCNOTTY = 0x5422;
    public const int TIOCSETD = 0x5423;
    public const int TIOCGETD = 0x5424;
    public const int TCSBRKP = 0x5425;
    public const int TIOCGSID = 0x5429;
    public const uint TCGETS2 = 0x802c542a;
    public const int TCSETS2 = 0x402c542b;
    public const int TCSETSW2 = 0x402c542c;
    public const int TCSETSF2 = 0x402c542d;
    public const uint TIOCGPTN = 0x80045430;
    public const int TIOCSPTLCK = 0x40045431;
    public const uint TIOCGDEV = 0x80045432;
    public const int TIOCSIG = 0x40045436;
    public const int TIOCVHANGUP = 0x5437;
    public const uint TIOCGPKT = 0x80045438;
    public const uint TIOCGPTLCK = 0x80045439;
    public const uint TIOCGEXCL = 0x80045440;
    public const int TIOCGPTPEER = 0x5441;

    // packet mode
    public const int TIOCPKT_DATA = 0;
    public const int TIOCPKT_FLUSHREAD = 1;
    public const int TIOCPKT_FLUSHWRITE = 2;
    public const int TIOCPKT_STOP = 4;
    public const int TIOCPKT_START = 8;
    public const int TIOCPKT_NOSTOP = 16;
    public const int TIOCPKT_DOSTOP = 32;
    public const int TIOCPKT_IOCTL = 64;

    // TCXONC's and TCFLSH's arguments
    public const int TCOOFF = 0;
    public const int TCOON = 1;
    public const int TCIOFF = 2;
    public const int TCION = 3;
    public const int TCIFLUSH = 0;
    public const int TCOFLUSH = 1;
    public const int TCIOFLUSH = 2;

    // any file
    public const int FIONREAD = 0x541b;
    public const int TIOCINQ = 0x541b;
    public const int FIONBIO = 0x5421;
    public const int FIOASYNC = 0x5452;
    public const int FIONCLEX = 0x5450;
    public const int FIOCLEX = 0x5451;
    public const int FIOQSIZE = 0x5460;

    // file systems
    public const int FIBMAP = 0x1;
    public const int FIGETBSZ = 0x2;
    public const int FICLONE = 0x40049409;
    public const int FICLONERANGE = 0x4020940d;
    public const uint FS_IOC_GETFLAGS = 0x80086601;
    public const int FS_IOC_SETFLAGS = 0x40086602;
    public const uint FS_IOC_FIEMAP = 0xc020660b;
    public const uint BLKGETSIZE64 = 0x80081272;
}

/// <summary><c>sys/ioctl.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result ioctl(int fd, nuint request, void* arg) => Checked(ioctl_(fd, request, arg));

    [LibraryImport(libc, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ioctl_(int fd, nuint request, void* arg);
}

public struct winsize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}
