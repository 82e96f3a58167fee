using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The machine's memory: one memory file, sparse, mapped whole in the supervisor. Every host child maps
/// pieces of the same file, so guest memory is read and written here at memory speed.</summary>
internal sealed unsafe class HostMemory : IDisposable
{
    private const ulong LargestSize = 8UL << 40;
    private const ulong SmallestSize = 1UL << 34;

    private HostMemory(int fd, byte* @base, ulong size)
    {
        Fd = fd;
        Base = @base;
        Size = size;
    }

    /// <summary>The memory file; children get it as their only descriptor.</summary>
    public int Fd { get; }

    /// <summary>Where the file's byte 0 is in the supervisor.</summary>
    public byte* Base { get; }

    /// <summary>Bytes of address space, not of memory: the file is sparse and only what is touched exists.
    /// Far more than any machine has, so that frames can be placed where neighbours fit.</summary>
    public ulong Size { get; }

    public static Result Create(out HostMemory? memory)
    {
        memory = null;
        Result fd = LibC.memfd_create("umlhost-memory"u8, MFD_CLOEXEC);
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
