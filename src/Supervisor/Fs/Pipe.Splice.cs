using System;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Syscalls;

namespace UmlHost.Fs;

// What splice and its like do with a pipe. Files are read and written without the pipe lock, whose place is inside
// theirs: what is being written out is held meanwhile, and what is being read in has its slots reserved.
internal sealed unsafe partial class Pipe
{
    private static long s_serials;

    // Of two pipes the lock of the older one is taken first.
    private readonly long _serial = Interlocked.Increment(ref s_serials);
    private uint _reserved;
    private bool _isHeld;

    private bool IsReadable => !Volatile.Read(ref _isHeld) && (!IsEmpty || Volatile.Read(ref _writers) == 0);

    /// <summary>Waits for something to take out (ipipe_prep).</summary>
    /// <returns>Positive; 0 at the end; EAGAIN, or a restart.</returns>
    public SyscallResult AwaitData(GuestTask task, bool nonblocking)
    {
        Pipe self = this;
        return !IsReadable && nonblocking ? Errno.EAGAIN
            : task.Wait(_readWait, ref self, static (ref Pipe pipe) => pipe.IsReadable, Deadline.Never) == WaitResult.Interrupted ? SyscallResult.RestartSys
            : IsEmpty ? SyscallResult.Zero
            : 1;
    }

    /// <summary>Waits for room to put something in (opipe_prep). SIGPIPE comes with EPIPE.</summary>
    public SyscallResult AwaitRoom(GuestTask task, bool nonblocking)
    {
        Pipe self = this;
        if (HasReaders && IsFull)
        {
            if (nonblocking)
            {
                return Errno.EAGAIN;
            }

            if (task.Wait(_writeWait, ref self, static (ref Pipe pipe) => !pipe.IsFull || !pipe.HasReaders, Deadline.Never) == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }

        if (!HasReaders)
        {
            SignalSender.SendBrokenPipe(task);
            return Errno.EPIPE;
        }

        return SyscallResult.Zero;
    }

    /// <summary>Copies what is in front, and keeps others from reading until <see cref="LetGo"/>.</summary>
    /// <returns>0 where there is nothing, or somebody else holds it.</returns>
    public int Hold(Span<byte> buffer)
    {
        lock (_pipeLock)
        {
            int done = 0;
            for (uint at = _tail; !_isHeld && at != _head && done < buffer.Length; at++)
            {
                ref Slot slot = ref SlotAt(at);
                int part = Math.Min(slot.Length, buffer.Length - done);
                new ReadOnlySpan<byte>(slot.Page + slot.Offset, part).CopyTo(buffer[done..]);
                done += part;
            }

            Volatile.Write(ref _isHeld, _isHeld || done > 0);
            return done;
        }
    }

    /// <summary>The end of <see cref="Hold"/>.</summary>
    /// <param name="taken">Bytes that have found their place elsewhere.</param>
    public void LetGo(int taken)
    {
        lock (_pipeLock)
        {
            while (taken > 0)
            {
                ref Slot slot = ref SlotAt(_tail);
                int part = Math.Min(taken, slot.Length);
                taken -= part;
                slot.Offset += part;
                slot.Length -= part;
                if (slot.Length == 0)
                {
                    Recycle(slot.Page);
                    Volatile.Write(ref _tail, _tail + 1);
                }
            }

            Volatile.Write(ref _isHeld, false);
        }

        WakeBoth();
    }

    /// <summary>Keeps slots free for what is about to be read from a file.</summary>
    /// <returns>How many, at most <paramref name="wanted"/>; 0 where the pipe is full.</returns>
    public int Reserve(int wanted)
    {
        lock (_pipeLock)
        {
            int slots = (int)Math.Min((uint)wanted, (uint)_ring.Length - (_head - _tail) - _reserved);
            Volatile.Write(ref _reserved, _reserved + (uint)slots);
            return slots;
        }
    }

    /// <summary>Fills reserved slots, and gives the rest of them back.</summary>
    /// <param name="first">The most that goes into the first: pages of a file stay pages.</param>
    public void Put(int reserved, ReadOnlySpan<byte> data, int first)
    {
        lock (_pipeLock)
        {
            Volatile.Write(ref _reserved, _reserved - (uint)reserved);
            for (int most = first; !data.IsEmpty; most = PipePages.PageSize)
            {
                int part = Math.Min(most, data.Length);
                byte* page = PipePages.Take();
                data[..part].CopyTo(new Span<byte>(page, part));
                Push(new Slot { Page = page, Length = part, IsFixed = true });
                data = data[part..];
            }
        }

        WakeBoth();
    }

    /// <summary>vmsplice: puts as much in as there is room for once there is some.</summary>
    public SyscallResult Gift(GuestTask task, ref IovIter from, bool nonblocking)
    {
        while (true)
        {
            SyscallResult room = AwaitRoom(task, nonblocking);
            if (room.Failed)
            {
                return room;
            }

            long done = 0;
            Outcome outcome;
            lock (_pipeLock)
            {
                uint before = _head;
                outcome = Fill(task.Memory, ref from, packet: false, merge: false, ref done);
                for (uint at = before; at != _head; at++)
                {
                    SlotAt(at).IsFixed = true;
                }
            }

            if (done > 0)
            {
                WakeBoth();
                return done;
            }

            if (outcome == Outcome.Fault)
            {
                return Errno.EFAULT;
            }
        }
    }

    /// <summary>Moves, or with tee repeats, what is in front of one pipe behind another. Whole pages that are moved are
    /// not copied.</summary>
    /// <returns>Bytes; 0 where one is empty or the other full.</returns>
    public static long Move(Pipe from, Pipe to, ulong length, bool keep)
    {
        long done = 0;
        (Pipe first, Pipe second) = from._serial < to._serial ? (from, to) : (to, from);
        lock (first._pipeLock)
        {
            lock (second._pipeLock)
            {
                uint at = from._tail;
                while (length > 0 && at != from._head && !from._isHeld && !to.IsFull)
                {
                    ref Slot slot = ref from.SlotAt(at);
                    int part = (int)Math.Min(length, (ulong)slot.Length);
                    if (keep || part < slot.Length)
                    {
                        byte* page = PipePages.Take();
                        new ReadOnlySpan<byte>(slot.Page + slot.Offset, part).CopyTo(new Span<byte>(page, part));
                        to.Push(new Slot { Page = page, Length = part, IsPacket = slot.IsPacket, IsFixed = true });
                    }
                    else
                    {
                        to.Push(slot);
                    }

                    if (!keep && part < slot.Length)
                    {
                        slot.Offset += part;
                        slot.Length -= part;
                    }
                    else
                    {
                        at++;
                        Volatile.Write(ref from._tail, keep ? from._tail : at);
                    }

                    length -= (ulong)part;
                    done += part;
                }
            }
        }

        if (done > 0)
        {
            from.WakeBoth();
            to.WakeBoth();
        }

        return done;
    }

    /// <summary>Pipe lock.</summary>
    private void Push(in Slot slot)
    {
        SlotAt(_head) = slot;
        Volatile.Write(ref _head, _head + 1);
    }

    private void WakeBoth()
    {
        if (!IsEmpty)
        {
            _readWait.Wake(InEvents);
        }

        if (!IsFull)
        {
            _writeWait.Wake(OutEvents);
        }
    }
}
