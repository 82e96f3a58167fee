using System;
using System.Collections.Generic;
using System.Text;

using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Proc;

using static UmlHost.Native.Linux;

namespace UmlHost.Sys;

/// <summary>/sys: the processors that guests may use and the memory they have, as the host describes them, and empty
/// directories where there are no devices.</summary>
internal static class SysFileSystem
{
    private const uint ForAll = 0x124;
    private const string HostCpus = "/sys/devices/system/cpu";
    private const string HostNodes = "/sys/devices/system/node";

    public static PseudoFileSystem Create(Machine machine) =>
        new("sysfs", SYSFS_MAGIC, fileSystem => new LazyDirectory(fileSystem, top => Fill(fileSystem, machine, top)));

    private static void Fill(PseudoFileSystem sys, Machine machine, PseudoDirectory top)
    {
        foreach (string path in (ReadOnlySpan<string>)
        [
            "block", "bus/cpu", "bus/pci/devices", "bus/usb/devices", "class/block", "class/dmi", "class/hwmon", "class/mem", "class/misc", "class/net", "class/power_supply",
            "class/thermal", "class/tty", "dev/block", "dev/char", "devices/virtual", "firmware", "fs/cgroup", "hypervisor", "kernel/debug", "kernel/security", "module", "power",
        ])
        {
            _ = Directory(top, path);
        }

        AddCpus(sys, machine, Directory(top, "devices/system/cpu"));
        AddNodes(sys, machine, Directory(top, "devices/system"));
        PseudoDirectory memory = Directory(top, "kernel/mm");
        if (HostTree.TypeOf("/sys/kernel/mm/transparent_hugepage") == S_IFDIR)
        {
            memory.Add("transparent_hugepage", new HostMirror(sys, "/sys/kernel/mm/transparent_hugepage"));
        }

        _ = Directory(memory, "hugepages");
    }

    private static void AddCpus(PseudoFileSystem sys, Machine machine, PseudoDirectory cpus)
    {
        int possible = CpuSet.Possible;
        foreach (string name in (ReadOnlySpan<string>)["online", "present", "possible", "enabled"])
        {
            cpus.Add(name, new PseudoText(sys, ForAll, (_, text) =>
            {
                CpuSet.AppendList(text, possible, cpu => CpuSet.IsUsable(machine, cpu));
                text.Append("\n"u8);
            }));
        }

        cpus.Add("offline", new PseudoText(sys, ForAll, static (_, text) => text.Append("\n"u8)));
        cpus.Add("isolated", new PseudoText(sys, ForAll, static (_, text) => text.Append("\n"u8)));
        Mirror(sys, cpus, HostCpus, "kernel_max");
        Mirror(sys, cpus, HostCpus, "modalias");
        Mirror(sys, cpus, HostCpus, "smt");
        Mirror(sys, cpus, HostCpus, "vulnerabilities");
        foreach (int cpu in machine.Placement.Cpus)
        {
            PseudoDirectory directory = cpus.Add($"cpu{cpu}", new PseudoDirectory(sys, 0x16d));
            string host = $"{HostCpus}/cpu{cpu}";
            Mirror(sys, directory, host, "topology");
            Mirror(sys, directory, host, "cache");
            Mirror(sys, directory, host, "cpu_capacity");
            Mirror(sys, directory, host, "cpufreq");

            // The first CPU of a machine cannot go away and has no such file.
            if (cpu != 0)
            {
                directory.Add("online", new PseudoText(sys, ForAll, static (_, text) => text.Append("1\n"u8)));
            }

            foreach ((byte[] name, uint _) in HostTree.List(HostNodes))
            {
                string node = Encoding.ASCII.GetString(name);
                if (node.StartsWith("node", StringComparison.Ordinal) && HostTree.Exists($"{host}/{node}"))
                {
                    directory.Add(node, new PseudoTextLink(sys, (_, text) => text.Append("../../node/").Append(node)));
                }
            }
        }
    }

