using static UmlHost.Native.Linux;

namespace UmlHost.Trace;

// Names about memory and System V IPC.
internal static partial class Symbols
{
    public static readonly SymbolTable Prot = SymbolTable.Flags(
    [
        S(PROT_NONE), S(PROT_READ), S(PROT_WRITE), S(PROT_EXEC), S(PROT_SEM), S(PROT_GROWSDOWN), S(PROT_GROWSUP),
    ]);

    public static readonly SymbolTable MremapFlags = SymbolTable.Flags(
    [
        S(MREMAP_MAYMOVE), S(MREMAP_FIXED), S(MREMAP_DONTUNMAP),
    ]);

    public static readonly SymbolTable MsyncFlags = SymbolTable.Flags(
    [
        S(MS_ASYNC), S(MS_INVALIDATE), S(MS_SYNC),
    ]);

    public static readonly SymbolTable MlockallFlags = SymbolTable.Flags(
    [
        S(MCL_CURRENT), S(MCL_FUTURE), S(MCL_ONFAULT),
    ]);

    public static readonly SymbolTable Mlock2Flags = SymbolTable.Flags(
    [
        S(MLOCK_ONFAULT),
    ]);

    public static readonly SymbolTable Advice = SymbolTable.Values(
    [
        S(MADV_NORMAL), S(MADV_RANDOM), S(MADV_SEQUENTIAL), S(MADV_WILLNEED), S(MADV_DONTNEED), S(MADV_FREE),
        S(MADV_REMOVE), S(MADV_DONTFORK), S(MADV_DOFORK), S(MADV_MERGEABLE), S(MADV_UNMERGEABLE), S(MADV_HUGEPAGE),
        S(MADV_NOHUGEPAGE), S(MADV_DONTDUMP), S(MADV_DODUMP), S(MADV_WIPEONFORK), S(MADV_KEEPONFORK), S(MADV_COLD),
        S(MADV_PAGEOUT), S(MADV_POPULATE_READ), S(MADV_POPULATE_WRITE), S(MADV_DONTNEED_LOCKED), S(MADV_COLLAPSE),
        S(MADV_HWPOISON), S(MADV_SOFT_OFFLINE), S(MADV_GUARD_INSTALL), S(MADV_GUARD_REMOVE),
    ]);

    public static readonly SymbolTable FileAdvice = SymbolTable.Values(
    [
        S(POSIX_FADV_NORMAL), S(POSIX_FADV_RANDOM), S(POSIX_FADV_SEQUENTIAL), S(POSIX_FADV_WILLNEED),
        S(POSIX_FADV_DONTNEED), S(POSIX_FADV_NOREUSE),
    ]);

    public static readonly SymbolTable MemfdFlags = SymbolTable.Flags(
    [
        S(MFD_CLOEXEC), S(MFD_ALLOW_SEALING), S(MFD_HUGETLB), S(MFD_NOEXEC_SEAL), S(MFD_EXEC),
    ]);

    public static readonly SymbolTable ShmFlags = SymbolTable.Flags(
    [
        S(0x1000, "SHM_RDONLY"), S(0x2000, "SHM_RND"), S(0x4000, "SHM_REMAP"), S(0x8000, "SHM_EXEC"),
    ]);

    public static readonly SymbolTable IpcFlags = SymbolTable.Flags(
    [
        S(0x200, "IPC_CREAT"), S(0x400, "IPC_EXCL"), S(0x800, "IPC_NOWAIT"),
    ]);

    public static readonly SymbolTable IpcKey = SymbolTable.Values(
    [
        S(0, "IPC_PRIVATE"),
    ]);

    public static readonly SymbolTable IpcCommand = SymbolTable.Values(
    [
        S(0, "IPC_RMID"), S(1, "IPC_SET"), S(2, "IPC_STAT"), S(3, "IPC_INFO"),
    ]);

    public static readonly SymbolTable MapType = SymbolTable.Values(
    [
        S(MAP_SHARED), S(MAP_PRIVATE), S(MAP_SHARED_VALIDATE),
    ]);

    public static readonly SymbolTable Mapping = SymbolTable.Flags(
    [
        S(MAP_FIXED), S(MAP_ANONYMOUS), S(MAP_32BIT), S(MAP_GROWSDOWN), S(MAP_DENYWRITE), S(MAP_EXECUTABLE),
        S(MAP_LOCKED), S(MAP_NORESERVE), S(MAP_POPULATE), S(MAP_NONBLOCK), S(MAP_STACK), S(MAP_HUGETLB), S(MAP_SYNC),
        S(MAP_FIXED_NOREPLACE),
    ]);
}
