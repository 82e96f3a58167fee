using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Host;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

/// <summary>The segments of an address space's own (modify_ldt): kept here as Linux shows them, and in the host child
/// that is the address space. Lock: <c>ldt lock</c>, inside the mmap lock and outside the stub lock.</summary>
internal sealed class LocalDescriptorTable
{
    private readonly Lock _ldtLock = new();
    private readonly SortedDictionary<uint, user_desc> _segments = [];

    // One past the highest entry ever written: clearing entries does not shorten the table.
    private uint _size;

    /// <summary>A copy, for a fork. The new host child has nothing of it until <see cref="TryLoad"/>.</summary>
    public void CopyFrom(LocalDescriptorTable other)
    {
        lock (other._ldtLock)
        {
            _size = other._size;
            foreach ((uint number, user_desc segment) in other._segments)
            {
                _segments.Add(number, segment);
            }
        }
    }

    /// <summary>Puts every segment into a host child that has none.</summary>
    public bool TryLoad(PtraceThread host)
    {
        lock (_ldtLock)
        {
            foreach (user_desc segment in _segments.Values)
            {
                if (host.WriteLdt(segment).Failed)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Writes an entry, or clears it.</summary>
    /// <param name="segment">Checked, entry number and all.</param>
    /// <param name="empty">The entry is to be cleared; what else <paramref name="segment"/> says does not count.</param>
    /// <returns>The host's error, EINVAL for a segment that its kernel does not take.</returns>
    public Errno Write(PtraceThread host, in user_desc segment, bool empty)
    {
        user_desc entry = empty
            ? new user_desc { entry_number = segment.entry_number, flags = user_desc.read_exec_only | user_desc.seg_not_present }
            : segment;
        lock (_ldtLock)
        {
            Result written = host.WriteLdt(entry);
            if (written.Failed)
            {
                return written.Error;
            }

            if (empty)
            {
                _segments.Remove(entry.entry_number);
            }
            else
            {
                _segments[entry.entry_number] = entry;
            }

            _size = uint.Max(_size, entry.entry_number + 1);
            return Errno.None;
        }
    }

    /// <summary>The table as the processor has it.</summary>
    /// <returns>Its size in bytes; 0 if there is none. No more than <paramref name="to"/> holds is written there.</returns>
    public int Read(Span<byte> to)
    {
        Span<byte> bytes = stackalloc byte[LDT_ENTRY_SIZE];
        lock (_ldtLock)
        {
            to.Clear();
            foreach ((uint number, user_desc segment) in _segments)
            {
                int at = (int)number * LDT_ENTRY_SIZE;
                BitConverter.TryWriteBytes(bytes, Descriptor(segment));
                if (at < to.Length)
                {
                    bytes[..int.Min(LDT_ENTRY_SIZE, to.Length - at)].CopyTo(to[at..]);
                }
            }

            return (int)_size * LDT_ENTRY_SIZE;
        }
    }

    private static ulong Descriptor(in user_desc segment)
    {
        uint flags = segment.flags;
        uint contents = (flags >> user_desc.contents_shift) & 3;
        uint low = (segment.base_addr << 16) | (segment.limit & 0xffff);
        uint type = 1 | ((flags & user_desc.read_exec_only) == 0 ? 2u : 0) | (contents << 2);
        uint high = (segment.base_addr & 0xff00_0000) | ((segment.base_addr >> 16) & 0xff) | (segment.limit & 0xf_0000)
            | (type << 8)
            | (1u << 12)
            | (3u << 13)
            | ((flags & user_desc.seg_not_present) == 0 ? 1u << 15 : 0)
            | ((flags & user_desc.useable) != 0 ? 1u << 20 : 0)
            | ((flags & user_desc.seg_32bit) != 0 ? 1u << 22 : 0)
            | ((flags & user_desc.limit_in_pages) != 0 ? 1u << 23 : 0);
        return ((ulong)high << 32) | low;
    }
}
