using System;
using System.Buffers;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Looks at every file of a poll or select once.</summary>
/// <param name="table">Gets the wait entries, the first time; null later, and where the call is not to wait.</param>
/// <returns>How many are ready.</returns>
internal delegate int PollScan<TState>(GuestTask task, ref TState state, TaskPollTable? table)
    where TState : allows ref struct;

/// <summary>Waiting for several files: poll and select.</summary>
internal static unsafe class PollCalls
{
    public static readonly Syscall[] Calls =
    [
        new(7, "poll", &Poll, K.PollFds, K.UInt, K.Int),
        new(23, "select", &Select, K.Int, K.FdSet, K.FdSet, K.FdSet, K.InTimeval),
        new(270, "pselect6", &PSelect, K.Int, K.FdSet, K.FdSet, K.FdSet, K.InTimespec, K.SigSetArgument),
        new(271, "ppoll", &PPoll, K.PollFds, K.UInt, K.InTimespec, K.SigSet, K.Size),
    ];

    private const uint InSet = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR | POLLNVAL;
    private const uint OutSet = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR | POLLNVAL;
    private const uint ExceptSet = POLLPRI | POLLNVAL;

    private const int BitsPerWord = 64;

    /// <summary>A deadline that has passed: look once, don't wait.</summary>
    private static Deadline Immediately => default;

    /// <summary>Waits until <paramref name="scan"/> finds something ready, the deadline comes, or a signal does.
    /// </summary>
    /// <returns>What the last scan returned, or EINTR.</returns>
    public static SyscallResult Wait<TState>(GuestTask task, ref TState state, PollScan<TState> scan, Deadline deadline)
        where TState : allows ref struct
    {
        bool last = deadline == Immediately;
        TaskPollTable table = task.PollTable;
        TaskPollTable? register = last ? null : table;
        try
        {
            while (true)
            {
                task.ArmSleep();
                int ready = scan(task, ref state, register);
                if (ready != 0 || last)
                {
                    return (long)ready;
                }
                if (task.NeedsAttention)
                {
                    return Errno.EINTR;
                }
                register = null;
                last = !task.Sleep(deadline);
            }
        }
        finally
        {
            table.Clear();
        }
    }

    /// <summary>Puts the signal mask at <paramref name="address"/> in the place of the task's for the time of one
    /// call, if there is one (set_user_sigmask). The call ends it with EndTemporaryMask.</summary>
    public static Errno SetTemporaryMask(GuestTask task, GuestAddress address, ulong size)
    {
        if (address.IsNull)
        {
            return Errno.None;
        }
        if (size != sizeof(ulong))
        {
            return Errno.EINVAL;
        }
        if (!task.Memory.Read(address, out ulong mask))
        {
            return Errno.EFAULT;
        }
        task.BeginTemporaryMask(mask);
        return Errno.None;
    }

    /// <summary>When the relative time in guest memory is over; never without one.</summary>
    public static Errno ReadTimeout(GuestTask task, GuestAddress address, out Deadline deadline)
    {
        deadline = Deadline.Never;
        return address.IsNull ? Errno.None
            : !task.Memory.Read(address, out timespec timeout) ? Errno.EFAULT
            : ToDeadline(timeout, out deadline);
    }

    private static SyscallResult Poll(GuestTask task, in SyscallArguments args)
    {
        int timeout = args.Int(2);
        Deadline deadline = timeout switch
        {
            < 0 => Deadline.Never,
            0 => Immediately,
            _ => Deadline.After(timeout * 1_000_000L),
        };
        return Poll(task, new RestartBlock { Function = &Restart, Address = args.Address(0), First = args.UInt(1), Deadline = deadline });
    }

    private static SyscallResult Restart(GuestTask task, in RestartBlock call) => Poll(task, call);

    private static SyscallResult Poll(GuestTask task, in RestartBlock call)
    {
        SyscallResult result = Poll(task, call.Address, (uint)call.First, call.Deadline);
        if (result.Error != Errno.EINTR)
        {
            return result;
        }
        task.RestartBlock = call;
        return SyscallResult.RestartBlock;
    }

    private static SyscallResult PPoll(GuestTask task, in SyscallArguments args)
    {
        Errno error = ReadTimeout(task, args.Address(2), out Deadline deadline);
        if (error != Errno.None)
        {
            return error;
        }
        error = SetTemporaryMask(task, args.Address(3), args.ULong(4));
        if (error != Errno.None)
        {
            return error;
        }
        SyscallResult result = Poll(task, args.Address(0), args.UInt(1), deadline);
        task.EndTemporaryMask(interrupted: result.Error == Errno.EINTR);
        return Finish(task, result, deadline, args.Address(2), isTimeval: false);
    }

