using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>spawn.h</c>.</summary>
public static partial class Linux
{
    public const int POSIX_SPAWN_RESETIDS = 0x1;
    public const int POSIX_SPAWN_SETPGROUP = 0x2;
    public const int POSIX_SPAWN_SETSIGDEF = 0x4;
    public const int POSIX_SPAWN_SETSIGMASK = 0x8;
    public const int POSIX_SPAWN_SETSCHEDPARAM = 0x10;
    public const int POSIX_SPAWN_SETSCHEDULER = 0x20;
    public const int POSIX_SPAWN_USEVFORK = 0x40;
    public const int POSIX_SPAWN_SETSID = 0x80;
}

/// <summary><c>spawn.h</c>. These return the error number itself, not through errno; Result hides that.</summary>
public static unsafe partial class LibC
{
    public static Result posix_spawn(
        int* pid, byte* path, posix_spawn_file_actions_t* file_actions, posix_spawnattr_t* attrp, byte** argv, byte** envp) =>
        new(-posix_spawn_(pid, path, file_actions, attrp, argv, envp));

    [LibraryImport(libc, EntryPoint = "posix_spawn")]
    private static partial int posix_spawn_(
        int* pid, byte* path, posix_spawn_file_actions_t* file_actions, posix_spawnattr_t* attrp, byte** argv, byte** envp);

    public static Result posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions) =>
        new(-posix_spawn_file_actions_init_(actions));

    [LibraryImport(libc, EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int posix_spawn_file_actions_init_(posix_spawn_file_actions_t* actions);

    public static Result posix_spawn_file_actions_destroy(posix_spawn_file_actions_t* actions) =>
        new(-posix_spawn_file_actions_destroy_(actions));

    [LibraryImport(libc, EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int posix_spawn_file_actions_destroy_(posix_spawn_file_actions_t* actions);

    public static Result posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int fd, int newfd) =>
        new(-posix_spawn_file_actions_adddup2_(actions, fd, newfd));

    [LibraryImport(libc, EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int posix_spawn_file_actions_adddup2_(
        posix_spawn_file_actions_t* actions, int fd, int newfd);

    public static Result posix_spawn_file_actions_addclose(posix_spawn_file_actions_t* actions, int fd) =>
        new(-posix_spawn_file_actions_addclose_(actions, fd));

    [LibraryImport(libc, EntryPoint = "posix_spawn_file_actions_addclose")]
    private static partial int posix_spawn_file_actions_addclose_(posix_spawn_file_actions_t* actions, int fd);

    public static Result posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t* actions, int from) =>
        new(-posix_spawn_file_actions_addclosefrom_np_(actions, from));

    [LibraryImport(libc, EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static partial int posix_spawn_file_actions_addclosefrom_np_(
        posix_spawn_file_actions_t* actions, int from);

    public static Result posix_spawn_file_actions_addopen(
        posix_spawn_file_actions_t* actions, int fd, byte* path, int oflag, uint mode) =>
        new(-posix_spawn_file_actions_addopen_(actions, fd, path, oflag, mode));

    [LibraryImport(libc, EntryPoint = "posix_spawn_file_actions_addopen")]
    private static partial int posix_spawn_file_actions_addopen_(
        posix_spawn_file_actions_t* actions, int fd, byte* path, int oflag, uint mode);

    public static Result posix_spawnattr_init(posix_spawnattr_t* attr) => new(-posix_spawnattr_init_(attr));

    [LibraryImport(libc, EntryPoint = "posix_spawnattr_init")]
    private static partial int posix_spawnattr_init_(posix_spawnattr_t* attr);

    public static Result posix_spawnattr_destroy(posix_spawnattr_t* attr) => new(-posix_spawnattr_destroy_(attr));

    [LibraryImport(libc, EntryPoint = "posix_spawnattr_destroy")]
    private static partial int posix_spawnattr_destroy_(posix_spawnattr_t* attr);

    public static Result posix_spawnattr_setflags(posix_spawnattr_t* attr, short flags) =>
        new(-posix_spawnattr_setflags_(attr, flags));

    [LibraryImport(libc, EntryPoint = "posix_spawnattr_setflags")]
    private static partial int posix_spawnattr_setflags_(posix_spawnattr_t* attr, short flags);

    public static Result posix_spawnattr_setsigmask(posix_spawnattr_t* attr, sigset_t* mask) =>
        new(-posix_spawnattr_setsigmask_(attr, mask));

    [LibraryImport(libc, EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int posix_spawnattr_setsigmask_(posix_spawnattr_t* attr, sigset_t* mask);

    public static Result posix_spawnattr_setsigdefault(posix_spawnattr_t* attr, sigset_t* set) =>
        new(-posix_spawnattr_setsigdefault_(attr, set));

    [LibraryImport(libc, EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int posix_spawnattr_setsigdefault_(posix_spawnattr_t* attr, sigset_t* set);

    public static Result posix_spawnattr_setpgroup(posix_spawnattr_t* attr, int pgroup) =>
        new(-posix_spawnattr_setpgroup_(attr, pgroup));

    [LibraryImport(libc, EntryPoint = "posix_spawnattr_setpgroup")]
    private static partial int posix_spawnattr_setpgroup_(posix_spawnattr_t* attr, int pgroup);
}

/// <summary>Opaque; 336 bytes in glibc on x86_64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 336)]
public unsafe struct posix_spawnattr_t
{
    public fixed ulong __opaque[42];
}

/// <summary>Opaque; 80 bytes in glibc on x86_64.</summary>
public unsafe struct posix_spawn_file_actions_t
{
    public fixed ulong __opaque[10];
}
