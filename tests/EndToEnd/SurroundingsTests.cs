using System;
using System.Diagnostics;
using System.IO;

using Mono.Unix.Native;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>Closed streams, small limits and ^C: what a shell and its user do to any program.</summary>
public sealed class SurroundingsTests
{
    private const string Busybox = "/bin/busybox";

    /// <summary>Runs a line of sh in which $U is <c>umlhost run</c> and $B is busybox.</summary>
    /// <remarks>As from a terminal: what the runtime of the test host ignores is inherited otherwise.</remarks>
    private static Run Shell(string line)
        => Run.Program("/usr/bin/env", ["--default-signal", "/bin/sh", "-c", $"U='{Run.UmlHostPath} run --'; B={Busybox}; {line}"]);

    [Theory]
    [InlineData("$U $B cat <&-")] // EBADF
    [InlineData("$U $B echo x >&-")]
    [InlineData("$U $B cat /dev/null <&- >&- 2>&-")]
    [InlineData("$U $B cat missing 2>&-")]
    [InlineData("$U $B echo x >/dev/full")]
    public void A_closed_or_full_stream_is_the_guests_own_affair(string line)
    {
        Run guest = Shell(line);
        Run native = Shell(line.Replace("$U ", "", StringComparison.Ordinal));
        Assert.Equal(native.Status, guest.Status);
        Assert.Equal(native.Output, guest.Output);
        Assert.Equal(native.Error, guest.Error);
    }

    [Fact]
    public void A_reader_that_goes_away_ends_the_writer()
    {
        // busybox yes ends by SIGPIPE; nothing else may be said, and nothing may be left running.
        Run run = Shell("{ $U $B yes; echo status $? >&2; } | $B head -n 1");
        Assert.Equal("y\n", run.Output);
        Assert.Equal("status 141\n", run.Error);
    }

    [Fact]
    public void Too_little_address_space_is_said_in_one_line()
    {
        Run run = Shell("ulimit -v 100000; $U $B true");
        Assert.NotEqual(0, run.Status);
        Assert.NotEqual("", run.Error);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_address_space_limit_is_enough()
        => Assert.Equal((0, ""), (Shell("ulimit -v 67108864; $U $B true") is var run ? run.Status : -1, run.Error)); // 64 GiB

    [Fact]
    public void Few_descriptors_are_enough_and_too_few_are_said_in_one_line()
    {
        Run enough = Shell("ulimit -n 32; $U $B cat /etc/hostname");
        Assert.Equal(0, enough.Status);
        Run few = Shell("ulimit -n 4; $U $B true");
        Assert.Equal(125, few.Status);
        Assert.StartsWith("umlhost: ", few.Error, StringComparison.Ordinal);
        Assert.Single(few.Error.TrimEnd('\n').Split('\n'));
        Assert.Contains("EMFILE", few.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Signum.SIGINT)]
    [InlineData(Signum.SIGTERM)]
    [InlineData(Signum.SIGHUP)]
    public void A_deadly_signal_ends_the_run_at_once(Signum signal)
    {
        ProcessStartInfo start = new(Run.UmlHostPath, ["run", "--", Busybox, "cat"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        System.Threading.Thread.Sleep(300);
        string children = File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Trim();
        Assert.NotEqual("", children);
        Stopwatch clock = Stopwatch.StartNew();
        Assert.Equal(0, Syscall.kill(process.Id, signal));
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(5)), "still running");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
        Assert.Equal(128 + (int)signal, process.ExitCode);
        foreach (string child in children.Split(' '))
        {
            Assert.True(WaitUntilGone(child), $"child {child} is left");
        }
    }

    private static bool WaitUntilGone(string pid)
    {
        for (int i = 0; i < 200; i++)
        {
            try
            {
                // A zombie is init's to reap.
                string stat = File.ReadAllText($"/proc/{pid}/stat");
                if (stat[stat.LastIndexOf(')') + 2] is 'Z' or 'X')
                {
                    return true;
                }
            }
            catch (IOException)
            {
                return true;
            }

            System.Threading.Thread.Sleep(5);
        }

        return false;
    }
}
