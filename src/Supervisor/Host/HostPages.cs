using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>Large tables of the supervisor itself, sparse and zero until touched.</summary>
internal static unsafe class HostPages
{
    public static void* Reserve(ulong bytes)
    {
        Result mapped = LibC.mmap(null, (nuint)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return mapped.Failed ? throw new InvalidOperationException($"mmap of {bytes} bytes for a supervisor table: {mapped.Error}") : (void*)mapped.Raw;
    }

    public static void Release(void* at, ulong bytes) => LibC.munmap(at, (nuint)bytes);
}
