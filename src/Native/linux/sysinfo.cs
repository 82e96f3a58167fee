using System.Runtime.InteropServices;

namespace UmlHost.Native;

/// <summary><c>linux/sysinfo.h</c>.</summary>
public static partial class Linux
{
    public const int SI_LOAD_SHIFT = 16;
}

/// <summary><c>sys/sysinfo.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result sysinfo(sysinfo* info) => Checked(__errno_location(), sysinfo_(info));

    [LibraryImport(libc, EntryPoint = "sysinfo"), SuppressGCTransition]
    private static partial int sysinfo_(sysinfo* info);
}

/// <summary>Sizes are in units of mem_unit bytes, load averages in 1/65536.</summary>
[StructLayout(LayoutKind.Sequential, Size = 112)]
public unsafe struct sysinfo
{
    public long uptime;
    public fixed ulong loads[3];
    public ulong totalram;
    public ulong freeram;
    public ulong sharedram;
    public ulong bufferram;
    public ulong totalswap;
    public ulong freeswap;
    public ushort procs;
    public ushort pad;
    public ulong totalhigh;
    public ulong freehigh;
    public uint mem_unit;
}
