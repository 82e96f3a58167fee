using System.Threading;

using UmlHost.Kernel;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A descriptor that an epoll instance watches (Linux's epitem). Does not keep the file open: with the
/// file's last reference the item goes.</summary>
internal sealed class EpollItem(Epoll owner, OpenFile file, int fd) : PollTable
{
    /// <summary>What is no event but says how events are told. An item with nothing else is switched off.</summary>
    public const uint PrivateBits = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;

    private uint _events;
    private Entry? _entries;

    public Epoll Owner { get; } = owner;

    public OpenFile File { get; } = file;

    public int Fd { get; } = fd;

    /// <summary>EPOLL* bits that are asked for. Changed under the epoll lock, read by wakers without it.</summary>
    public uint Events
    {
        get => Volatile.Read(ref _events);
        set => Volatile.Write(ref _events, value);
    }

    /// <summary>Given back to the guest with each event. Epoll lock.</summary>
    public ulong Data { get; set; }

    // The instance's ready list. Ready lock.
    public EpollItem? NextReady { get; set; }

    public EpollItem? PreviousReady { get; set; }

    public bool IsReady { get; set; }

    /// <summary>The last walk of the ready list that has seen it.</summary>
    public uint Scan { get; set; }

    // The file's list of items. Its own lock.
    public EpollItem? NextOfFile { get; set; }

    public EpollItem? PreviousOfFile { get; set; }

    /// <summary>What the file is ready for, of what is asked for. Epoll lock.</summary>
    /// <param name="register">The first time.</param>
    public uint Poll(bool register = false) => File.Poll(register ? this : null) & Events;

    public override void Add(WaitQueue queue)
    {
        _entries = new Entry(this, _entries) { IsExclusive = (Events & EPOLLEXCLUSIVE) != 0 };
        queue.Add(_entries);
    }

    /// <summary>Leaves the file's queues: no wake-up comes any more.</summary>
    public void Leave()
    {
        for (Entry? entry = _entries; entry is not null; entry = entry.Other)
        {
            entry.Queue?.Remove(entry);
        }
        _entries = null;
    }

    /// <param name="other">A file may have several queues.</param>
    private sealed class Entry(EpollItem item, Entry? other) : WaitEntry
    {
        public Entry? Other { get; } = other;

        protected internal override bool OnWake(uint events) => item.Owner.FileWoke(item, events);
    }
}

/// <summary>The epoll items of one open file (Linux's f_ep). Lock: <c>epoll links lock</c>, inside the epoll lock.
/// </summary>
internal sealed class EpollLinks
{
    private readonly Lock _linksLock = new();
    private EpollItem? _first;

    public void Add(EpollItem item)
    {
        lock (_linksLock)
        {
            item.NextOfFile = _first;
            _first?.PreviousOfFile = item;
            _first = item;
        }
    }

    /// <summary>Does nothing for one that is not there.</summary>
    public void Remove(EpollItem item)
    {
        lock (_linksLock)
        {
            if (item.PreviousOfFile is not null)
            {
                item.PreviousOfFile.NextOfFile = item.NextOfFile;
            }
            else if (_first == item)
            {
                _first = item.NextOfFile;
            }
            item.NextOfFile?.PreviousOfFile = item.PreviousOfFile;
            item.NextOfFile = item.PreviousOfFile = null;
        }
    }

    /// <summary>The file is about to close: every instance that watches it forgets it.</summary>
    public void FileClosed()
    {
        while (First() is { } item)
        {
            item.Owner.Forget(item);
        }
    }

    /// <summary>How many instances are above one another over this file, which is an epoll instance.</summary>
    public int Height()
    {
        int height = 0;
        lock (_linksLock)
        {
            for (EpollItem? item = _first; item is not null; item = item.NextOfFile)
            {
                height = int.Max(height, 1 + (item.Owner.EpollLinks?.Height() ?? 0));
            }
        }
        return height;
    }

    private EpollItem? First()
    {
        lock (_linksLock)
        {
            return _first;
        }
    }
}
