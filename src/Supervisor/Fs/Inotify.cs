using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An inotify instance: what it watches, and the events to be read. Lock: <c>inotify queue lock</c>, inside the
/// watches lock; a wait queue lock is inside it.</summary>
internal sealed unsafe class Inotify : AnonymousFile
{
    /// <summary>/proc/sys/fs/inotify/max_queued_events.</summary>
    public const int MostEvents = 16384;

    /// <summary>/proc/sys/fs/inotify/max_user_instances, but for all users together.</summary>
    public const int MostInstances = 1024;

    private static int s_instances;

    private readonly Lock _queueLock = new();
    private readonly WaitQueue _wait = new();
    private readonly LinkedList<Event> _events = new();
    private int _count;
    private int _lastId;

    private Inotify(int flags)
        : base(flags)
    {
    }

    private readonly record struct Event(int Id, uint Mask, uint Cookie, byte[] Name)
    {
        /// <summary>The name with its NUL, filled up so that the next event is aligned.</summary>
        public int NameBytes => Name.Length == 0 ? 0 : (Name.Length + sizeof(inotify_event)) & ~(sizeof(inotify_event) - 1);

        public int Bytes => sizeof(inotify_event) + NameBytes;
    }

    /// <summary>By their numbers. Watches lock.</summary>
    public Dictionary<int, Watch> Watches { get; } = [];

    public override bool CanPoll => true;

    public override bool CanSignal => true;

    protected override ReadOnlySpan<byte> Name => "anon_inode:inotify"u8;

    public override void DescribeMore(TextBuffer text)
    {
        foreach (Watch watch in FsNotify.WatchesOf(this))
        {
            _ = watch.Inode.Stat(out stat status);
            uint device = (major(status.st_dev) << 20) | minor(status.st_dev);
            text.Append($"inotify wd:{watch.Id:x} ino:{status.st_ino:x} sdev:{device:x} mask:{watch.Mask & ~IN_EXCL_UNLINK:x} ignored_mask:0 \n");
        }
    }

    /// <returns>Null for EMFILE.</returns>
    public static Inotify? Create(int flags)
    {
        if (Interlocked.Increment(ref s_instances) > MostInstances)
        {
            Interlocked.Decrement(ref s_instances);
            return null;
        }

        return new Inotify(flags);
    }

    /// <summary>Watches lock.</summary>
    public int NextId()
    {
        do
        {
            _lastId = _lastId == int.MaxValue ? 1 : _lastId + 1;
        }
        while (Watches.ContainsKey(_lastId));
        return _lastId;
    }

    /// <summary>One more event, unless it is the same as the last.</summary>
    public void Queue(int id, uint mask, uint cookie, byte[] name)
    {
        lock (_queueLock)
        {
            if (_events.Last is { Value: var last } && (last.Mask & IN_IGNORED) == 0 && last.Id == id && last.Mask == mask && last.Name.AsSpan().SequenceEqual(name))
            {
                return;
            }

            if (_count == MostEvents)
            {
                _events.AddLast(new Event(-1, IN_Q_OVERFLOW, 0, []));
            }
            else if (_count < MostEvents)
            {
                _events.AddLast(new Event(id, mask, cookie, name));
            }
            else
            {
                return;
            }

            Volatile.Write(ref _count, _count + 1);
        }

        _wait.Wake(POLLIN | POLLRDNORM);
    }

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        while (true)
        {
            SyscallResult taken = Take(task, ref to);
            if (taken.Raw != 0)
            {
                return taken;
            }

            if (IsNonblocking)
            {
                return Errno.EAGAIN;
            }

            Inotify self = this;
            if (task.Wait(_wait, ref self, static (ref Inotify file) => Volatile.Read(ref file._count) > 0, Deadline.Never) == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }
    }

    public override uint Poll(PollTable? table)
    {
        table?.Add(_wait);
        return Volatile.Read(ref _count) > 0 ? POLLIN | POLLRDNORM : 0u;
    }

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument)
    {
        if (request != FIONREAD)
        {
            return Errno.ENOTTY;
        }

        int bytes = 0;
        lock (_queueLock)
        {
            foreach (Event waiting in _events)
            {
                bytes += waiting.Bytes;
            }
        }

        return task.Memory.Write(new GuestAddress(argument), bytes) ? SyscallResult.Zero : Errno.EFAULT;
    }

    protected override void Close()
    {
        FsNotify.UnwatchAll(this);
        Interlocked.Decrement(ref s_instances);
    }

    /// <returns>Bytes; 0 where there is no event; EINVAL where the first does not fit.</returns>
    private SyscallResult Take(GuestTask task, ref IovIter to)
    {
        byte* buffer = stackalloc byte[sizeof(inotify_event) + NAME_MAX + 1];
        long done = 0;
        while (true)
        {
            Event next;
            lock (_queueLock)
            {
                if (_events.First is not { } first)
                {
                    return done;
                }

                next = first.Value;
                if ((ulong)next.Bytes > to.Count)
                {
                    return done > 0 ? done : Errno.EINVAL;
                }

                _events.RemoveFirst();
                Volatile.Write(ref _count, _count - 1);
            }

            Span<byte> bytes = new(buffer, next.Bytes);
            bytes.Clear();
            inotify_event head = new() { wd = next.Id, mask = next.Mask, cookie = next.Cookie, len = (uint)next.NameBytes };
            MemoryMarshal.Write(bytes, in head);
            next.Name.CopyTo(bytes[sizeof(inotify_event)..]);
            if (to.CopyOut(task.Memory, new ReadOnlySpan<byte>(buffer, next.Bytes)) < next.Bytes)
            {
                return Errno.EFAULT;
            }

            done += bytes.Length;
        }
    }
}
