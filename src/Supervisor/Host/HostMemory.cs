using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The machine's memory: one memory file, sparse, mapped whole in the supervisor. Every host child maps
/// pieces of the same file, so guest memory is read and written here at memory speed.</summary>
internal sealed unsafe class HostMemory : IDisposable
{
    private const ulong LargestSize = 8UL << 40;
    private const ulong SmallestSize = 1UL << 34;

    // The last part of the file holds the stub pages: the code page, then a slot for each child.
    private const ulong StubRegion = 1UL << 30;
    private const ulong StubSlot = 16 * StubLayout.PageSize;

    private readonly Lock _stubSlotLock = new();
    private readonly Stack<ulong> _freeSlots = new();
    private ulong _nextSlot;

    private HostMemory(int fd, byte* @base, ulong size)
    {
        Fd = fd;
        Base = @base;
        Size = size;
        FrameBytes = size - StubRegion;
        StubCodeOffset = FrameBytes;
        _nextSlot = FrameBytes + StubSlot;
    }

    /// <summary>The memory file; children get it as their only descriptor.</summary>
    public int Fd { get; }

    /// <summary>Where the file's byte 0 is in the supervisor.</summary>
    public byte* Base { get; }

    /// <summary>Bytes of address space, not of memory: the file is sparse and only what is touched exists.
    /// Far more than any machine has, so that frames can be placed where neighbours fit.</summary>
    public ulong Size { get; }

    /// <summary>The part of it, from the start, that holds page frames.</summary>
    public ulong FrameBytes { get; }

    /// <summary>Where the stub code page is.</summary>
    public ulong StubCodeOffset { get; }

    public static Result Create(out HostMemory? memory)
    {
        memory = null;
        Result fd;
        fixed (byte* name = "umlhost-memory"u8)
        {
            fd = LibC.memfd_create(name, MFD_CLOEXEC);
        }

        if (fd.Failed)
        {
            return fd;
        }

        // An address space limit (ulimit -v) leaves less room: take what there is.
        for (ulong size = LargestSize; ; size >>= 1)
        {
            Result mapped = LibC.ftruncate(fd.Int, (long)size);
            if (!mapped.Failed)
            {
                mapped = LibC.mmap(null, (nuint)size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd.Int, 0);
            }

            if (!mapped.Failed)
            {
                memory = new HostMemory(fd.Int, (byte*)mapped.Raw, size);
                return default;
            }

            if (size == SmallestSize)
            {
                LibC.close(fd.Int);
                return mapped;
            }
        }
    }

    /// <summary>Reserves zeroed pages for one child's batch page and data pages.</summary>
    /// <returns>Their offset in the file; 0 where there are too many children.</returns>
    public ulong ReserveStubSlot()
    {
        lock (_stubSlotLock)
        {
            if (_freeSlots.TryPop(out ulong slot))
            {
                return slot;
            }

            if (_nextSlot >= Size)
            {
                return 0;
            }

            slot = _nextSlot;
            _nextSlot += StubSlot;
            return slot;
        }
    }

    public void ReleaseStubSlot(ulong slot)
    {
        Punch(slot, StubSlot);
        lock (_stubSlotLock)
        {
            _freeSlots.Push(slot);
        }
    }

    /// <summary>Gives a range back to the host; it reads as zeros from then on, in every mapping.</summary>
    public void Punch(ulong offset, ulong length)
    {
        Result done = LibC.fallocate(Fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (long)offset, (long)length);
        if (done.Failed)
        {
            throw new InvalidOperationException($"fallocate(PUNCH_HOLE, 0x{offset:x}, 0x{length:x}) of the memory file: {done.Error}");
        }
    }

    /// <summary>Bytes of memory that the host holds for the file now.</summary>
    public ulong ResidentBytes()
    {
        stat status;
        Result done = LibC.fstat(Fd, &status);
        return done.Failed ? 0 : (ulong)status.st_blocks * 512;
    }

    /// <summary>Which pages of [<paramref name="offset"/>, +<paramref name="pages"/> pages) the host holds: bit 0
    /// of each byte of <paramref name="vector"/>.</summary>
    public bool Resident(ulong offset, int pages, Span<byte> vector)
    {
        fixed (byte* to = vector)
        {
            return !LibC.mincore(Base + offset, (nuint)pages << 12, to).Failed;
        }
    }

    public void Dispose()
    {
        LibC.munmap(Base, (nuint)Size);
        LibC.close(Fd);
    }
}
