using System;
using System.Runtime.CompilerServices;

using UmlHost.Abi;
using UmlHost.Native;

namespace UmlHost.Memory;

/// <summary>One stretch of a <see cref="MemoryMap.Transfer"/>.</summary>
/// <param name="stretch">Supervisor memory of the guest's frames.</param>
/// <param name="done">Bytes of earlier stretches.</param>
/// <returns>Bytes taken, or -errno.</returns>
internal delegate long TransferAction<TState>(ref TState state, Span<byte> stretch, ulong done);

// Guest memory as the supervisor reads and writes it: straight through the memory file's own mapping, a stretch
// of neighbouring frames at a time. Every access is checked against the page table, which carries the guest's
// protections; what is absent is faulted in as a guest access would be.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>Copies guest memory out to <paramref name="destination"/>, as far as it can.</summary>
    /// <returns>Bytes copied; less than asked for means that the next byte gives EFAULT.</returns>
    public int CopyIn(GuestAddress source, Span<byte> destination)
    {
        int done = 0;
        lock (_mmapLock)
        {
            while (done < destination.Length)
            {
                Span<byte> stretch = Stretch(source + (ulong)done, (ulong)(destination.Length - done), Access.Read);
                if (stretch.IsEmpty)
                {
                    break;
                }

                stretch.CopyTo(destination[done..]);
                done += stretch.Length;
            }
        }

        return done;
    }

    /// <summary>Copies into guest memory, as <see cref="CopyIn"/>. Honours guest protections.</summary>
    public int CopyOut(GuestAddress destination, ReadOnlySpan<byte> source)
    {
        int done = 0;
        lock (_mmapLock)
        {
            while (done < source.Length)
            {
                Span<byte> stretch = Stretch(destination + (ulong)done, (ulong)(source.Length - done), Access.Write);
                if (stretch.IsEmpty)
                {
                    break;
                }

                source.Slice(done, stretch.Length).CopyTo(stretch);
                done += stretch.Length;
            }
        }

        return done;
    }

    /// <summary>Fills guest memory with zeros; bytes done.</summary>
    public ulong Clear(GuestAddress destination, ulong length)
    {
        ulong done = 0;
        lock (_mmapLock)
        {
            while (done < length)
            {
                Span<byte> stretch = Stretch(destination + done, length - done, Access.Write);
                if (stretch.IsEmpty)
                {
                    break;
                }

                stretch.Clear();
                done += (ulong)stretch.Length;
            }
        }

        return done;
    }

    /// <summary>Reads a value; false is EFAULT.</summary>
    public bool Read<T>(GuestAddress source, out T value)
        where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        return CopyIn(source, new Span<byte>(Unsafe.AsPointer(ref value), sizeof(T))) == sizeof(T);
    }

    /// <summary>Writes a value; false is EFAULT.</summary>
    public bool Write<T>(GuestAddress destination, in T value)
        where T : unmanaged
    {
        fixed (T* from = &value)
        {
            return CopyOut(destination, new ReadOnlySpan<byte>(from, sizeof(T))) == sizeof(T);
        }
    }

    /// <summary>Reads a NUL-terminated string into <paramref name="buffer"/>, without the NUL.</summary>
    /// <returns>Its length; -EFAULT; -ENAMETOOLONG where no NUL came within the buffer.</returns>
    public int ReadString(GuestAddress source, Span<byte> buffer)
    {
        int done = 0;
        lock (_mmapLock)
        {
            while (done < buffer.Length)
            {
                Span<byte> stretch = Stretch(source + (ulong)done, (ulong)(buffer.Length - done), Access.Read);
                if (stretch.IsEmpty)
                {
                    return -(int)Errno.EFAULT;
                }

                int end = stretch.IndexOf((byte)0);
                if (end >= 0)
                {
                    stretch[..end].CopyTo(buffer[done..]);
                    return done + end;
                }

                stretch.CopyTo(buffer[done..]);
                done += stretch.Length;
            }
        }

        return -(int)Errno.ENAMETOOLONG;
    }

    /// <summary>Calls <paramref name="action"/> for every stretch of guest memory
    /// [<paramref name="start"/>, +<paramref name="length"/>) that is contiguous in supervisor memory, in order,
    /// under the mmap lock: for reads and writes straight between a host file and guest frames. The action must
    /// not block for long nor touch guest memory otherwise. Ends early where memory faults or the action takes
    /// less than the stretch.</summary>
    /// <returns>Bytes done, or the action's error if nothing was; -EFAULT if the first byte faults.</returns>
    public long Transfer<TState>(GuestAddress start, ulong length, Access access, ref TState state, TransferAction<TState> action)
    {
        ulong done = 0;
        lock (_mmapLock)
        {
            while (done < length)
            {
                Span<byte> stretch = Stretch(start + done, length - done, access);
                if (stretch.IsEmpty)
                {
                    return done == 0 ? -(long)Errno.EFAULT : (long)done;
                }

                long taken = action(ref state, stretch, done);
                if (taken < 0)
                {
                    return done == 0 ? taken : (long)done;
                }

                done += (ulong)taken;
                if (taken < stretch.Length)
                {
                    break;
                }
            }
        }

        return (long)done;
    }

    /// <summary>The longest stretch from <paramref name="start"/> that lies in neighbouring frames and allows
    /// the access; empty where the first byte faults.</summary>
    private Span<byte> Stretch(GuestAddress start, ulong length, Access access)
    {
        Pte needed = access == Access.Write ? Pte.Present | Pte.Write : Pte.Present;
        PageTableLeaf* leaf = _table.Find(start);
        int index = PageTableLeaf.IndexOf(start);
        PageTableEntry entry = leaf == null ? default : (*leaf)[index];
        if (!Permits(entry, needed))
        {
            if (start >= GuestAddress.TaskSize || FaultLocked(start, access) != FaultResult.Resolved)
            {
                return default;
            }

            leaf = _table.Find(start);
            entry = (*leaf)[index];
            if (!Permits(entry, needed))
            {
                return default;
            }
        }

        ulong available = GuestAddress.PageSize - start.PageOffset;
        uint frame = entry.Frame;
        while (available < length && ++index < PageTableLeaf.Entries)
        {
            PageTableEntry next = (*leaf)[index];
            if (!Permits(next, needed) || next.Frame != ++frame)
            {
                break;
            }

            available += GuestAddress.PageSize;
        }

        return new Span<byte>(_frames.Pointer(entry.Frame) + start.PageOffset, (int)Math.Min(available, length));
    }

    /// <summary>Whether an entry has all of <paramref name="needed"/> and is not PROT_NONE.</summary>
    private static bool Permits(PageTableEntry entry, Pte needed)
        => (entry.Bits & needed) == needed && (entry.Bits & Pte.Protection) != 0;
}