    private static SyscallResult Poll(GuestTask task, GuestAddress address, uint count, Deadline deadline)
    {
        if (count > (uint)task.Files.Limit)
        {
            return Errno.EINVAL;
        }
        Span<byte> bytes = Buffer(task, (int)count * sizeof(pollfd), out byte[]? rented);
        try
        {
            if (task.Memory.CopyIn(address, bytes) < bytes.Length)
            {
                return Errno.EFAULT;
            }
            fixed (byte* start = bytes)
            {
                PollList list = new() { Fds = (pollfd*)start, Count = (int)count };
                SyscallResult result = Wait(task, ref list, static (GuestTask task, ref PollList list, TaskPollTable? table) => list.Scan(task, table), deadline);
                return result.Failed || list.WriteBack(task.Memory, address) ? result : Errno.EFAULT;
            }
        }
        finally
        {
            Return(rented);
        }
    }

    private static SyscallResult Select(GuestTask task, in SyscallArguments args)
    {
        Deadline deadline = Deadline.Never;
        if (!args.Address(4).IsNull)
        {
            if (!task.Memory.Read(args.Address(4), out timeval timeout))
            {
                return Errno.EFAULT;
            }
            Errno error = ToDeadline(
                new timespec { tv_sec = timeout.tv_sec + (timeout.tv_usec / 1_000_000), tv_nsec = timeout.tv_usec % 1_000_000 * 1000 },
                out deadline);
            if (error != Errno.None)
            {
                return error;
            }
        }
        return Finish(task, Select(task, args, deadline), deadline, args.Address(4), isTimeval: true);
    }

    private static SyscallResult PSelect(GuestTask task, in SyscallArguments args)
    {
        // The sixth argument is a pair in memory: the mask's address, and its size.
        ulong mask = 0, size = 0;
        if (!args.Address(5).IsNull && !(task.Memory.Read(args.Address(5), out mask) && task.Memory.Read(args.Address(5) + sizeof(ulong), out size)))
        {
            return Errno.EFAULT;
        }
        Errno error = ReadTimeout(task, args.Address(4), out Deadline deadline);
        if (error != Errno.None)
        {
            return error;
        }
        error = SetTemporaryMask(task, new GuestAddress(mask), size);
        if (error != Errno.None)
        {
            return error;
        }
        SyscallResult result = Select(task, args, deadline);
        task.EndTemporaryMask(interrupted: result.Error == Errno.EINTR);
        return Finish(task, result, deadline, args.Address(4), isTimeval: false);
    }

    private static SyscallResult Select(GuestTask task, in SyscallArguments args, Deadline deadline)
    {
        int count = args.Int(0);
        if (count < 0)
        {
            return Errno.EINVAL;
        }
        // More descriptors than the table has room for are not looked at.
        count = Math.Min(count, task.Files.Size);
        int words = (count + BitsPerWord - 1) / BitsPerWord;
        Span<ulong> bits = MemoryMarshal.Cast<byte, ulong>(Buffer(task, 6 * words * sizeof(ulong), out byte[]? rented));
        try
        {
            bits.Clear();
            for (int set = 0; set < 3; set++)
            {
                Span<byte> wanted = MemoryMarshal.AsBytes(bits.Slice(set * words, words));
                if (!args.Address(1 + set).IsNull && task.Memory.CopyIn(args.Address(1 + set), wanted) < wanted.Length)
                {
                    return Errno.EFAULT;
                }
            }
            SelectSets sets = new(bits, words, count);
            if (!sets.AllOpen(task))
            {
                return Errno.EBADF;
            }
            SyscallResult result = Wait(task, ref sets, static (GuestTask task, ref SelectSets sets, TaskPollTable? table) => sets.Scan(task, table), deadline);
            for (int set = 0; set < 3 && !result.Failed; set++)
            {
                Span<byte> found = MemoryMarshal.AsBytes(bits.Slice((3 + set) * words, words));
                if (!args.Address(1 + set).IsNull && task.Memory.CopyOut(args.Address(1 + set), found) < found.Length)
                {
                    return Errno.EFAULT;
                }
            }
            return result;
        }
        finally
        {
            Return(rented);
        }
    }

    /// <summary>Tells the guest how much of its timeout is left. If it can't be told, the call must not be run again
    /// with the whole of it.</summary>
    private static SyscallResult Finish(GuestTask task, SyscallResult result, Deadline deadline, GuestAddress timeout, bool isTimeval)
    {
        bool told = true;
        if (!timeout.IsNull && deadline != Immediately)
        {
            timespec left = Deadline.ToTimespec(deadline.Remaining);
            told = isTimeval
                ? task.Memory.Write(timeout, new timeval { tv_sec = left.tv_sec, tv_usec = left.tv_nsec / 1000 })
                : task.Memory.Write(timeout, left);
        }
        return result.Error == Errno.EINTR && told ? SyscallResult.RestartNoHand : result;
    }

    private static Errno ToDeadline(in timespec timeout, out Deadline deadline)
    {
        deadline = Immediately;
        if (timeout.tv_sec < 0 || (ulong)timeout.tv_nsec >= Deadline.NanosecondsPerSecond)
        {
            return Errno.EINVAL;
        }
        long nanoseconds = Deadline.ToNanoseconds(timeout);
        deadline = nanoseconds == 0 ? Immediately : Deadline.After(nanoseconds);
        return Errno.None;
    }

