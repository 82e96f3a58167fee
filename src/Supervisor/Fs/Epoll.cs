using System.Collections.Generic;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An epoll instance (Linux's eventpoll). A wake-up of a watched file puts its item on the ready list; a
/// wait looks at the items there and at no others.
/// <para>Locks: <c>epoll lock</c>, an object lock, over the items and a walk of the ready list; of nested
/// instances the outer one's first. <c>Ready lock</c>, a leaf, over the ready list: taken by wakers under the
/// file's wait queue lock.</para></summary>
internal sealed unsafe class Epoll() : AnonymousFile(O_RDWR)
{
    /// <summary>Instances below an instance: no more than this.</summary>
    private const int MaxNests = 4;

    private const uint InEvents = POLLIN | POLLRDNORM;

    /// <summary>What may be asked for together with EPOLLEXCLUSIVE.</summary>
    private const uint ExclusiveBits = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

    /// <summary>The <c>epoll nesting lock</c>, outside the epoll locks: nobody else nests while one checks.</summary>
    private static readonly Lock s_nestingLock = new();

    private readonly Lock _epollLock = new(), _readyLock = new();
    private readonly Dictionary<(OpenFile File, int Fd), EpollItem> _items = [];
    private readonly WaitQueue _waiters = new(), _pollers = new();
    private EpollItem? _firstReady, _lastReady;
    private uint _scan;

    protected override System.ReadOnlySpan<byte> Name => "anon_inode:[eventpoll]"u8;

    public override bool CanPoll => true;

    public override void DescribeMore(TextBuffer text)
    {
        lock (_epollLock)
        {
            foreach (EpollItem item in _items.Values)
            {
                _ = item.File.Stat(out stat status);
                text.Append("tfd: "u8).Append(item.Fd, 8).Append(" events: "u8).AppendSpacedHex(item.Events, 8).Append(" data: "u8).AppendSpacedHex(item.Data, 16)
                    .Append("  pos:0 ino:"u8).AppendHex(status.st_ino).Append(" sdev:"u8).AppendHex(status.st_dev).Append("\n"u8);
            }
        }
    }

    private bool HasReady => Volatile.Read(ref _firstReady) is not null;

    /// <summary>epoll_ctl. The file is one that can be polled.</summary>
    /// <param name="wanted">Not looked at for EPOLL_CTL_DEL.</param>
    public Errno Control(int operation, OpenFile file, int fd, epoll_event wanted)
    {
        if (file == this)
        {
            return Errno.EINVAL;
        }
        if (operation != EPOLL_CTL_DEL && (wanted.events & EPOLLEXCLUSIVE) != 0
            && (operation == EPOLL_CTL_MOD || (operation == EPOLL_CTL_ADD && (file is Epoll || (wanted.events & ~ExclusiveBits) != 0))))
        {
            return Errno.EINVAL;
        }
        if (operation == EPOLL_CTL_ADD && file is Epoll inner)
        {
            lock (s_nestingLock)
            {
                return inner.Depth(below: this) is var depth && depth + 1 + (EpollLinks?.Height() ?? 0) > MaxNests
                    ? Errno.ELOOP
                    : ControlItem(operation, file, fd, wanted);
            }
        }
        return ControlItem(operation, file, fd, wanted);
    }

    /// <summary>epoll_wait. Several tasks may wait; each event wakes one of them.</summary>
    /// <param name="deadline">default is not to wait.</param>
    /// <returns>How many events were stored; EINTR is not to be restarted.</returns>
    public SyscallResult Wait(GuestTask task, GuestAddress events, int most, Deadline deadline)
    {
        while (true)
        {
            if (HasReady)
            {
                SyscallResult sent = Send(task, events, most);
                if (sent.Raw != 0)
                {
                    return sent;
                }
            }
            if (deadline == default)
            {
                return SyscallResult.Zero;
            }
            Epoll self = this;
            switch (task.Wait(_waiters, ref self, static (ref Epoll epoll) => epoll.HasReady, deadline, exclusive: true))
            {
                case WaitResult.Interrupted:
                    return Errno.EINTR;
                case WaitResult.TimedOut:
                    return SyscallResult.Zero;
                default:
                    break;
            }
        }
    }

    /// <summary>Readable while an item is ready.</summary>
    public override uint Poll(PollTable? table)
    {
        table?.Add(_pollers);
        if (!HasReady)
        {
            return 0;
        }
        lock (_epollLock)
        {
            _scan++;
            while (TakeReady() is { } item)
            {
                if (item.Poll() != 0)
                {
                    SetReady(item, first: true);
                    return InEvents;
                }
            }
        }
        return 0;
    }

    /// <summary>A wake-up of an item's file: under the lock of the wait queue.</summary>
    /// <returns>Whether that is of use here: for EPOLLEXCLUSIVE, which is passed on otherwise.</returns>
    public bool FileWoke(EpollItem item, uint events)
    {
        uint wanted = item.Events;
        if ((wanted & ~EpollItem.PrivateBits & events) == 0)
        {
            return false;
        }
        SetReady(item);
        bool waited = _waiters.HasWaiters;
        WakeUp();
        return waited || (wanted & EPOLLEXCLUSIVE) == 0;
    }

    /// <summary>Its file closes.</summary>
    public void Forget(EpollItem item)
    {
        lock (_epollLock)
        {
            Remove(item);
        }
    }

    protected override void Close()
    {
        lock (_epollLock)
        {
            foreach (EpollItem item in _items.Values)
            {
                Unlink(item);
            }
            _items.Clear();
        }
    }

    private Errno ControlItem(int operation, OpenFile file, int fd, epoll_event wanted)
    {
        lock (_epollLock)
        {
            EpollItem? item = _items.GetValueOrDefault((file, fd));
            switch (operation)
            {
                case EPOLL_CTL_ADD:
                    if (item is not null)
                    {
                        return Errno.EEXIST;
                    }
                    item = new EpollItem(this, file, fd) { Events = wanted.events | EPOLLERR | EPOLLHUP, Data = wanted.data };
                    _items.Add((file, fd), item);
                    file.LinkEpoll(item);
                    break;
                case EPOLL_CTL_DEL:
                    if (item is null)
                    {
                        return Errno.ENOENT;
                    }
                    Remove(item);
                    return Errno.None;
                case EPOLL_CTL_MOD:
                    if (item is null)
                    {
                        return Errno.ENOENT;
                    }
                    if ((item.Events & EPOLLEXCLUSIVE) != 0)
                    {
                        return Errno.EINVAL;
                    }
                    item.Data = wanted.data;
                    item.Events = wanted.events | EPOLLERR | EPOLLHUP;
                    // A waker that changed the file before has seen the old events: so the file is looked at after.
                    Interlocked.MemoryBarrier();
                    break;
                default:
                    return Errno.EINVAL;
            }
            if (item.Poll(register: operation == EPOLL_CTL_ADD) != 0)
            {
                SetReady(item);
                WakeUp();
            }
            return Errno.None;
        }
    }

    private SyscallResult Send(GuestTask task, GuestAddress to, int most)
    {
        long sent = 0;
        lock (_epollLock)
        {
            _scan++;
            while (sent < most && TakeReady() is { } item)
            {
                uint events = item.Poll();
                if (events == 0)
                {
                    continue;
                }
                if (!task.Memory.Write(to + ((ulong)sent * (ulong)sizeof(epoll_event)), new epoll_event { events = events, data = item.Data }))
                {
                    SetReady(item, first: true);
                    if (sent == 0)
                    {
                        return Errno.EFAULT;
                    }
                    break;
                }
                sent++;
                if ((item.Events & EPOLLONESHOT) != 0)
                {
                    item.Events &= EpollItem.PrivateBits;
                }
                else if ((item.Events & EPOLLET) == 0)
                {
                    // Level-triggered: the next wait looks again.
                    SetReady(item);
                }
            }
        }
        if (HasReady)
        {
            _waiters.Wake(InEvents);
        }
        return sent;
    }

    /// <summary>How many instances are below one another from here; too many where <paramref name="below"/> is among
    /// them. Nesting lock.</summary>
    private int Depth(Epoll below, int level = 0)
    {
        if (this == below || level > MaxNests)
        {
            return MaxNests + 1;
        }
        int depth = 0;
        lock (_epollLock)
        {
            foreach (EpollItem item in _items.Values)
            {
                if (item.File is Epoll inner)
                {
                    depth = int.Max(depth, 1 + inner.Depth(below, level + 1));
                }
            }
        }
        return depth;
    }

    private void WakeUp()
    {
        _waiters.Wake(InEvents);
        _pollers.Wake(InEvents);
    }

    /// <summary>Epoll lock.</summary>
    private void Remove(EpollItem item)
    {
        if (_items.Remove((item.File, item.Fd)))
        {
            Unlink(item);
        }
    }

    private void Unlink(EpollItem item)
    {
        item.Leave();
        item.File.EpollLinks?.Remove(item);
        lock (_readyLock)
        {
            if (item.IsReady)
            {
                RemoveReady(item);
            }
        }
    }

    private void SetReady(EpollItem item, bool first = false)
    {
        lock (_readyLock)
        {
            if (item.IsReady)
            {
                return;
            }
            item.IsReady = true;
            item.PreviousReady = first ? null : _lastReady;
            item.NextReady = first ? _firstReady : null;
            if (item.PreviousReady is null)
            {
                Volatile.Write(ref _firstReady, item);
            }
            else
            {
                item.PreviousReady.NextReady = item;
            }
            if (item.NextReady is null)
            {
                _lastReady = item;
            }
            else
            {
                item.NextReady.PreviousReady = item;
            }
        }
    }

    /// <summary>The next item of this walk, off the list before its file is looked at: a wake-up that comes meanwhile
    /// puts it back. Items that come to the list during the walk are behind those that it has seen, and are
    /// left to the next.</summary>
    private EpollItem? TakeReady()
    {
        lock (_readyLock)
        {
            EpollItem? item = _firstReady;
            if (item is null || item.Scan == _scan)
            {
                return null;
            }
            item.Scan = _scan;
            RemoveReady(item);
            return item;
        }
    }

    /// <summary>Ready lock.</summary>
    private void RemoveReady(EpollItem item)
    {
        if (item.PreviousReady is null)
        {
            Volatile.Write(ref _firstReady, item.NextReady);
        }
        else
        {
            item.PreviousReady.NextReady = item.NextReady;
        }
        if (item.NextReady is null)
        {
            _lastReady = item.PreviousReady;
        }
        else
        {
            item.NextReady.PreviousReady = item.PreviousReady;
        }
        item.NextReady = item.PreviousReady = null;
        item.IsReady = false;
    }
}
