using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/timex.h</c>: modes of adjtimex.</summary>
public static partial class Linux
{
    public const uint ADJ_OFFSET_READONLY = 0x2000;
    public const uint ADJ_ADJTIME = 0x8000;
    public const uint ADJ_OFFSET_SINGLESHOT = 0x8001;
}

/// <summary><c>sys/timex.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result adjtimex(timex* buf) => syscall_nonblocking(Linux.SYS_adjtimex, (nint)buf);
}

[StructLayout(LayoutKind.Sequential, Size = 208)]
public struct timex
{
    public uint modes;
    public int pad;
    public long offset;
    public long freq;
    public long maxerror;
    public long esterror;
    public int status;
    public int pad2;
    public long constant;
    public long precision;
    public long tolerance;
    public timeval time;
    public long tick;
    public long ppsfreq;
    public long jitter;
    public int shift;
    public int pad3;
    public long stabil;
    public long jitcnt;
    public long calcnt;
    public long errcnt;
    public long stbcnt;
    public int tai;
}