    private static Span<byte> Buffer(GuestTask task, int bytes, out byte[]? rented)
    {
        rented = bytes <= task.Scratch.Length ? null : ArrayPool<byte>.Shared.Rent(bytes);
        return (rented ?? task.Scratch).AsSpan(0, bytes);
    }

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>What <paramref name="fd"/> is ready for, of what is asked for and what always counts.</summary>
    private static uint PollOne(GuestTask task, int fd, uint events, TaskPollTable? table)
    {
        events |= POLLERR | POLLHUP;
        using FileReference reference = task.Files.Get(fd);
        if (reference.File is not { IsPath: false } file)
        {
            return POLLNVAL;
        }
        if (table is not null)
        {
            table.Events = events;
        }
        return file.Poll(table) & events;
    }

    /// <summary>A copy of poll's array.</summary>
    private struct PollList
    {
        public pollfd* Fds;
        public int Count;

        public int Scan(GuestTask task, TaskPollTable? table)
        {
            int ready = 0;
            for (int i = 0; i < Count; i++)
            {
                pollfd* entry = &Fds[i];
                entry->revents = entry->fd < 0 ? (short)0 : (short)PollOne(task, entry->fd, (ushort)entry->events, ready > 0 ? null : table);
                ready += entry->revents != 0 ? 1 : 0;
            }
            return ready;
        }

        /// <summary>Stores the answers, and nothing else: other threads may change the rest.</summary>
        public bool WriteBack(MemoryMap memory, GuestAddress to)
        {
            const int AnswerOffset = 6;
            ulong bytes = (ulong)Count * (ulong)sizeof(pollfd);
            if (to.Value % sizeof(short) != 0)
            {
                for (int i = 0; i < Count; i++)
                {
                    if (!memory.Write(to + (ulong)((i * sizeof(pollfd)) + AnswerOffset), Fds[i].revents))
                    {
                        return false;
                    }
                }
                return true;
            }
            // Page borders are between answers.
            return memory.Transfer(to, bytes, Access.Write, ref this, static (ref PollList list, Span<byte> stretch, ulong done) =>
            {
                for (int i = (int)((done + 1) / (ulong)sizeof(pollfd)); i < list.Count; i++)
                {
                    int at = (int)(((ulong)i * (ulong)sizeof(pollfd)) + AnswerOffset - done);
                    if (at >= stretch.Length)
                    {
                        break;
                    }
                    MemoryMarshal.Write(stretch[at..], list.Fds[i].revents);
                }
                return stretch.Length;
            }) == (long)bytes;
        }
    }

    /// <summary>select's three sets as they were passed, and three for the answer behind them.</summary>
    private readonly ref struct SelectSets(Span<ulong> bits, int words, int count)
    {
        private readonly Span<ulong> _in = bits[..words], _out = bits.Slice(words, words), _except = bits.Slice(2 * words, words);
        private readonly Span<ulong> _readyIn = bits.Slice(3 * words, words), _readyOut = bits.Slice(4 * words, words), _readyExcept = bits.Slice(5 * words, words);

        public bool AllOpen(GuestTask task)
        {
            for (int word = 0; word < _in.Length; word++)
            {
                for (ulong left = Wanted(word); left != 0; left &= left - 1)
                {
                    using FileReference reference = task.Files.Get((word * BitsPerWord) + System.Numerics.BitOperations.TrailingZeroCount(left));
                    if (reference.File is null)
                    {
                        return false;
                    }
                }
            }
            return true;
        }

        public int Scan(GuestTask task, TaskPollTable? table)
        {
            int ready = 0;
            for (int word = 0; word < _in.Length; word++)
            {
                for (ulong left = Wanted(word); left != 0; left &= left - 1)
                {
                    ulong bit = left & ~(left - 1);
                    uint asked = POLLPRI | ((_in[word] & bit) != 0 ? InSet : 0) | ((_out[word] & bit) != 0 ? OutSet : 0);
                    uint events = PollOne(
                        task, (word * BitsPerWord) + System.Numerics.BitOperations.TrailingZeroCount(bit), asked, ready > 0 ? null : table);
                    ready += Mark(_in[word], _readyIn, word, bit, events & InSet)
                        + Mark(_out[word], _readyOut, word, bit, events & OutSet)
                        + Mark(_except[word], _readyExcept, word, bit, events & ExceptSet);
                }
            }
            return ready;
        }

        private static int Mark(ulong wanted, Span<ulong> found, int word, ulong bit, uint events)
        {
            if ((wanted & bit) == 0 || events == 0)
            {
                return 0;
            }
            found[word] |= bit;
            return 1;
        }

        private ulong Wanted(int word)
        {
            int beyond = ((word + 1) * BitsPerWord) - count;
            return (_in[word] | _out[word] | _except[word]) & (ulong.MaxValue >> Math.Max(0, beyond));
        }
    }
}
