using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/mman.h</c>: memory mapping.</summary>
public static partial class Linux
{
    public const int PROT_NONE = 0x0;
    public const int PROT_READ = 0x1;
    public const int PROT_WRITE = 0x2;
    public const int PROT_EXEC = 0x4;
    public const int PROT_SEM = 0x8;
    public const int PROT_GROWSDOWN = 0x1000000;
    public const int PROT_GROWSUP = 0x2000000;

    public const int MAP_SHARED = 0x1;
    public const int MAP_PRIVATE = 0x2;
    public const int MAP_SHARED_VALIDATE = 0x3;
    public const int MAP_TYPE = 0xf;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_32BIT = 0x40;
    public const int MAP_ABOVE4G = 0x80;
    public const int MAP_GROWSDOWN = 0x100;
    public const int MAP_DENYWRITE = 0x800;
    public const int MAP_EXECUTABLE = 0x1000;
    public const int MAP_LOCKED = 0x2000;
    public const int MAP_NORESERVE = 0x4000;
    public const int MAP_POPULATE = 0x8000;
    public const int MAP_NONBLOCK = 0x10000;
    public const int MAP_STACK = 0x20000;
    public const int MAP_HUGETLB = 0x40000;
    public const int MAP_SYNC = 0x80000;
    public const int MAP_FIXED_NOREPLACE = 0x100000;
    public const int MAP_UNINITIALIZED = 0x4000000;

    public const int MAP_HUGE_SHIFT = 26;
    public const int MAP_HUGE_MASK = 63;

    public const int MAP_HUGE_2MB = 0x54000000;
    public const int MAP_HUGE_1GB = 0x78000000;

    public const int MADV_NORMAL = 0;
    public const int MADV_RANDOM = 1;
    public const int MADV_SEQUENTIAL = 2;
    public const int MADV_WILLNEED = 3;
    public const int MADV_DONTNEED = 4;
    public const int MADV_FREE = 8;
    public const int MADV_REMOVE = 9;
    public const int MADV_DONTFORK = 10;
    public const int MADV_DOFORK = 11;
    public const int MADV_MERGEABLE = 12;
    public const int MADV_UNMERGEABLE = 13;
    public const int MADV_HUGEPAGE = 14;
    public const int MADV_NOHUGEPAGE = 15;
    public const int MADV_DONTDUMP = 16;
    public const int MADV_DODUMP = 17;
    public const int MADV_WIPEONFORK = 18;
    public const int MADV_KEEPONFORK = 19;
    public const int MADV_COLD = 20;
    public const int MADV_PAGEOUT = 21;
    public const int MADV_POPULATE_READ = 22;
    public const int MADV_POPULATE_WRITE = 23;
    public const int MADV_DONTNEED_LOCKED = 24;
    public const int MADV_COLLAPSE = 25;
    public const int MADV_HWPOISON = 100;
    public const int MADV_SOFT_OFFLINE = 101;
    public const int MADV_GUARD_INSTALL = 102;
    public const int MADV_GUARD_REMOVE = 103;

    public const int MREMAP_MAYMOVE = 1;
    public const int MREMAP_FIXED = 2;
    public const int MREMAP_DONTUNMAP = 4;
    public const int MS_ASYNC = 1;
    public const int MS_INVALIDATE = 2;
    public const int MS_SYNC = 4;
    public const int MCL_CURRENT = 1;
    public const int MCL_FUTURE = 2;
    public const int MCL_ONFAULT = 4;
    public const int MLOCK_ONFAULT = 1;

    public const int MFD_CLOEXEC = 0x1;
    public const int MFD_ALLOW_SEALING = 0x2;
    public const int MFD_HUGETLB = 0x4;
    public const int MFD_NOEXEC_SEAL = 0x8;
    public const int MFD_EXEC = 0x10;

    // pkeys
    public const int PKEY_DISABLE_ACCESS = 1;
    public const int PKEY_DISABLE_WRITE = 2;
}

/// <summary><c>sys/mman.h</c>. Addresses are host addresses.</summary>
public static unsafe partial class LibC
{
    public static Result mmap(void* addr, nuint length, int prot, int flags, int fd, long offset) =>
        Checked((nint)mmap_(addr, length, prot, flags, fd, offset));

    [LibraryImport(libc, EntryPoint = "mmap", SetLastError = true)]
    private static partial void* mmap_(void* addr, nuint length, int prot, int flags, int fd, long offset);

    public static Result munmap(void* addr, nuint length) => Checked(munmap_(addr, length));

    [LibraryImport(libc, EntryPoint = "munmap", SetLastError = true)]
    private static partial int munmap_(void* addr, nuint length);

    public static Result mprotect(void* addr, nuint length, int prot) => Checked(mprotect_(addr, length, prot));

    [LibraryImport(libc, EntryPoint = "mprotect", SetLastError = true)]
    private static partial int mprotect_(void* addr, nuint length, int prot);

    public static Result madvise(void* addr, nuint length, int advice) => Checked(madvise_(addr, length, advice));

    [LibraryImport(libc, EntryPoint = "madvise", SetLastError = true)]
    private static partial int madvise_(void* addr, nuint length, int advice);

    public static Result mincore(void* addr, nuint length, byte* vec) => Checked(mincore_(addr, length, vec));

    [LibraryImport(libc, EntryPoint = "mincore", SetLastError = true)]
    private static partial int mincore_(void* addr, nuint length, byte* vec);

    public static Result msync(void* addr, nuint length, int flags) => Checked(msync_(addr, length, flags));

    [LibraryImport(libc, EntryPoint = "msync", SetLastError = true)]
    private static partial int msync_(void* addr, nuint length, int flags);

    public static Result memfd_create(byte* name, uint flags) =>
        Checked(__errno_location(), memfd_create_(name, flags));

    [LibraryImport(libc, EntryPoint = "memfd_create"), SuppressGCTransition]
    private static partial int memfd_create_(byte* name, uint flags);
}
