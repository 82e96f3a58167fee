using System.Runtime.InteropServices;

using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>dirent.h</c>: directory entry types.</summary>
public static partial class Linux
{
    public const int DT_UNKNOWN = 0;
    public const int DT_FIFO = 1;
    public const int DT_CHR = 2;
    public const int DT_DIR = 4;
    public const int DT_BLK = 6;
    public const int DT_REG = 8;
    public const int DT_LNK = 10;
    public const int DT_SOCK = 12;
    public const int DT_WHT = 14;
}

/// <summary><c>dirent.h</c>.</summary>
public static unsafe partial class LibC
{
    /// <summary>Fills buf with entries, each d_reclen long; 0 at the end.</summary>
    public static Result getdents64(int fd, void* buf, nuint count) =>
        syscall(SYS_getdents64, fd, (nint)buf, (nint)count);
}

/// <summary>The head of one entry that getdents64 returns; the name follows at offset 19, NUL-terminated, and the
/// whole is d_reclen long, a multiple of 8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct linux_dirent64
{
    public ulong d_ino;
    public long d_off;
    public ushort d_reclen;
    public byte d_type;
}
