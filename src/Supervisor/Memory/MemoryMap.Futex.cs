using System;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Native;

namespace UmlHost.Memory;

// What futexes need: which futex an address is, and its word, which guest threads change at the same time through
// mappings of the same frame.
internal sealed unsafe partial class MemoryMap
{
    /// <summary>The futex at an address (Linux's get_futex_key). EINVAL where it is not aligned; EFAULT outside of
    /// the guest's half, or, if <paramref name="shared"/>, where the access cannot be made.</summary>
    /// <param name="shared">FUTEX_PRIVATE_FLAG was not given: other address spaces may mean the same word.</param>
    public Errno TryGetFutexKey(GuestAddress address, bool shared, Access access, out FutexKey key)
    {
        key = new FutexKey(this, address.Value);
        if ((address.Value & (sizeof(uint) - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        if (address >= GuestAddress.TaskSize)
        {
            return Errno.EFAULT;
        }

        if (!shared)
        {
            return Errno.None;
        }

        lock (_mmapLock)
        {
            if (FutexWord(address, access) == null || _areas.Find(address) is not { } area)
            {
                return Errno.EFAULT;
            }

            // Private memory that cannot be written never changes: nothing to wait for, unless it is a file's.
            bool isPrivate = !area.IsShared && area.Allows(Access.Write);
            if (!isPrivate && area.Cache is null)
            {
                return Errno.EFAULT;
            }

            key = isPrivate
                ? new FutexKey(this, address.Value | 1)
                : new FutexKey(area.Cache!, (area.CachePage(address) << GuestAddress.PageShift) + address.PageOffset);
            return Errno.None;
        }
    }

    /// <summary>Reads an aligned word at once; false is EFAULT.</summary>
    public bool LoadWord(GuestAddress address, out uint value)
    {
        lock (_mmapLock)
        {
            uint* word = FutexWord(address, Access.Read);
            value = word == null ? 0 : Volatile.Read(ref *word);
            return word != null;
        }
    }

    /// <summary>Exchanges an aligned word for <paramref name="value"/> if it is <paramref name="expected"/>, as one
    /// with whatever guest threads do; false is EFAULT.</summary>
    /// <param name="found">What was there: <paramref name="expected"/> if it was exchanged.</param>
    public bool CompareExchangeWord(GuestAddress address, uint value, uint expected, out uint found)
    {
        lock (_mmapLock)
        {
            uint* word = FutexWord(address, Access.Write);
            found = word == null ? 0 : Interlocked.CompareExchange(ref *word, value, expected);
            return word != null;
        }
    }

    private uint* FutexWord(GuestAddress address, Access access)
    {
        Span<byte> stretch = Stretch(address, sizeof(uint), access);
        return stretch.Length < sizeof(uint) ? null : (uint*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref stretch[0]);
    }
}
