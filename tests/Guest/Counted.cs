using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;

using Xunit;

namespace UmlHost.Tests.Guest;

/// <summary>What runs cost and where they are stopped, on the program that users run.</summary>
public sealed class Counted
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(120);

    private static Outcome Run(string program, string arguments, params string[] options)
    {
        string path = new GuestProgram($"counted/{program}.c").Compile();
        return GuestRun.Guest(path, GuestProgram.Words(arguments), [], s_timeout, options);
    }

    private static JsonElement Report(string program, string arguments, params string[] options)
    {
        string file = Path.Combine(Tree.Out, "report.json");
        Outcome outcome = Run(program, arguments, ["--report", file, .. options]);
        Assert.True(outcome.Status == 0, Comparison.Text(outcome));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        return document.RootElement.Clone();
    }

    private static long Number(JsonElement report, string group, string name) => report.GetProperty(group).GetProperty(name).GetInt64();

    [UmlHostFact]
    public void A_million_system_calls_leave_the_managed_heap_where_it_was()
    {
        JsonElement few = Report("getppid", "1000");
        JsonElement many = Report("getppid", "1000000");
        Assert.Equal(999_000, many.GetProperty("system_call_total").GetInt64() - few.GetProperty("system_call_total").GetInt64());
        long more = Number(many, "managed_heap", "allocated_bytes") - Number(few, "managed_heap", "allocated_bytes");
        Assert.InRange(more, long.MinValue, 64 * 1024);
        Assert.Equal(Number(few, "managed_heap", "collections"), Number(many, "managed_heap", "collections"));
    }

    /// <summary>Compared with a run of one, for what the supervisor keeps in any case.</summary>
    [UmlHostTheory]
    [InlineData("forks", 20_000)]
    [InlineData("execs", 2_000)]
    [InlineData("processes", 500)]
    [InlineData("threads", 1_000)]
    public void Nothing_is_left_of_many(string what, int count)
    {
        JsonElement one = Report("leaks", $"{what} 1");
        JsonElement many = Report("leaks", $"{what} {count}");
        Assert.InRange(Number(many, "processes", what is "threads" ? "threads" : "forks"), count, count);
        Assert.Equal(0, Number(many, "left", "tasks"));
        Assert.Equal(0, Number(many, "left", "frames"));
        if (many.GetProperty("left").GetProperty("host_children").ValueKind != JsonValueKind.Null)
        {
            Assert.Equal(0, Number(many, "left", "host_children"));
        }

        // 64 threads are kept for later tasks; short runs of freed frames are kept for later grants.
        Assert.InRange(Number(many, "left", "supervisor_threads"), 1, Number(one, "left", "supervisor_threads") + 64);
        Assert.Equal(Number(one, "left", "descriptors"), Number(many, "left", "descriptors"));
        Assert.InRange(Number(many, "left", "memory_bytes"), 0, 32 << 20);
    }

    /// <summary>How often a report says that a system call was made.</summary>
    internal static long Calls(string report, string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(report));
        return document.RootElement.GetProperty("system_calls").EnumerateArray()
            .Where(call => call.GetProperty("name").GetString() == name).Sum(call => call.GetProperty("count").GetInt64());
    }

    [UmlHostTheory]
    [InlineData("", 0)]
    [InlineData("--no-vdso", 6000)]
    public void Clocks_are_read_without_system_calls(string options, int calls)
    {
        string file = Path.Combine(Tree.Out, "report.json");
        Outcome outcome = Run("clocks", "1000", ["--report", file, .. GuestProgram.Words(options)]);
        Assert.True(outcome.Status == 0, Comparison.Text(outcome));
        Assert.Equal(calls, Calls(file, "clock_gettime") + Calls(file, "clock_getres") + Calls(file, "gettimeofday") + Calls(file, "time") + Calls(file, "getcpu"));
    }

    [UmlHostFact]
    public void Signals_are_counted()
    {
        // Handled; the last one kills a child, whose SIGCHLD is ignored.
        Assert.Equal(101, Number(Report("signals", "100"), "processes", "signals"));
    }

    [UmlHostFact]
    public void Faults_come_once_for_a_chunk_and_cost_an_operation_each_at_most()
    {
        JsonElement report = Report("touch", "256");
        long chunks = 256 / 2;
        Assert.InRange(Number(report, "faults", "anonymous"), chunks, chunks + 40);
        Assert.InRange(Number(report, "faults", "pages"), 256 * 256, (256 * 256) + 20_000);
        Assert.InRange(Number(report, "host", "operations"), chunks, chunks + 100);
        Assert.InRange(Number(report, "host", "peak_mappings"), 1, 64 + chunks);
    }

    [UmlHostFact]
    public void Touching_more_than_the_limit_ends_in_a_message_and_status_137()
    {
        Outcome outcome = Run("touch", "200", "--memory", "64M");
        Assert.Equal(137, outcome.Status);
        Assert.Empty(outcome.Stdout);
        string message = Encoding.UTF8.GetString(outcome.Stderr);
        Assert.Contains("out of memory", message, StringComparison.Ordinal);
        Assert.Single(message.TrimEnd('\n').Split('\n'));
    }

    [UmlHostFact]
    public void Touching_less_than_the_limit_succeeds()
        => Assert.Equal("60 MiB\n", Encoding.UTF8.GetString(Run("touch", "60", "--memory", "64M").Stdout));

    [UmlHostFact]
    public void Four_gigabytes_of_bss_run_without_a_limit_and_are_refused_clearly_under_one()
    {
        Assert.Equal(7, Run("huge_bss", "").Status);
        Outcome outcome = Run("huge_bss", "", "--memory", "512M");
        Assert.Equal(126, outcome.Status);
        Assert.Empty(outcome.Stdout);
        string message = Encoding.UTF8.GetString(outcome.Stderr);
        Assert.Contains("huge_bss", message, StringComparison.Ordinal);
        Assert.Contains("memory", message, StringComparison.Ordinal);
        Assert.Single(message.TrimEnd('\n').Split('\n'));
    }
}
