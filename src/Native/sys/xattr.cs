using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/xattr.h</c>.</summary>
public static partial class Linux
{
    public const int XATTR_CREATE = 1;
    public const int XATTR_REPLACE = 2;
}

/// <summary><c>sys/xattr.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result getxattr(byte* path, byte* name, void* value, nuint size) => Checked(getxattr_(path, name, value, size));

    [LibraryImport(libc, EntryPoint = "getxattr", SetLastError = true)]
    private static partial nint getxattr_(byte* path, byte* name, void* value, nuint size);

    public static Result setxattr(byte* path, byte* name, void* value, nuint size, int flags) => Checked(setxattr_(path, name, value, size, flags));

    [LibraryImport(libc, EntryPoint = "setxattr", SetLastError = true)]
    private static partial int setxattr_(byte* path, byte* name, void* value, nuint size, int flags);

    public static Result listxattr(byte* path, byte* list, nuint size) => Checked(listxattr_(path, list, size));

    [LibraryImport(libc, EntryPoint = "listxattr", SetLastError = true)]
    private static partial nint listxattr_(byte* path, byte* list, nuint size);

    public static Result removexattr(byte* path, byte* name) => Checked(removexattr_(path, name));

    [LibraryImport(libc, EntryPoint = "removexattr", SetLastError = true)]
    private static partial int removexattr_(byte* path, byte* name);
}
