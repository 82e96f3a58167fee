using System;
using System.Globalization;
using System.Linq;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>The programs that read /proc and /sys, on a guest's.</summary>
public sealed class ProcTests
{
    private static string[] Lines(params string[] command)
    {
        Run run = Run.UmlHost(["run", "--", .. command]);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Status);
        return run.Output.TrimEnd('\n').Split('\n');
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void Ps_shows_the_guests_and_nobody_else()
    {
        string[] lines = Lines("/bin/sh", "-c", "sleep 100 & ps -eo pid,ppid,stat,comm,args; kill $!");
        Assert.Equal(4, lines.Length);
        string[] shell = Words(lines[1]), sleep = Words(lines[2]), ps = Words(lines[3]);
        Assert.Equal("0", shell[1]);
        Assert.Equal("sh", shell[3]);
        Assert.Equal(shell[0], sleep[1]);
        Assert.Equal("S", sleep[2][..1]);
        Assert.Equal(["sleep", "sleep", "100"], sleep[3..]);
        Assert.Equal("R", ps[2][..1]);
        Assert.Equal("ps", ps[3]);
    }

    [Fact]
    public void Ps_shows_zombies_and_stopped_processes()
    {
        string[] lines = Lines("/bin/sh", "-c", "sleep 100 & a=$!; kill -STOP $a; sh -c 'sleep 0 & exec sleep 100' & b=$!; sleep 1; ps -eo stat,comm; kill -KILL $a $b");
        Assert.Contains(lines, line => line.StartsWith('T'));
        Assert.Contains(lines, line => line.StartsWith('Z') && line.Contains("sleep", StringComparison.Ordinal));
    }

    [Fact]
    public void Top_reads_all_it_needs()
    {
        string[] lines = Lines("top", "-b", "-n1");
        Assert.StartsWith("top - ", lines[0], StringComparison.Ordinal);
        Assert.Contains("1 total,", lines[1], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.EndsWith(" top", StringComparison.Ordinal));
    }

    [Fact]
    public void Free_shows_the_limit()
    {
        Run run = Run.UmlHost("run", "--memory", "256M", "--", "free", "-k");
        Assert.Equal("", run.Error);
        long[] numbers = [.. Words(run.Output.Split('\n')[1])[1..].Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
        Assert.Equal(256 * 1024, numbers[0]);
        Assert.InRange(numbers[1], 1, numbers[0]);
    }

    [Fact]
    public void Lscpu_and_nproc_agree_with_the_host()
    {
        string[] wanted = ["Architecture:", "CPU(s):", "Model name:", "On-line CPU(s) list:", "L2 cache:"];
        string[] guest = Lines("lscpu"), native = Run.Program("lscpu", []).Output.Split('\n');
        Assert.All(wanted, name => Assert.Equal(
            native.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)),
            guest.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))));
        Assert.Equal(Run.Program("nproc", []).Output, Run.UmlHost("run", "--", "nproc").Output);
    }

    [Fact]
    public void Names_in_proc_sys_are_set_by_root_alone()
    {
        Run run = Run.UmlHost("run", "--uid", "0", "--", "/bin/sh", "-c", "echo inside > /proc/sys/kernel/hostname && hostname; uname -n; echo 1 > /proc/sys/vm/overcommit_memory");
        Assert.Equal("inside\ninside\n", run.Output);
        Assert.Contains("Permission denied", run.Error, StringComparison.Ordinal);
        run = Run.UmlHost("run", "--uid", "1000", "--gid", "1000", "--", "/bin/sh", "-c", "echo inside > /proc/sys/kernel/hostname");
        Assert.Contains("Permission denied", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_users_processes_are_closed()
    {
        Run run = Run.UmlHost("run", "--uid", "0", "--", "/bin/sh", "-c", "sleep 100 & setpriv --reuid=1000 --clear-groups sh -c \"cat /proc/$!/status | head -1; readlink /proc/$!/exe; cat /proc/$!/environ; ls /proc/$!/fd; head -1 /proc/$!/maps\"; kill $!");
        Assert.Equal("Name:\tsleep\n", run.Output);
        Assert.Equal(3, run.Error.Split('\n').Count(line => line.Contains("Permission denied", StringComparison.Ordinal)));
    }

    [Fact]
    public void Processes_come_and_go_while_they_are_listed()
    {
        string[] lines = Lines("/bin/sh", "-c", "(for i in $(seq 60); do /bin/true; done) & for i in $(seq 30); do ls /proc > /dev/null || echo failed; cat /proc/[0-9]*/stat > /dev/null 2>&1; done; wait; echo done");
        Assert.Equal(["done"], lines);
    }
}
