using System;
using System.Runtime.InteropServices;

using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

namespace UmlHost.Fs;

/// <summary>The guest's struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GuestIovec
{
    public ulong Base;
    public ulong Length;
}

/// <summary>Where the bytes of one read or write go to or come from (Linux's iov_iter): a stretch of guest
/// memory, several (readv), or supervisor memory (sendfile). Moves forward as bytes are taken. What is left
/// never exceeds MAX_RW_COUNT.</summary>
internal ref struct IovIter
{
    /// <summary>MAX_RW_COUNT: the most that one call transfers.</summary>
    public const ulong MaxCount = 0x7fff_f000;

    private ReadOnlySpan<GuestIovec> _next;
    private GuestAddress _address;
    private ulong _length;
    private Span<byte> _kernel;

    private IovIter(GuestAddress address, ulong length)
    {
        _address = address;
        _length = length;
        Count = length;
    }

    /// <summary>Over supervisor memory.</summary>
    public IovIter(Span<byte> memory)
    {
        _kernel = memory;
        Count = (ulong)memory.Length;
    }

    /// <summary>Bytes left.</summary>
    public ulong Count { get; private set; }

    /// <summary>Over one stretch of guest memory; false for EFAULT, which is what a range that leaves the guest's
    /// half of the address space gets, whatever is mapped.</summary>
    public static bool TryCreate(GuestAddress address, ulong length, out IovIter iterator)
    {
        iterator = new IovIter(address, Math.Min(length, MaxCount));
        return IsUserRange(address, length);
    }

    /// <summary>Over the stretches of a readv or writev (import_iovec): EINVAL for a negative length, EFAULT
    /// for a stretch outside of the guest's half.</summary>
    public static Errno TryCreate(ReadOnlySpan<GuestIovec> vectors, out IovIter iterator)
    {
        iterator = default;
        foreach (ref readonly GuestIovec vector in vectors)
        {
            if ((long)vector.Length < 0)
            {
                return Errno.EINVAL;
            }
        }
        ulong total = 0;
        foreach (ref readonly GuestIovec vector in vectors)
        {
            if (!IsUserRange(new GuestAddress(vector.Base), vector.Length))
            {
                return Errno.EFAULT;
            }
            total += Math.Min(vector.Length, MaxCount - total);
        }
        iterator._next = vectors;
        iterator.Count = total;
        return Errno.None;
    }

    /// <summary>access_ok.</summary>
    public static bool IsUserRange(GuestAddress address, ulong length) =>
        address.Value <= GuestAddress.TaskSize.Value && length <= GuestAddress.TaskSize.Value - address.Value;

    /// <summary>Leaves at most <paramref name="count"/> bytes.</summary>
    public void Truncate(ulong count) => Count = Math.Min(Count, count);

    /// <summary>Calls <paramref name="action"/> for every stretch of supervisor memory behind the bytes left, in
    /// order, as <see cref="MemoryMap.Transfer"/> does (under the mmap lock), and moves forward by what it took.
    /// The action keeps its own count of the bytes before: the one it is passed is that of a single stretch.</summary>
    /// <returns>Bytes done; where there are none, the action's error, 0 or -EFAULT.</returns>
    public long Transfer<TState>(MemoryMap memory, Access access, ref TState state, TransferAction<TState> action)
    {
        if (!_kernel.IsEmpty)
        {
            long taken = action(ref state, _kernel[..(int)Count], 0);
            if (taken > 0)
            {
                Advance((ulong)taken);
            }
            return taken;
        }
        long done = 0;
        while (NextStretch(out ulong length))
        {
            long taken = memory.Transfer(_address, length, access, ref state, action);
            if (taken <= 0)
            {
                return done > 0 ? done : taken;
            }
            Advance((ulong)taken);
            done += taken;
            if ((ulong)taken < length)
            {
                break;
            }
        }
        return done;
    }

    /// <summary>Copies <paramref name="source"/> to the bytes left, as far as it can.</summary>
    /// <returns>Bytes copied: less than there are of both means that the next gives EFAULT.</returns>
    public int CopyOut(MemoryMap memory, ReadOnlySpan<byte> source)
    {
        int done = 0;
        while (done < source.Length && NextStretch(out ulong length))
        {
            ReadOnlySpan<byte> part = source.Slice(done, (int)Math.Min(length, (ulong)(source.Length - done)));
            int copied = part.Length;
            if (_kernel.IsEmpty)
            {
                copied = memory.CopyOut(_address, part);
            }
            else
            {
                part.CopyTo(_kernel);
            }
            Advance((ulong)copied);
            done += copied;
            if (copied < part.Length)
            {
                break;
            }
        }
        return done;
    }

    /// <summary>Copies the bytes left to <paramref name="destination"/>, as <see cref="CopyOut"/>.</summary>
    public int CopyIn(MemoryMap memory, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length && NextStretch(out ulong length))
        {
            Span<byte> part = destination.Slice(done, (int)Math.Min(length, (ulong)(destination.Length - done)));
            int copied = part.Length;
            if (_kernel.IsEmpty)
            {
                copied = memory.CopyIn(_address, part);
            }
            else
            {
                _kernel[..copied].CopyTo(part);
            }
            Advance((ulong)copied);
            done += copied;
            if (copied < part.Length)
            {
                break;
            }
        }
        return done;
    }

    /// <summary>How many of the bytes left, up to <paramref name="limit"/>, can be accessed now; 0 means that the
    /// first faults.</summary>
    public readonly ulong Accessible(MemoryMap memory, Access access, ulong limit)
    {
        IovIter probe = this;
        probe.Truncate(limit);
        byte none = 0;
        return (ulong)Math.Max(0, probe.Transfer(memory, access, ref none, static (ref byte _, Span<byte> stretch, ulong _) => stretch.Length));
    }

    /// <summary>Goes to the next stretch that is not empty.</summary>
    private bool NextStretch(out ulong length)
    {
        if (!_kernel.IsEmpty)
        {
            length = Count;
            return Count > 0;
        }
        while (_length == 0 && !_next.IsEmpty)
        {
            _address = new GuestAddress(_next[0].Base);
            _length = _next[0].Length;
            _next = _next[1..];
        }
        length = Math.Min(_length, Count);
        return length > 0;
    }

    private void Advance(ulong bytes)
    {
        Count -= bytes;
        if (_kernel.IsEmpty)
        {
            _address += bytes;
            _length -= bytes;
        }
        else
        {
            _kernel = _kernel[(int)bytes..];
        }
    }
}
