using System;

using UmlHost.Abi;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

[Flags]
internal enum VmaFlags
{
    None = 0,
    Shared = 1 << 0,
    GrowsDown = 1 << 1,
    NoReserve = 1 << 2,
    Stack = 1 << 3,
    Heap = 1 << 4,
    DontFork = 1 << 5,
    WipeOnFork = 1 << 6,
    DontDump = 1 << 7,
    Locked = 1 << 8,

    /// <summary>mseal: changes give EPERM.</summary>
    Sealed = 1 << 9,

    /// <summary>A shared mapping of a file that is not open for writing: PROT_WRITE gives EACCES.</summary>
    DenyWrite = 1 << 10,

    /// <summary>UmlHost's own (the stub range): not the guest's, whom it does not exist for but for its being in the
    /// way; always sealed.</summary>
    Reserved = 1 << 11,

    /// <summary>MLOCK_ONFAULT: locked, but not faulted in ahead.</summary>
    LockOnFault = 1 << 12,

    RandomRead = 1 << 13,
    SequentialRead = 1 << 14,
    HugePage = 1 << 15,
    NoHugePage = 1 << 16,
    Mergeable = 1 << 17,

    /// <summary>What mlock changes.</summary>
    LockMask = Locked | LockOnFault,
}

/// <summary>What the guest asked for: one virtual memory area (Linux's vm_area_struct). Split, merged and
/// changed only by its <see cref="MemoryMap"/>, under the mmap lock.</summary>
internal sealed class Vma
{
    public Vma(GuestAddress start, GuestAddress end, int protection, VmaFlags flags, PageCache? cache, ulong offset)
    {
        Start = start;
        End = end;
        Protection = protection;
        Flags = flags;
        Cache = cache;
        Offset = offset;
    }

    public GuestAddress Start { get; set; }

    public GuestAddress End { get; set; }

    /// <summary>PROT_READ, PROT_WRITE, PROT_EXEC as the guest gave them.</summary>
    public int Protection { get; set; }

    public VmaFlags Flags { get; set; }

    /// <summary>Where the pages come from: a file's or a shared memory object's pages; null for private
    /// anonymous memory. The VMA owns one reference.</summary>
    public PageCache? Cache { get; }

    /// <summary>Byte offset in <see cref="Cache"/> of <see cref="Start"/>; zero for anonymous memory.</summary>
    public ulong Offset { get; set; }

    public ulong Length => End - Start;

    public bool IsShared => (Flags & VmaFlags.Shared) != 0;

    public bool IsReserved => (Flags & VmaFlags.Reserved) != 0;

    public bool IsLocked => (Flags & VmaFlags.Locked) != 0;

    /// <summary>PR_SET_VMA_ANON_NAME; null for none.</summary>
    public string? Name { get; set; }

    public bool IsSealed => (Flags & VmaFlags.Sealed) != 0;

    /// <summary>What remap_file_pages has made of it; null for nothing.</summary>
    public NonlinearPages? Remapped { get; set; }

    /// <summary>Whether an access is allowed; as on x86_64, anything but PROT_NONE can be read.</summary>
    public bool Allows(Access access) => Allows(Protection, access);

    public static bool Allows(int protection, Access access) => access switch
    {
        Access.Write => (protection & PROT_WRITE) != 0,
        Access.Execute => (protection & PROT_EXEC) != 0,
        _ => protection != PROT_NONE,
    };

    /// <summary>The protection of one page.</summary>
    public int ProtectionAt(GuestAddress address)
        => Remapped is not null && Remapped.TryFind(address, out NonlinearPage page) && page.Protection != NonlinearPages.AreaProtection
            ? page.Protection : Protection;

    /// <summary>The page number in the page cache of the page at <paramref name="address"/>.</summary>
    public ulong CachePage(GuestAddress address)
        => Remapped is not null && Remapped.TryFind(address, out NonlinearPage page) ? page.CachePage : LinearPage(address);

    /// <summary>As <see cref="CachePage"/>, if nothing had been remapped.</summary>
    public ulong LinearPage(GuestAddress address) => (Offset + (address - Start)) >> GuestAddress.PageShift;

    /// <summary>Whether <paramref name="next"/>, which begins where this ends, can be one area with it.</summary>
    public bool CanMergeWith(Vma next)
        => End == next.Start
            && Protection == next.Protection
            && Flags == next.Flags
            && !IsReserved
            && Name == next.Name
            && ReferenceEquals(Remapped, next.Remapped)
            && ReferenceEquals(Cache, next.Cache)
            && (Cache is null || Offset + Length == next.Offset);

    /// <summary>A shared mapping that is writable or can be made so.</summary>
    public bool MayShareWrites => (Flags & (VmaFlags.Shared | VmaFlags.DenyWrite)) == VmaFlags.Shared;

    /// <summary>A copy for [<paramref name="start"/>, <paramref name="end"/>) of this area, known to the cache as one
    /// of <paramref name="map"/>.</summary>
    public Vma Slice(GuestAddress start, GuestAddress end, MemoryMap map)
    {
        Cache?.AddMapping(map, MayShareWrites);
        return new Vma(start, end, Protection, Flags, Cache, Cache is null ? 0 : Offset + (start - Start)) { Name = Name, Remapped = Remapped };
    }

    /// <summary>The area is gone from <paramref name="map"/>.</summary>
    public void Release(MemoryMap map) => Cache?.RemoveMapping(map, MayShareWrites);

    /// <summary>The protection bits of an entry that has all that this area allows.</summary>
    public Pte PteProtection() => PteProtection(Protection);

    public static Pte PteProtection(int protection)
        => (protection != PROT_NONE ? Pte.Read : 0)
            | ((protection & PROT_WRITE) != 0 ? Pte.Write : 0)
            | ((protection & PROT_EXEC) != 0 ? Pte.Execute : 0);
}
