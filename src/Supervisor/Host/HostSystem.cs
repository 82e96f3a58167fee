using System;
using System.IO;

using UmlHost.Native;

namespace UmlHost.Host;

/// <summary>What the host machine is.</summary>
internal static unsafe class HostSystem
{
    public static utsname Name()
    {
        utsname name;
        LibC.uname(&name);
        return name;
    }

    /// <summary>A value of the auxiliary vector that the host kernel gave the supervisor, or 0.</summary>
    public static ulong Auxiliary(ulong type)
    {
        ReadOnlySpan<byte> vector = File.ReadAllBytes("/proc/self/auxv");
        foreach (Elf64_auxv_t entry in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Elf64_auxv_t>(vector))
        {
            if (entry.a_type == type)
            {
                return entry.a_val;
            }
        }

        return 0;
    }
}
