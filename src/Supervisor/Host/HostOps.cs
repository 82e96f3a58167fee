using System;
using System.Runtime.InteropServices;

using UmlHost.Abi;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>One operation of a batch as the stub reads it (<c>struct stub_op</c>): a host call that the child is
/// to make in its own address space, and the result it must have.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HostOp
{
    public ulong Number;
    public ulong A0, A1, A2, A3, A4, A5;
    public ulong Expected;
}

/// <summary>Changes of a child's address space, waiting to be run in one go. Neighbouring changes of the same
/// kind become one operation as they are added (H5): an operation that ends where the next begins, with the
/// same protection and the neighbouring part of the memory file.
/// <para>Owned by a memory map, under its mmap lock. Allocates nothing once it has grown.</para></summary>
internal sealed class HostOps
{
    private const ulong SharedFixed = MAP_SHARED | MAP_FIXED;

    private HostOp[] _ops = new HostOp[64];

    public int Count { get; private set; }

    /// <summary>Operations that went into the one before them, since the start.</summary>
    public long Merged { get; private set; }

    public ReadOnlySpan<HostOp> Span => _ops.AsSpan(0, Count);

    /// <summary>Maps <paramref name="length"/> bytes of the memory file from <paramref name="fileOffset"/>.</summary>
    public void Map(GuestAddress at, ulong length, int prot, ulong fileOffset, bool populate = false)
    {
        ulong flags = SharedFixed | (populate ? MAP_POPULATE : 0UL);
        if (Count > 0)
        {
            ref HostOp last = ref _ops[Count - 1];
            if (last.Number == SYS_mmap && last.A0 + last.A1 == at.Value && last.A2 == (ulong)prot
                && last.A3 == flags && last.A5 + last.A1 == fileOffset)
            {
                last.A1 += length;
                Merged++;
                return;
            }
        }

        Add(new HostOp
        {
            Number = SYS_mmap,
            A0 = at.Value,
            A1 = length,
            A2 = (ulong)prot,
            A3 = flags,
            A4 = StubLayout.MemoryFd,
            A5 = fileOffset,
            Expected = at.Value,
        });
    }

    public void Unmap(GuestAddress at, ulong length)
    {
        if (Count > 0)
        {
            ref HostOp last = ref _ops[Count - 1];
            if (last.Number == SYS_munmap && last.A0 + last.A1 == at.Value)
            {
                last.A1 += length;
                Merged++;
                return;
            }
        }

        Add(new HostOp { Number = SYS_munmap, A0 = at.Value, A1 = length });
    }

    public void Protect(GuestAddress at, ulong length, int prot)
    {
        if (Count > 0)
        {
            ref HostOp last = ref _ops[Count - 1];
            if (last.Number == SYS_mprotect && last.A0 + last.A1 == at.Value && last.A2 == (ulong)prot)
            {
                last.A1 += length;
                Merged++;
                return;
            }
        }

        Add(new HostOp { Number = SYS_mprotect, A0 = at.Value, A1 = length, A2 = (ulong)prot });
    }

    /// <summary>Any other call that the stub's filter allows.</summary>
    public void Call(long number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0, ulong a4 = 0, ulong expected = 0)
        => Add(new HostOp { Number = (ulong)number, A0 = a0, A1 = a1, A2 = a2, A3 = a3, A4 = a4, Expected = expected });

    /// <summary>Puts operations before all others, as they are.</summary>
    public void Prepend(ReadOnlySpan<HostOp> ops)
    {
        HostOp[] all = new HostOp[Math.Max(_ops.Length, Count + ops.Length)];
        ops.CopyTo(all);
        Span.CopyTo(all.AsSpan(ops.Length));
        _ops = all;
        Count += ops.Length;
    }

    public void Clear() => Count = 0;

    private void Add(in HostOp op)
    {
        if (Count == _ops.Length)
        {
            Array.Resize(ref _ops, _ops.Length * 2);
        }

        _ops[Count++] = op;
    }
}
