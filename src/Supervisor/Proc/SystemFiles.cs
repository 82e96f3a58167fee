using System;
using System.Buffers.Text;
using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>The files of /proc that are of no process.</summary>
internal static class SystemFiles
{
    private const uint ForAll = 0x124;

    public static void AddTo(PseudoFileSystem proc, Machine machine, PseudoDirectory top)
    {
        top.Add("mounts", new PseudoTextLink(proc, static (_, text) => text.Append("self/mounts"u8)));
        top.Add("net", new PseudoTextLink(proc, static (_, text) => text.Append("self/net"u8)));
        Put("cpuinfo", (_, text) => CpuInfo(machine, text));
        Put("meminfo", (_, text) => MemoryInfo(machine, text));
        Put("stat", (_, text) => Stat(machine, text));
        Put("uptime", (_, text) => Uptime(machine, text));
        Put("loadavg", (_, text) => LoadAverage(machine, text));
        Put("version", (_, text) => Version(machine, text));
        Put("vmstat", static (_, text) => HostTree.Read("/proc/vmstat", text));
        Put("zoneinfo", static (_, text) => HostTree.Read("/proc/zoneinfo", text));
        Put("filesystems", (task, text) => FileSystems(task, text));
        Put("locks", static (_, text) => text.Append(FileLocks.Listing()));
        Put("interrupts", (_, text) => Interrupts(machine, text));
        Fixed("cmdline", "\n");
        Fixed("devices", "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n");
        Fixed("partitions", "major minor  #blocks  name\n\n");
        Fixed("swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
        Fixed("diskstats", "");
        Fixed("modules", "");
        Fixed("kallsyms", "");
        Fixed("misc", "");
        Fixed("execdomains", "0-0\tLinux           \t[kernel]\n");
        Fixed("cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
        PseudoDirectory tty = top.Directory("tty");
        tty.Add("drivers", new PseudoText(proc, ForAll, static (_, text) => text.Append(
            "/dev/tty             /dev/tty        5       0 system:/dev/tty\n/dev/ptmx            /dev/ptmx       5       2 system\npty_slave            /dev/pts      136 0-1048575 pty:slave\npty_master           /dev/ptm      128 0-1048575 pty:master\n"u8)));
        IpcFiles.AddTo(proc, machine, top.Directory("sysvipc"));

        void Put(string name, TextGenerator generate) => top.Add(name, new PseudoText(proc, ForAll, generate));

        void Fixed(string name, string text) => top.Add(name, new PseudoText(proc, ForAll, (_, to) => to.Append(text)));
    }

    /// <summary>MemTotal and MemFree as sysinfo has them, in bytes: of --memory where that is less than the host's.</summary>
    public static bool IsLimited(Machine machine, out ulong total, out ulong free)
    {
        sysinfo host = HostScheduler.Information();
        ulong unit = Math.Max(1u, host.mem_unit);
        total = host.totalram * unit;
        free = host.freeram * unit;
        ulong limit = machine.Frames.LimitBytes;
        if (limit == 0 || limit >= total)
        {
            return false;
        }

        ulong used = (ulong)machine.Frames.Granted * GuestAddress.PageSize;
        total = limit;
        free = Math.Min(free, limit - Math.Min(limit, used));
        return true;
    }

    /// <summary>With --memory that limit and what is left of it; else the host's text.</summary>
    public static void MemoryInfo(Machine machine, TextBuffer text)
    {
        if (!IsLimited(machine, out ulong total, out ulong free))
        {
            _ = HostTree.Read("/proc/meminfo", text);
            return;
        }

        ulong used = total - free;
        foreach ((string name, ulong bytes) in (ReadOnlySpan<(string, ulong)>)
        [
            ("MemTotal", total), ("MemFree", free), ("MemAvailable", free), ("Buffers", 0), ("Cached", 0), ("SwapCached", 0),
            ("Active", used), ("Inactive", 0), ("Active(anon)", used), ("Inactive(anon)", 0), ("Active(file)", 0), ("Inactive(file)", 0),
            ("Unevictable", 0), ("Mlocked", 0), ("SwapTotal", 0), ("SwapFree", 0), ("Dirty", 0), ("Writeback", 0), ("AnonPages", used),
            ("Mapped", 0), ("Shmem", 0), ("KReclaimable", 0), ("Slab", 0), ("SReclaimable", 0), ("SUnreclaim", 0), ("KernelStack", 0),
            ("PageTables", 0), ("NFS_Unstable", 0), ("Bounce", 0), ("WritebackTmp", 0), ("CommitLimit", total / 2), ("Committed_AS", used),
            ("VmallocTotal", 34359738367UL * 1024), ("VmallocUsed", 0), ("VmallocChunk", 0), ("Percpu", 0),
        ])
        {
            int before = text.Length;
            text.Append(name).Append(":"u8).PadTo(before + 16).Append((long)(bytes / 1024), 8).Append(" kB\n"u8);
        }

        text.Append("HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:               0 kB\n"u8);
    }

    /// <summary>The host's text for the CPUs that guests may use.</summary>
    private static void CpuInfo(Machine machine, TextBuffer text)
    {
        TextBuffer host = new();
        _ = HostTree.Read("/proc/cpuinfo", host);
        bool show = true;
        foreach (Range range in host.Bytes.TrimEnd((byte)'\n').Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = host.Bytes[range];
            if (line.StartsWith("processor"u8) && Utf8Parser.TryParse(line[(line.IndexOf((byte)':') + 2)..], out int cpu, out _))
            {
                show = CpuSet.IsUsable(machine, cpu);
            }

            if (show)
            {
                text.Append(line).Append("\n"u8);
            }
        }

        text.Append("\n"u8);
    }

    /// <summary>The host's times of the CPUs that guests may use; processes are the guests'.</summary>
    private static void Stat(Machine machine, TextBuffer text)
    {
        TextBuffer host = new(), cpus = new();
        _ = HostTree.Read("/proc/stat", host);
        long[] sums = new long[10];
        ReadOnlySpan<byte> contextSwitches = default, boot = default;
        foreach (Range range in host.Bytes.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = host.Bytes[range];
            if (line.StartsWith("cpu"u8) && Utf8Parser.TryParse(line[3..], out int cpu, out int digits) && CpuSet.IsUsable(machine, cpu))
            {
                cpus.Append(line).Append("\n"u8);
                line = line[(3 + digits)..];
                for (int index = 0; index < sums.Length && !line.IsEmpty && Utf8Parser.TryParse(line[1..], out long value, out int used); index++)
                {
                    sums[index] += value;
                    line = line[(1 + used)..];
                }
            }
            else if (line.StartsWith("ctxt "u8))
            {
                contextSwitches = line;
            }
            else if (line.StartsWith("btime "u8))
            {
                boot = line;
            }
        }

        text.Append("cpu "u8);
        foreach (long sum in sums)
        {
            text.Append(" "u8).Append(sum);
        }

        Count(machine, out int running, out _);
        text.Append("\n"u8).Append(cpus.Bytes).Append("intr 0\n"u8).Append(contextSwitches).Append("\n"u8).Append(boot)
            .Append("\nprocesses "u8).Append(1 + machine.Processes.Forks + machine.Processes.Threads)
            .Append("\nprocs_running "u8).Append(running).Append("\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n"u8);
    }

    /// <summary>The clock that guests see as CLOCK_BOOTTIME is the host's, so is this; the second number is what their
    /// CPUs were idle.</summary>
    private static void Uptime(Machine machine, TextBuffer text)
    {
        _ = machine;
        long now = Deadline.Now(CLOCK_BOOTTIME) / 10_000_000;
        text.Append(now / 100).Append("."u8).AppendDecimal((ulong)(now % 100), 2);
        TextBuffer host = new();
        _ = HostTree.Read("/proc/uptime", host);
        int space = host.Bytes.IndexOf((byte)' ');
        text.Append(space < 0 ? " 0.00\n"u8 : host.Bytes[space..]);
    }

    /// <summary>The host's averages; the tasks are the guests'.</summary>
    private static unsafe void LoadAverage(Machine machine, TextBuffer text)
    {
        sysinfo host = HostScheduler.Information();
        for (int index = 0; index < 3; index++)
        {
            ulong load = host.loads[index] + (1 << 16) / 200;
            text.Append((long)(load >> 16)).Append("."u8).AppendDecimal((load & 0xffff) * 100 >> 16, 2).Append(" "u8);
        }

        Count(machine, out int running, out int total);
        text.Append(running).Append("/"u8).Append(total).Append(" "u8).Append(machine.Tasks.LastPid).Append("\n"u8);
    }

    private static unsafe void Version(Machine machine, TextBuffer text)
    {
        utsname name = machine.Name.Get();
        text.Append(Field(name.sysname)).Append(" version "u8).Append(Field(name.release)).Append(" (umlhost@"u8).Append(Field(name.nodename)).Append(") "u8).Append(Field(name.version)).Append("\n"u8);
    }

    private static unsafe ReadOnlySpan<byte> Field(byte* text) => System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);

    private static void FileSystems(GuestTask task, TextBuffer text)
    {
        SortedSet<string> types = new(StringComparer.Ordinal) { "anon_inodefs", "pipefs", "proc", "sockfs", "sysfs", "tmpfs" };
        foreach (Mount mount in task.Fs.Mounts.All)
        {
            types.Add(mount.FileSystem.Type);
        }

        foreach (string type in types)
        {
            text.Append("nodev\t"u8).Append(type).Append("\n"u8);
        }
    }

    private static void Interrupts(Machine machine, TextBuffer text)
    {
        text.Append("           "u8);
        foreach (int cpu in machine.Placement.Cpus)
        {
            int before = text.Length;
            text.Append("CPU"u8).Append(cpu).PadTo(before + 11);
        }

        text.Append("\n"u8);
    }

    private static void Count(Machine machine, out int running, out int total)
    {
        running = 0;
        total = 0;
        lock (machine.Tasks.Lock)
        {
            foreach (ThreadGroup group in machine.Tasks.Groups)
            {
                total += Math.Max(1, group.Tasks.Count);
                foreach (GuestTask task in group.Tasks)
                {
                    running += task.IsRunnable ? 1 : 0;
                }
            }
        }

        running = Math.Max(1, running);
    }
}
