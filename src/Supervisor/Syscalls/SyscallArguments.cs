using UmlHost.Abi;

namespace UmlHost.Syscalls;

/// <summary>The six argument registers of a system call (rdi, rsi, rdx, r10, r8, r9), with the conversions
/// that the kernel's own prototypes make: an <c>int</c> argument is the low 32 bits.</summary>
internal readonly struct SyscallArguments(ulong a0, ulong a1, ulong a2, ulong a3, ulong a4, ulong a5)
{
    private readonly ulong _a0 = a0, _a1 = a1, _a2 = a2, _a3 = a3, _a4 = a4, _a5 = a5;

    /// <summary>Argument <paramref name="index"/> (0..5) as the register holds it.</summary>
    public ulong this[int index] => index switch
    {
        0 => _a0,
        1 => _a1,
        2 => _a2,
        3 => _a3,
        4 => _a4,
        _ => _a5,
    };

    public int Int(int index) => (int)this[index];

    public uint UInt(int index) => (uint)this[index];

    public long Long(int index) => (long)this[index];

    public ulong ULong(int index) => this[index];

    public GuestAddress Address(int index) => new(this[index]);
}
