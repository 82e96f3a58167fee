using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>sys/utsname.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result uname(utsname* buf) => Checked(__errno_location(), uname_(buf));

    [LibraryImport(libc, EntryPoint = "uname"), SuppressGCTransition]
    private static partial int uname_(utsname* buf);
}

/// <summary>The kernel's <c>struct new_utsname</c>, glibc's <c>struct utsname</c>.</summary>
public unsafe struct utsname
{
    public fixed byte sysname[65];
    public fixed byte nodename[65];
    public fixed byte release[65];
    public fixed byte version[65];
    public fixed byte machine[65];
    public fixed byte domainname[65];
}