    /// <summary>Memory nodes as the host has them; with --memory the first has all of it.</summary>
    private static void AddNodes(PseudoFileSystem sys, Machine machine, PseudoDirectory system)
    {
        PseudoDirectory nodes = Directory(system, "node");
        foreach ((byte[] name, uint type) in HostTree.List(HostNodes))
        {
            string node = Encoding.ASCII.GetString(name);
            if (type == S_IFREG)
            {
                Mirror(sys, nodes, HostNodes, node);
            }
            else if (node.StartsWith("node", StringComparison.Ordinal))
            {
                PseudoDirectory directory = nodes.Add(node, new PseudoDirectory(sys, 0x16d));
                string host = $"{HostNodes}/{node}";
                Mirror(sys, directory, host, "cpulist");
                Mirror(sys, directory, host, "cpumap");
                Mirror(sys, directory, host, "distance");
                Mirror(sys, directory, host, "numastat");
                directory.Add("meminfo", new PseudoText(sys, ForAll, (_, text) => NodeMemory(machine, node, text)));
            }
        }
    }

    private static void NodeMemory(Machine machine, string node, TextBuffer text)
    {
        if (!SystemFiles.IsLimited(machine, out ulong total, out ulong free))
        {
            _ = HostTree.Read($"{HostNodes}/{node}/meminfo", text);
            return;
        }

        if (node != "node0")
        {
            total = free = 0;
        }

        string number = node["node".Length..];
        foreach ((string name, ulong bytes) in (ReadOnlySpan<(string, ulong)>)[("MemTotal:", total), ("MemFree:", free), ("MemUsed:", total - free)])
        {
            text.Append("Node "u8).Append(number).Append(" "u8).AppendPadded(name, 15).Append((long)(bytes / 1024), 8).Append(" kB\n"u8);
        }
    }

    private static PseudoDirectory Directory(PseudoDirectory from, string path)
    {
        foreach (string name in path.Split('/'))
        {
            from = from.Directory(name);
        }

        return from;
    }

    private static void Mirror(PseudoFileSystem sys, PseudoDirectory directory, string host, string name)
    {
        string path = $"{host}/{name}";
        switch (HostTree.TypeOf(path))
        {
            case S_IFDIR:
                directory.Add(name, new HostMirror(sys, path));
                break;
            case S_IFREG:
                directory.Add(name, new PseudoText(sys, ForAll, (_, text) => HostTree.Read(path, text)));
                break;
        }
    }
}

/// <summary>A directory of the host's /sys with all that is in it, but its links: read as it is asked for.</summary>
internal sealed class HostMirror(PseudoFileSystem sys, string path) : PseudoDirectory(sys, 0x16d)
{
    private readonly Dictionary<string, Inode> _inodes = [];

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        string text = Encoding.UTF8.GetString(name);
        string host = $"{path}/{text}";
        lock (_inodes)
        {
            if (!_inodes.TryGetValue(text, out inode))
            {
                inode = text.StartsWith('.') || text.Contains('\0') ? null : HostTree.TypeOf(host) switch
                {
                    S_IFDIR => new HostMirror((PseudoFileSystem)FileSystem, host),
                    S_IFREG => new PseudoText((PseudoFileSystem)FileSystem, 0x124, (_, to) => HostTree.Read(host, to)),
                    _ => null,
                };
                if (inode is not null)
                {
                    _inodes.Add(text, inode);
                }
            }
        }

        return inode is null ? Errno.ENOENT : Errno.None;
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        List<(byte[] Name, uint Type)> names = HostTree.List(path);
        if (position >= names.Count || Lookup(names[(int)position].Name, out Inode? inode) != Errno.None)
        {
            entry = default;
            return false;
        }

        entry = new DirectoryEntry(names[(int)position].Name, inode!.Number, names[(int)position].Type, position + 1);
        return true;
    }
}
