using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/eventfd.h</c>.</summary>
public static partial class Linux
{
    public const int EFD_SEMAPHORE = 0x1;
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;
}

/// <summary><c>sys/eventfd.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result eventfd(uint initval, int flags) => Checked(__errno_location(), eventfd_(initval, flags));

    [LibraryImport(libc, EntryPoint = "eventfd"), SuppressGCTransition]
    private static partial int eventfd_(uint initval, int flags);
}
