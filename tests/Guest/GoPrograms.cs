using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;

using Xunit;

namespace UmlHost.Tests.Guest;

/// <summary>Static Go programs; the Go runtime starts threads.</summary>
public sealed class GoPrograms
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public static IEnumerable<object?[]> Sources() =>
        new[] { "hello.go", "goroutines.go", "now.go" }.Select(name => new object?[] { name, File.Exists("/usr/bin/go") ? null : "go is not installed" });

    [SkippableTheory]
    [MemberData(nameof(Sources))]
    public void Go_program_prints_the_same(string source, string? skip)
    {
        Assert.Null(skip);
        string path = Compile(source);
        Outcome native = GuestRun.Native(path, ["an argument"], [], s_timeout);
        Assert.False(native.TimedOut, $"{source} does not end natively");
        Comparison.AssertSame(source, native, GuestRun.Guest(path, ["an argument"], [], s_timeout));
    }

    public static IEnumerable<object?[]> ClockReaders() => Sources().Where(row => row[0] is "now.go");

    [SkippableTheory]
    [MemberData(nameof(ClockReaders))]
    public void Clocks_are_read_without_system_calls(string source, string? skip)
    {
        Assert.Null(skip);
        if (GuestRun.NativeOnly)
        {
            return;
        }

        string report = Path.Combine(Tree.Out, "report.json");
        Outcome outcome = GuestRun.Guest(Compile(source), ["an argument"], [], s_timeout, "--report", report);
        Assert.True(outcome.Status == 0 && !outcome.TimedOut, Comparison.Text(outcome));
        Assert.Equal(0, Counted.Calls(report, "clock_gettime"));
    }

    private static string Compile(string name)
    {
        string source = Path.Combine(Tree.Programs, "go", name);
        string output = Path.Combine(Tree.Out, "go", Path.GetFileNameWithoutExtension(name));
        if (File.Exists(output) && File.GetLastWriteTimeUtc(output) > File.GetLastWriteTimeUtc(source))
        {
            return output;
        }

        ProcessStartInfo start = new("go", ["build", "-o", output, source]) { RedirectStandardError = true };
        start.Environment["CGO_ENABLED"] = "0";
        start.Environment["GO111MODULE"] = "off";
        using Process process = Process.Start(start)!;
        string complaints = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, complaints);
        return output;
    }
}
