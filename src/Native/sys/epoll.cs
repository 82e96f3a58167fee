using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/epoll.h</c>.</summary>
public static partial class Linux
{
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;

    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLLIN = 0x1;
    public const int EPOLLPRI = 0x2;
    public const int EPOLLOUT = 0x4;
    public const int EPOLLERR = 0x8;
    public const int EPOLLHUP = 0x10;
    public const int EPOLLNVAL = 0x20;
    public const int EPOLLRDNORM = 0x40;
    public const int EPOLLRDBAND = 0x80;
    public const int EPOLLWRNORM = 0x100;
    public const int EPOLLWRBAND = 0x200;
    public const int EPOLLMSG = 0x400;
    public const int EPOLLRDHUP = 0x2000;
    public const int EPOLLEXCLUSIVE = 0x10000000;
    public const int EPOLLWAKEUP = 0x20000000;
    public const int EPOLLONESHOT = 0x40000000;

    public const uint EPOLLET = 0x80000000;
}

/// <summary><c>sys/epoll.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result epoll_create1(int flags) => Checked(__errno_location(), epoll_create1_(flags));

    [LibraryImport(libc, EntryPoint = "epoll_create1"), SuppressGCTransition]
    private static partial int epoll_create1_(int flags);

    public static Result epoll_ctl(int epfd, int op, int fd, epoll_event* ev) =>
        Checked(epoll_ctl_(epfd, op, fd, ev));

    [LibraryImport(libc, EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int epoll_ctl_(int epfd, int op, int fd, epoll_event* ev);

    public static Result epoll_wait(int epfd, epoll_event* events, int maxevents, int timeout) =>
        Checked(epoll_wait_(epfd, events, maxevents, timeout));

    [LibraryImport(libc, EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int epoll_wait_(int epfd, epoll_event* events, int maxevents, int timeout);
}

/// <summary>Packed on x86_64: 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct epoll_event
{
    public uint events;
    public ulong data;
}
