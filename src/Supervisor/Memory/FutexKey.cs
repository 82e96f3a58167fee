using System.Runtime.CompilerServices;

namespace UmlHost.Memory;

/// <summary>What a futex is, however many addresses it has (Linux's union futex_key): the object that holds the
/// word, by identity, and the place in it.</summary>
/// <param name="Owner">The <see cref="MemoryMap"/> for private memory; the <see cref="PageCache"/> for shared.</param>
/// <param name="Place">Guest address or byte offset, both multiples of 4. Bit 0 tells private memory used without
/// FUTEX_PRIVATE_FLAG, which is another futex than with it.</param>
internal readonly record struct FutexKey(object Owner, ulong Place)
{
    public bool Equals(FutexKey other) => ReferenceEquals(Owner, other.Owner) && Place == other.Place;

    public override int GetHashCode()
    {
        ulong mixed = ((Place >> 2) + ((ulong)(uint)RuntimeHelpers.GetHashCode(Owner) << 20)) * 0x9e37_79b9_7f4a_7c15;
        return (int)(mixed >> 33);
    }
}
