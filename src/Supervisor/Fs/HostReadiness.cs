using System.Collections.Generic;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Watches host descriptors for those who wait for them, on a thread of its own that starts with the first: it
/// turns their readiness into wake-ups of a wait queue. A watch ends with its first event. Lock: <c>host readiness
/// lock</c>, a leaf.</summary>
internal static unsafe class HostReadiness
{
    private const int StackBytes = 256 * 1024;
    private const int EventsAtOnce = 16;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<ulong, HostStream> s_streams = [];
    private static ulong s_lastId;
    private static int s_epoll = -1;

    /// <summary>Wakes the stream's queue once one of <paramref name="events"/> is there, or is already.</summary>
    public static void Watch(HostStream stream, uint events)
    {
        lock (s_lock)
        {
            if (s_epoll < 0 && !Start())
            {
                return;
            }
            bool isNew = stream.WatchId == 0;
            if (isNew)
            {
                stream.WatchId = ++s_lastId;
                s_streams.Add(stream.WatchId, stream);
            }
            Arm(stream, stream.WatchedEvents | events, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
        }
    }

    /// <summary>Before the descriptor is closed.</summary>
    public static void Forget(HostStream stream)
    {
        lock (s_lock)
        {
            if (s_streams.Remove(stream.WatchId))
            {
                _ = LibC.epoll_ctl(s_epoll, EPOLL_CTL_DEL, stream.HostFd, null);
            }
        }
    }

    private static bool Start()
    {
        Result created = LibC.epoll_create1(EPOLL_CLOEXEC);
        if (created.Failed)
        {
            return false;
        }
        s_epoll = created.Int;
        new Thread(Run, StackBytes) { IsBackground = true, Name = "host readiness" }.Start();
        return true;
    }

    private static void Run()
    {
        epoll_event* events = stackalloc epoll_event[EventsAtOnce];
        while (true)
        {
            Result count = LibC.epoll_wait(s_epoll, events, EventsAtOnce, -1);
            for (int i = 0; i < count.Raw; i++)
            {
                Fired(events[i].data, events[i].events)?.Woke(events[i].events);
            }
            FileOwner.SendDue();
        }
    }

    /// <summary>What has not come yet, somebody may still wait for; not where the other side is gone, which is an event
    /// that stays.</summary>
    private static HostStream? Fired(ulong id, uint events)
    {
        lock (s_lock)
        {
            if (s_streams.TryGetValue(id, out HostStream? stream))
            {
                stream.WatchedEvents &= ~events;
                if (stream.WatchedEvents != 0 && (events & (EPOLLERR | EPOLLHUP)) == 0)
                {
                    Arm(stream, stream.WatchedEvents, EPOLL_CTL_MOD);
                }
            }
            return stream;
        }
    }

    private static void Arm(HostStream stream, uint events, int operation)
    {
        stream.WatchedEvents = events;
        epoll_event watched = new() { events = events | EPOLLONESHOT, data = stream.WatchId };
        _ = LibC.epoll_ctl(s_epoll, operation, stream.HostFd, &watched);
    }
}
