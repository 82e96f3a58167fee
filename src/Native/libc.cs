using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace UmlHost.Native;

/// <summary>The C library's functions, under their own names, one file per header. Each returns its value or
/// the errno of that very call (<see cref="Result"/>); those that cannot fail return a plain number. Calls that
/// never block are made without a GC transition, which saves some nanoseconds and must not be
/// used where the kernel may sleep: a collection waits for such a call to end.</summary>
public static unsafe partial class LibC
{
    private const string libc = "libc";

    /// <summary>For imports with SetLastError, whose stub has just taken errno.</summary>
    private static Result Checked(long value) => new(value != -1 ? value : -Marshal.GetLastPInvokeError());

    /// <summary>For imports without a GC transition: nothing runs between them and this read of errno. The
    /// location is evaluated before the call, so that binding the import cannot come between either.</summary>
    private static Result Checked(int* errno, long value) => new(value != -1 ? value : -*errno);

    [LibraryImport(libc), SuppressGCTransition]
    private static partial int* __errno_location();
}
