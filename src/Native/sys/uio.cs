using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/uio.h</c>: flags of preadv2 and pwritev2.</summary>
public static partial class Linux
{
    public const int RWF_HIPRI = 0x1;
    public const int RWF_DSYNC = 0x2;
    public const int RWF_SYNC = 0x4;
    public const int RWF_NOWAIT = 0x8;
    public const int RWF_APPEND = 0x10;
}

/// <summary><c>sys/uio.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result readv(int fd, iovec* iov, int iovcnt) => Checked(readv_(fd, iov, iovcnt));

    [LibraryImport(libc, EntryPoint = "readv", SetLastError = true)]
    private static partial nint readv_(int fd, iovec* iov, int iovcnt);

    public static Result writev(int fd, iovec* iov, int iovcnt) => Checked(writev_(fd, iov, iovcnt));

    [LibraryImport(libc, EntryPoint = "writev", SetLastError = true)]
    private static partial nint writev_(int fd, iovec* iov, int iovcnt);

    public static Result preadv(int fd, iovec* iov, int iovcnt, long offset) =>
        Checked(preadv_(fd, iov, iovcnt, offset));

    [LibraryImport(libc, EntryPoint = "preadv", SetLastError = true)]
    private static partial nint preadv_(int fd, iovec* iov, int iovcnt, long offset);

    public static Result pwritev(int fd, iovec* iov, int iovcnt, long offset) =>
        Checked(pwritev_(fd, iov, iovcnt, offset));

    [LibraryImport(libc, EntryPoint = "pwritev", SetLastError = true)]
    private static partial nint pwritev_(int fd, iovec* iov, int iovcnt, long offset);

    /// <param name="offset">-1 is the file's own position, where it has one.</param>
    public static Result preadv2(int fd, iovec* iov, int iovcnt, long offset, int flags) =>
        Checked(preadv2_(fd, iov, iovcnt, offset, flags));

    [LibraryImport(libc, EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint preadv2_(int fd, iovec* iov, int iovcnt, long offset, int flags);

    public static Result pwritev2(int fd, iovec* iov, int iovcnt, long offset, int flags) =>
        Checked(pwritev2_(fd, iov, iovcnt, offset, flags));

    [LibraryImport(libc, EntryPoint = "pwritev2", SetLastError = true)]
    private static partial nint pwritev2_(int fd, iovec* iov, int iovcnt, long offset, int flags);
}

public struct iovec
{
    public nuint iov_base;
    public nuint iov_len;
}
