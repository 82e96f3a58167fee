using System;
using System.Numerics;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A pipe (Linux's pipe_inode_info): a ring of pages, each filled by one write or by several that fit.
/// How writes fall into pages shows in when the pipe is full, so it is Linux's. Lock: <c>pipe lock</c>, an object
/// lock: the mmap lock is inside it (bytes go straight between guest frames and the ring), and it is never held
/// across a wait.</summary>
internal sealed unsafe partial class Pipe(PseudoInode inode)
{
    /// <summary>/proc/sys/fs/pipe-max-size: beyond it F_SETPIPE_SZ takes privilege.</summary>
    public const uint MaxSize = 1024 * 1024;

    private const int DefaultSlots = 16;
    private const uint InEvents = POLLIN | POLLRDNORM, OutEvents = POLLOUT | POLLWRNORM;

    private readonly Lock _pipeLock = new();
    private readonly WaitQueue _readWait = new(), _writeWait = new();
    private Slot[] _ring = new Slot[DefaultSlots];

    // Slots from _tail up to _head are in use; both only grow. Conditions of waits read them without the lock.
    private uint _head, _tail;
    private int _readers, _writers;

    // Somebody polled: an edge-triggered epoll wants to hear of each write, also to a pipe that was not empty.
    private bool _polled;

    // A page for the next write, warm in the cache.
    private byte* _spare;

    private enum Outcome
    {
        Done,
        Blocked,
        Broken,
        Fault,
    }

    public PseudoInode Inode { get; } = inode;

    /// <summary>Where the opens of a FIFO wait for its other side.</summary>
    public WaitQueue OpenWait { get; } = new();

    public bool HasReaders => Volatile.Read(ref _readers) > 0;

    public bool HasWriters => Volatile.Read(ref _writers) > 0;

    /// <summary>How often it was opened for reading, and for writing.</summary>
    public uint ReadersOpened { get; private set; }

    public uint WritersOpened { get; private set; }

    public void WakeOpeners() => OpenWait.WakeAll(WaitQueue.AllEvents);

    /// <summary>Capacity in bytes (F_GETPIPE_SZ).</summary>
    public int Size => Volatile.Read(ref _ring).Length * PipePages.PageSize;

    private bool IsEmpty => Volatile.Read(ref _head) == Volatile.Read(ref _tail);

    private bool IsFull => Volatile.Read(ref _head) - Volatile.Read(ref _tail) + Volatile.Read(ref _reserved) >= (uint)Volatile.Read(ref _ring).Length;

    /// <summary>Bytes to be read (FIONREAD).</summary>
    public int Available
    {
        get
        {
            lock (_pipeLock)
            {
                int bytes = 0;
                for (uint at = _tail; at != _head; at++)
                {
                    bytes += SlotAt(at).Length;
                }
                return bytes;
            }
        }
    }

    /// <summary>One more open end, or both.</summary>
    public void Open(bool reader, bool writer)
    {
        lock (_pipeLock)
        {
            _readers += reader ? 1 : 0;
            _writers += writer ? 1 : 0;
            ReadersOpened += reader ? 1u : 0;
            WritersOpened += writer ? 1u : 0;
        }
    }

    /// <summary>The other side learns of the last one's end; the ring goes with the last of both.</summary>
    public void Close(bool reader, bool writer)
    {
        bool alone;
        lock (_pipeLock)
        {
            _readers -= reader ? 1 : 0;
            _writers -= writer ? 1 : 0;
            alone = (_readers == 0) != (_writers == 0);
            if (_readers == 0 && _writers == 0)
            {
                Empty();
            }
        }
        if (alone)
        {
            _readWait.WakeAll(InEvents | POLLERR | POLLHUP);
            _writeWait.WakeAll(OutEvents | POLLERR | POLLHUP);
        }
    }

    /// <summary>Reads what there is, or waits for it. 0 is the end: nothing left and no writer.</summary>
    public SyscallResult Read(GuestTask task, ref IovIter to, bool nonblocking)
    {
        if (to.Count == 0)
        {
            return SyscallResult.Zero;
        }
        bool waited = false;
        while (true)
        {
            long done;
            bool wasFull, more;
            Outcome outcome;
            lock (_pipeLock)
            {
                wasFull = IsFull;
                done = 0;
                outcome = _isHeld ? Outcome.Blocked : Drain(task.Memory, ref to, out done);
                wasFull &= !IsFull;
                more = waited && !IsEmpty;
            }
            if (wasFull)
            {
                _writeWait.Wake(OutEvents);
            }
            if (more)
            {
                // This reader was the only one woken.
                _readWait.Wake(InEvents);
            }
            if (outcome != Outcome.Blocked)
            {
                return outcome == Outcome.Fault ? Errno.EFAULT : done;
            }
            if (nonblocking)
            {
                return Errno.EAGAIN;
            }
            Pipe self = this;
            if (task.Wait(_readWait, ref self, static (ref Pipe pipe) => pipe.IsReadable, Deadline.Never, exclusive: true)
                == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
            waited = true;
        }
    }

    /// <summary>Writes all, unless it would block and must not. EPIPE without readers.</summary>
    /// <param name="packet">O_DIRECT: each page's worth is a read of its own.</param>
    public SyscallResult Write(GuestTask task, ref IovIter from, bool nonblocking, bool packet)
    {
        if (from.Count == 0)
        {
            return SyscallResult.Zero;
        }
        long done = 0;
        bool waited = false;
        while (true)
        {
            bool filled, room;
            Outcome outcome;
            lock (_pipeLock)
            {
                bool wasEmpty = IsEmpty;
                long before = done;
                outcome = Fill(task.Memory, ref from, packet, merge: !waited, ref done);
                filled = done > before && (wasEmpty || _polled);
                room = waited && !IsFull;
            }
            if (filled)
            {
                _readWait.Wake(InEvents);
            }
            if (room)
            {
                _writeWait.Wake(OutEvents);
            }
            if (outcome != Outcome.Blocked)
            {
                if (outcome == Outcome.Broken && done > 0)
                {
                    // The signal comes although the call tells what was written.
                    SignalSender.SendBrokenPipe(task);
                }
                return done > 0 || outcome == Outcome.Done ? done : outcome == Outcome.Fault ? Errno.EFAULT : Errno.EPIPE;
            }
            if (nonblocking)
            {
                return done > 0 ? done : Errno.EAGAIN;
            }
            Pipe self = this;
            if (task.Wait(_writeWait, ref self, static (ref Pipe pipe) => !pipe.IsFull || Volatile.Read(ref pipe._readers) == 0, Deadline.Never, exclusive: true)
                == WaitResult.Interrupted)
            {
                return done > 0 ? done : SyscallResult.RestartSys;
            }
            waited = true;
        }
    }

    /// <summary>Readiness of an end.</summary>
    public uint Poll(PollTable? table, bool reader, bool writer)
    {
        if (reader)
        {
            Volatile.Write(ref _polled, true);
            table?.Add(_readWait);
        }
        if (writer)
        {
            table?.Add(_writeWait);
        }
        uint events = 0;
        if (reader)
        {
            events |= (IsEmpty ? 0 : InEvents) | (Volatile.Read(ref _writers) == 0 ? POLLHUP : 0u);
        }
        if (writer)
        {
            events |= (IsFull ? 0 : OutEvents) | (Volatile.Read(ref _readers) == 0 ? POLLERR : 0u);
        }
        return events;
    }

    /// <summary>F_SETPIPE_SZ.</summary>
    /// <returns>The capacity: the next power of two of pages. EBUSY where what is in the pipe does not fit.</returns>
    public SyscallResult Resize(uint size, bool privileged)
    {
        if (size > 1u << 31)
        {
            return Errno.EINVAL;
        }
        uint slots = BitOperations.RoundUpToPowerOf2(Math.Max(size, PipePages.PageSize)) / PipePages.PageSize;
        bool grown;
        lock (_pipeLock)
        {
            if (slots > (uint)_ring.Length && slots > MaxSize / PipePages.PageSize && !privileged)
            {
                return Errno.EPERM;
            }
            if (slots < _head - _tail + _reserved)
            {
                return Errno.EBUSY;
            }
            grown = IsFull && slots > (uint)_ring.Length;
            Slot[] ring = new Slot[slots];
            for (uint at = _tail; at != _head; at++)
            {
                ring[at & (slots - 1)] = SlotAt(at);
            }
            Volatile.Write(ref _ring, ring);
        }
        if (grown)
        {
            _writeWait.Wake(OutEvents);
        }
        return (long)slots * PipePages.PageSize;
    }

    /// <summary>Takes bytes out of the ring, at most one packet. Pipe lock.</summary>
    private Outcome Drain(MemoryMap memory, ref IovIter to, out long done)
    {
        done = 0;
        while (_tail != _head)
        {
            ref Slot slot = ref SlotAt(_tail);
            int wanted = (int)Math.Min((ulong)slot.Length, to.Count);
            if (to.CopyOut(memory, new ReadOnlySpan<byte>(slot.Page + slot.Offset, wanted)) < wanted)
            {
                return done > 0 ? Outcome.Done : Outcome.Fault;
            }
            done += wanted;
            slot.Offset += wanted;
            slot.Length -= wanted;
            bool packet = slot.IsPacket;
            if (packet || slot.Length == 0)
            {
                Recycle(slot.Page);
                Volatile.Write(ref _tail, _tail + 1);
            }
            if (packet || to.Count == 0)
            {
                return Outcome.Done;
            }
        }
        return done > 0 || _writers == 0 ? Outcome.Done : Outcome.Blocked;
    }

    /// <summary>Puts bytes into the ring; adds them to <paramref name="done"/>. Pipe lock.</summary>
    /// <param name="merge">What exceeds whole pages may go behind an earlier write, where all of it fits.</param>
    private Outcome Fill(MemoryMap memory, ref IovIter from, bool packet, bool merge, ref long done)
    {
        if (_readers == 0)
        {
            return Outcome.Broken;
        }
        int odd = (int)(from.Count % PipePages.PageSize);
        if (merge && odd > 0 && _head != _tail)
        {
            ref Slot last = ref SlotAt(_head - 1);
            int end = last.Offset + last.Length;
            if (!last.IsPacket && !last.IsFixed && end + odd <= PipePages.PageSize)
            {
                if (from.CopyIn(memory, new Span<byte>(last.Page + end, odd)) < odd)
                {
                    return Outcome.Fault;
                }
                last.Length += odd;
                done += odd;
            }
        }
        while (from.Count > 0)
        {
            if (IsFull)
            {
                return Outcome.Blocked;
            }
            byte* page = _spare != null ? _spare : PipePages.Take();
            _spare = null;
            int wanted = (int)Math.Min(from.Count, PipePages.PageSize);
            if (from.CopyIn(memory, new Span<byte>(page, wanted)) < wanted)
            {
                Recycle(page);
                return Outcome.Fault;
            }
            SlotAt(_head) = new Slot { Page = page, Length = wanted, IsPacket = packet };
            Volatile.Write(ref _head, _head + 1);
            done += wanted;
        }
        return Outcome.Done;
    }

    private ref Slot SlotAt(uint index) => ref _ring[index & (uint)(_ring.Length - 1)];

    private void Recycle(byte* page)
    {
        if (_spare == null)
        {
            _spare = page;
        }
        else
        {
            PipePages.Return(page);
        }
    }

    /// <summary>Pipe lock.</summary>
    private void Empty()
    {
        for (; _tail != _head; _tail++)
        {
            PipePages.Return(SlotAt(_tail).Page);
        }
        if (_spare != null)
        {
            PipePages.Return(_spare);
            _spare = null;
        }
    }

    private struct Slot
    {
        public byte* Page;
        public int Offset;
        public int Length;
        public bool IsPacket;

        // Put there by a splice: no later write goes behind it.
        public bool IsFixed;
    }
}
