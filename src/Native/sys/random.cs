using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/random.h</c>.</summary>
public static partial class Linux
{
    public const int GRND_NONBLOCK = 1;
    public const int GRND_RANDOM = 2;
    public const int GRND_INSECURE = 4;
}

/// <summary><c>sys/random.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result getrandom(void* buf, nuint length, uint flags) => Checked(getrandom_(buf, length, flags));

    [LibraryImport(libc, EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint getrandom_(void* buf, nuint length, uint flags);
}
