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

    /// <summary>The host kernel's LINUX_VERSION_CODE.</summary>
    public static uint VersionCode()
    {
        utsname name = Name();
        ReadOnlySpan<byte> release = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name.release);
        uint code = 0;
        for (int part = 0; part < 3; part++)
        {
            _ = System.Buffers.Text.Utf8Parser.TryParse(release, out uint number, out int length);
            code = (code << 8) | uint.Min(number, byte.MaxValue);
            release = release[length..];
            release = release.StartsWith("."u8) ? release[1..] : default;
        }

        return code;
    }

    /// <summary>What PR_GET_SPECULATION_CTRL says of the supervisor, without the promise that it can be changed. ENODEV
    /// for a mitigation that there is not.</summary>
    public static Result SpeculationControl(ulong which)
    {
        Result state = LibC.prctl(Linux.PR_GET_SPECULATION_CTRL, (nuint)which);
        return state.Failed ? state : new Result(state.Raw & ~(long)Linux.PR_SPEC_PRCTL);
    }

    /// <summary>The processor's extended states that every process may use, as xsave numbers them (ARCH_GET_XCOMP_PERM).
    /// </summary>
    public static Result ExtendedStates(out ulong mask)
    {
        fixed (ulong* to = &mask)
        {
            return LibC.syscall(Linux.SYS_arch_prctl, Linux.ARCH_GET_XCOMP_PERM, (nint)to);
        }
    }

    /// <summary>The CPUs that this process may run on.</summary>
    public static int[] UsableCpus()
    {
        ulong* mask = stackalloc ulong[128];
        Result size = LibC.sched_getaffinity(0, 128 * sizeof(ulong), mask);
        System.Collections.Generic.List<int> cpus = [];
        for (int cpu = 0; cpu < size.Int * 8; cpu++)
        {
            if ((mask[cpu / 64] & (1UL << (cpu % 64))) != 0)
            {
                cpus.Add(cpu);
            }
        }

        return cpus.Count == 0 ? [0] : [.. cpus];
    }

    /// <summary>Frees the calling thread from the CPU that the task thread which made it is bound to.</summary>
    public static void RunAnywhere(ReadOnlySpan<int> cpus)
    {
        ulong* mask = stackalloc ulong[128];
        new Span<ulong>(mask, 128).Clear();
        foreach (int cpu in cpus)
        {
            mask[cpu / 64] |= 1UL << (cpu % 64);
        }

        LibC.sched_setaffinity(0, 128 * sizeof(ulong), mask);
    }

    /// <summary>What the supervisor has of the host at the moment. Only the main thread has children; their number
    /// is null where the host's kernel does not tell.</summary>
    public static (int Threads, int Descriptors, int? Children) Resources()
    {
        const string ChildrenFile = "/proc/thread-self/children";
        int? children = File.Exists(ChildrenFile)
            ? File.ReadAllText(ChildrenFile).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length
            : null;

        // Looking at the descriptors takes one.
        return (Directory.GetDirectories("/proc/self/task").Length, Directory.GetFiles("/proc/self/fd").Length - 1, children);
    }

    /// <summary>Most mappings that a process may have (vm.max_map_count).</summary>
    public static int MaxMappings { get; } = ReadMaxMappings();

    private static int ReadMaxMappings()
    {
        const int Default = 65530;
        try
        {
            return int.Parse(File.ReadAllText("/proc/sys/vm/max_map_count"), System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return Default;
        }
    }

    /// <summary>What the host kernel said of the processor to the supervisor.</summary>
    public static HostHardware Hardware()
    {
        ReadOnlySpan<byte> vector = File.ReadAllBytes("/proc/self/auxv");
        HostHardware hardware = default;
        foreach (Elf64_auxv_t entry in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Elf64_auxv_t>(vector))
        {
            hardware = entry.a_type switch
            {
                Linux.AT_HWCAP => hardware with { Capabilities = entry.a_val },
                Linux.AT_HWCAP2 => hardware with { Capabilities2 = entry.a_val },
                Linux.AT_MINSIGSTKSZ => hardware with { MinSignalStackSize = entry.a_val },
                _ => hardware,
            };
        }

        return hardware;
    }
}

/// <summary>AT_HWCAP, AT_HWCAP2 and AT_MINSIGSTKSZ of the host.</summary>
internal readonly record struct HostHardware(ulong Capabilities, ulong Capabilities2, ulong MinSignalStackSize);
