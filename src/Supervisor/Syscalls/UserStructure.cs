using System;

using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;

namespace UmlHost.Syscalls;

/// <summary>Structures that grow with the kernel, passed with their size (Linux's copy_struct_from_user).</summary>
internal static unsafe class UserStructure
{
    /// <summary>Reads as much as both sides know. What the guest has beyond that must be zero, or E2BIG.</summary>
    public static Errno Read<T>(MemoryMap memory, GuestAddress source, ulong size, ref T value)
        where T : unmanaged
    {
        fixed (T* to = &value)
        {
            int known = (int)ulong.Min(size, (ulong)sizeof(T));
            if (memory.CopyIn(source, new Span<byte>(to, known)) != known)
            {
                return Errno.EFAULT;
            }
        }

        Span<byte> rest = stackalloc byte[256];
        for (ulong at = (ulong)sizeof(T); at < size; at += (ulong)rest.Length)
        {
            Span<byte> part = rest[..(int)ulong.Min((ulong)rest.Length, size - at)];
            if (memory.CopyIn(source + at, part) != part.Length)
            {
                return Errno.EFAULT;
            }

            if (part.ContainsAnyExcept((byte)0))
            {
                return Errno.E2BIG;
            }
        }

        return Errno.None;
    }
}
