using System;

using UmlHost.Abi;
using UmlHost.Native;
using UmlHost.Syscalls;

namespace UmlHost.Memory;

/// <summary>A guest address space (Linux's mm_struct).</summary>
internal sealed partial class MemoryMap
{
    /// <summary>mmap. <paramref name="file"/> is null for anonymous memory. All of Linux's argument checks are
    /// made here. Returns the address or -errno.</summary>
    public SyscallResult Map(GuestAddress hint, ulong length, int prot, int flags, MappedFile? file, ulong offset) => throw new NotImplementedException();

    public Errno Unmap(GuestAddress start, ulong length) => throw new NotImplementedException();

    public Errno Protect(GuestAddress start, ulong length, int prot) => throw new NotImplementedException();

    public Errno Advise(GuestAddress start, ulong length, int advice) => throw new NotImplementedException();

    /// <summary>brk: the new program break, or the old one where it cannot move.</summary>
    public GuestAddress Break(GuestAddress wanted) => throw new NotImplementedException();

    /// <summary>Sets where the heap begins (end of the program's bss), at exec.</summary>
    public void SetBreakStart(GuestAddress start) => throw new NotImplementedException();

    /// <summary>Copies guest memory out to <paramref name="destination"/>. Copies as far as it can.</summary>
    /// <returns>Bytes copied; less than asked for means that the next byte gives EFAULT.</returns>
    public int CopyIn(GuestAddress source, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Copies into guest memory, as <see cref="CopyIn"/>. Honours guest protections.</summary>
    public int CopyOut(GuestAddress destination, ReadOnlySpan<byte> source) => throw new NotImplementedException();

    /// <summary>Fills guest memory with zeros; bytes done.</summary>
    public ulong Clear(GuestAddress destination, ulong length) => throw new NotImplementedException();

    public bool Read<T>(GuestAddress source, out T value) where T : unmanaged => throw new NotImplementedException();

    public bool Write<T>(GuestAddress destination, in T value) where T : unmanaged => throw new NotImplementedException();

    /// <summary>Reads a NUL-terminated string into <paramref name="buffer"/>, without the NUL.</summary>
    /// <returns>Its length; -EFAULT; -ENAMETOOLONG where no NUL came within the buffer.</returns>
    public int ReadString(GuestAddress source, Span<byte> buffer) => throw new NotImplementedException();

    /// <summary>Pins guest memory [<paramref name="start"/>, +<paramref name="length"/>) for
    /// <paramref name="access"/> and calls <paramref name="action"/> for every stretch that is contiguous in
    /// supervisor memory, in order, under the mmap lock: for reads and writes that go straight between a host
    /// file and guest frames. The action must not block for long nor touch guest memory otherwise.
    /// Ends early where memory faults or the action takes less than the stretch.</summary>
    /// <returns>Bytes done, or the action's error if nothing was; -EFAULT if the first byte faults.</returns>
    public long Transfer<TState>(GuestAddress start, ulong length, Access access, ref TState state, TransferAction<TState> action) => throw new NotImplementedException();
}

/// <summary>One stretch of a <see cref="MemoryMap.Transfer"/>.</summary>
/// <param name="done">Bytes of earlier stretches.</param>
/// <returns>Bytes taken, or -errno.</returns>
internal delegate long TransferAction<TState>(ref TState state, Span<byte> stretch, ulong done);

/// <summary>What a memory access wants to do.</summary>
internal enum Access
{
    Read,
    Write,
    Execute,
}
