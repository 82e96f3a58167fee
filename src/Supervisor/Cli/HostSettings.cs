using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

using UmlHost.Host;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Cli;

/// <summary>Doctor's checks of what the host says of itself: /proc, /sys, the auxiliary vector, cpuid.</summary>
internal static class HostSettings
{
    private const ulong FsGsBase = 1 << 1;

    public static IReadOnlyList<DoctorCheck> Checks { get; } =
    [
        new("machine", Machine),
        new("kernel", Kernel),
        new("ptrace_scope", PtraceScope),
        new("seccomp", Seccomp),
        new("memfd_noexec", MemfdNoexec),
        new("mmap_min_addr", MmapMinAddr),
        new("max_map_count", MaxMapCount),
        new("overcommit_memory", OvercommitMemory),
        new("fsgsbase", FsGsBaseInstructions),
        new("xsave area", XsaveArea),
        new("clocks", Clocks),
        new("processors", Processors),
        new("memory", Memory),
        new("huge pages", HugePages),
    ];

    /// <summary>A file of one line under /proc or /sys; null where the host has none.</summary>
    private static string? ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static ulong? ReadNumber(string path) =>
        ulong.TryParse(ReadLine(path), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null;

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static unsafe string Text(byte* text) =>
        Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));

    private static unsafe DoctorFinding Machine()
    {
        utsname name = HostSystem.Name();
        string machine = Text(name.machine);
        return machine == "x86_64"
            ? DoctorFinding.Ok(machine)
            : DoctorFinding.Fail(machine, "guests are x86_64 programs, and run on an x86_64 host only");
    }

    private static unsafe DoctorFinding Kernel()
    {
        utsname name = HostSystem.Name();
        string release = Text(name.release);
        string[] parts = release.Split('.', '-', '+');
        _ = int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major);
        _ = int.TryParse(parts.Length > 1 ? parts[1] : "", NumberStyles.None, CultureInfo.InvariantCulture, out int minor);
        return (major, minor) switch
        {
            ( > 5, _) or (5, >= 10) => DoctorFinding.Ok(release),
            (5, _) or (4, >= 14) => DoctorFinding.Warn(release, "nobody tests kernels before 5.10; upgrade if guests misbehave"),
            _ => DoctorFinding.Fail(release, "a kernel of at least 4.14 is needed, 5.10 or later is better"),
        };
    }

    private static DoctorFinding PtraceScope() => ReadLine("/proc/sys/kernel/yama/ptrace_scope") switch
    {
        null => DoctorFinding.Ok("no Yama: unrestricted"),
        "0" => DoctorFinding.Ok("0: unrestricted"),
        "1" => DoctorFinding.Ok("1: a process may trace its children, which is all that is needed"),
        "2" when LibC.geteuid() == 0 => DoctorFinding.Ok("2: root may trace"),
        "2" => DoctorFinding.Fail("2: only with CAP_SYS_PTRACE", "sysctl kernel.yama.ptrace_scope=1, as root"),
        string other => DoctorFinding.Fail(
            $"{other}: no process may trace",
            "set kernel.yama.ptrace_scope=1 in /etc/sysctl.d and reboot: it cannot be lowered on a running system"),
    };

    private static DoctorFinding Seccomp()
    {
        string? actions = ReadLine("/proc/sys/kernel/seccomp/actions_avail");
        return actions is null ? DoctorFinding.Fail("absent", "a kernel with CONFIG_SECCOMP_FILTER is needed")
            : actions.Contains("trap", StringComparison.Ordinal) ? DoctorFinding.Ok("filters available")
            : DoctorFinding.Fail($"only {actions}", "a kernel whose filters can trap is needed (4.14 or later)");
    }

    private static DoctorFinding MemfdNoexec() => ReadLine("/proc/sys/vm/memfd_noexec") switch
    {
        null => DoctorFinding.Ok("not restricted by this kernel"),
        "2" => DoctorFinding.Fail("2: no memory file may be executed", "sysctl vm.memfd_noexec=1, as root"),
        string value => DoctorFinding.Ok($"{value}: memory files may be executed"),
    };

    private static DoctorFinding MmapMinAddr()
    {
        string stub = $"the stub is at 0x{StubLayout.Start:x}-0x{StubLayout.End:x}";
        ulong? lowest = ReadNumber("/proc/sys/vm/mmap_min_addr");
        return lowest is ulong value && value > StubLayout.Start
            ? DoctorFinding.Fail($"{value}: {stub}", "sysctl vm.mmap_min_addr=65536, as root")
            : DoctorFinding.Ok($"{lowest?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}: {stub}");
    }

    private static DoctorFinding MaxMapCount() => ReadNumber("/proc/sys/vm/max_map_count") switch
    {
        null => DoctorFinding.Warn("unknown", "mount /proc"),
        < 65530 and ulong value => DoctorFinding.Warn(
            $"{Number(value)} mappings in a process",
            "sysctl vm.max_map_count=65530, as root: guests with scattered memory are slow below it"),
        ulong value => DoctorFinding.Ok($"{Number(value)} mappings in a process"),
    };

    private static DoctorFinding OvercommitMemory() => ReadLine("/proc/sys/vm/overcommit_memory") switch
    {
        "2" => DoctorFinding.Warn("2: strict", "the sparse memory file may be refused; sysctl vm.overcommit_memory=0, as root"),
        string value => DoctorFinding.Ok(value),
        null => DoctorFinding.Warn("unknown", "mount /proc"),
    };

    private static DoctorFinding FsGsBaseInstructions() => (HostSystem.Hardware().Capabilities2 & FsGsBase) != 0
        ? DoctorFinding.Ok("guests may use wrfsbase and wrgsbase")
        : DoctorFinding.Warn("off", "a guest pays a system call for each change of its thread pointer; kernel 5.9 or later without nofsgsbase");

    private static DoctorFinding XsaveArea()
    {
        // Leaf 0xd, ebx: the size of the area for the features that the host's kernel has switched on.
        uint size = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 0xd ? (uint)X86Base.CpuId(0xd, 0).Ebx : 512;
        ulong frame = HostSystem.Hardware().MinSignalStackSize;
        string value = $"{Number(size)} bytes" + (frame == 0 ? "" : $", signal frame {Number(frame)}");
        return Math.Max(size, frame) < StubLayout.SignalStackSize
            ? DoctorFinding.Ok(value)
            : DoctorFinding.Fail(value, $"the stub's signal stack has only {Number(StubLayout.SignalStackSize)}: report this processor to the UmlHost developers");
    }

    private static DoctorFinding Clocks()
    {
        const string Advice = "guests read clocks by system calls, which take microseconds; ";
        string source = ReadLine("/sys/devices/system/clocksource/clocksource0/current_clocksource") ?? "unknown";
        return HostVdso.Function("__vdso_clock_gettime"u8) == 0 ? DoctorFinding.Warn($"{source}, and the host has no vDSO", Advice + "boot it without vdso=0")
            : source is "tsc" or "kvm-clock" or "hyperv_clocksource_tsc_page" ? DoctorFinding.Ok($"{source}, read without a system call")
            : DoctorFinding.Warn($"{source}, which only a system call can read", Advice + "use tsc if the processor's is invariant (clocksource=tsc)");
    }

    private static DoctorFinding Processors() =>
        DoctorFinding.Ok($"{Number((ulong)Environment.ProcessorCount)} usable, {LibC.sysconf(_SC_NPROCESSORS_ONLN)} online");

    private static DoctorFinding Memory()
    {
        const ulong Little = 256UL << 20;
        foreach (string line in (ReadLine("/proc/meminfo") ?? "").Split('\n'))
        {
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            {
                string kib = line["MemAvailable:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
                ulong available = ulong.Parse(kib, CultureInfo.InvariantCulture) << 10;
                string value = $"{ByteSize.Show(available)} available";
                return available >= Little ? DoctorFinding.Ok(value) : DoctorFinding.Warn(value, "guest memory is host memory: free some");
            }
        }

        return DoctorFinding.Warn("unknown", "mount /proc");
    }

    private static DoctorFinding HugePages()
    {
        const string File = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
        string? modes = ReadLine(File);
        int start = modes?.IndexOf('[', StringComparison.Ordinal) ?? -1, end = modes?.IndexOf(']', StringComparison.Ordinal) ?? -1;
        return DoctorFinding.Ok("shared memory: " + (modes is null ? "this kernel has none" : start < 0 || end < start ? modes : modes[(start + 1)..end]));
    }
}
