using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>poll.h</c>.</summary>
public static partial class Linux
{
    public const int POLLIN = 0x1;
    public const int POLLPRI = 0x2;
    public const int POLLOUT = 0x4;
    public const int POLLERR = 0x8;
    public const int POLLHUP = 0x10;
    public const int POLLNVAL = 0x20;
    public const int POLLRDNORM = 0x40;
    public const int POLLRDBAND = 0x80;
    public const int POLLWRNORM = 0x100;
    public const int POLLWRBAND = 0x200;
    public const int POLLMSG = 0x400;
    public const int POLLREMOVE = 0x1000;
    public const int POLLRDHUP = 0x2000;
}

/// <summary><c>poll.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result poll(pollfd* fds, nuint nfds, int timeout) => Checked(poll_(fds, nfds, timeout));

    [LibraryImport(libc, EntryPoint = "poll", SetLastError = true)]
    private static partial int poll_(pollfd* fds, nuint nfds, int timeout);

    public static Result ppoll(pollfd* fds, nuint nfds, timespec* timeout, sigset_t* sigmask) =>
        Checked(ppoll_(fds, nfds, timeout, sigmask));

    [LibraryImport(libc, EntryPoint = "ppoll", SetLastError = true)]
    private static partial int ppoll_(pollfd* fds, nuint nfds, timespec* timeout, sigset_t* sigmask);
}

public struct pollfd
{
    public int fd;
    public short events;
    public short revents;
}
