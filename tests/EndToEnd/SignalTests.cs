using System;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>Signals that umlhost itself is sent are the guest's: what a shell sees is what it sees of the program
/// run natively.</summary>
public sealed class SignalTests
{
    private const string Program = "/bin/sh";
    private const string Bash = "/bin/bash";

    [Theory]
    [InlineData("exec sleep 20", "kill -TERM $!")]
    [InlineData("exec sleep 20", "kill -HUP $!")]
    [InlineData("exec sleep 20", "kill -USR1 $!")]

    // Stopped and continued.
    [InlineData("kill -STOP $$; echo continued; exit 3", "grep State /proc/$!/status; kill -CONT $!")]

    [InlineData("kill -TSTP $$; echo continued; exit 3", "kill -CONT $!")]

    // A shell's background jobs ignore SIGINT; so does what they run.
    [InlineData("sleep 1; exit 5", "kill -INT $!")]
    [InlineData("trap 'echo caught; exit 4' TERM; while :; do sleep 0.05; done", "kill -TERM $!")]
    [InlineData("kill -PIPE $$; echo not ended", "true")]
    public void Reach_the_guest(string program, string action)
    {
        string script = $"\"$@\" -c \"$PROGRAM\" & sleep 0.5; {action}; wait $!; echo status $?";
        Run native = Shell(script, program, Program);
        Run guest = Shell(script, program, Run.UmlHostPath, "run", "--", Program);
        Assert.Equal(native.Output, guest.Output);
    }

    [Fact]
    public void A_SIGPIPE_ignored_by_the_caller_stays_ignored()
    {
        const string Script = "trap '' PIPE; \"$@\" -c \"$PROGRAM\"; echo status $?";
        Run guest = Shell(Script, "kill -PIPE $$; echo still here", Run.UmlHostPath, "run", "--", Program);
        Assert.Equal("still here\nstatus 0\n", guest.Output);
    }

    /// <summary>A shell with job control gives each job a process group: SIGTSTP stops none that is orphaned, as the
    /// tests' own is where they lead a session.</summary>
    [Fact]
    public void SIGTSTP_stops_until_SIGCONT()
    {
        const string Script = "state() { until grep -q \"^State:.[$1]\" /proc/$!/status; do sleep 0.05; done; echo $2; }; "
            + "set -m; \"$@\" -c \"$PROGRAM\" & sleep 0.3; kill -TSTP $!; state T stopped; "
            + "kill -CONT $!; state RS continued; kill -TERM $!; wait $!; echo status $?";
        Run native = Shell(Bash, Script, "exec sleep 20", [Program]);
        Run guest = Shell(Bash, Script, "exec sleep 20", [Run.UmlHostPath, "run", "--", Program]);
        Assert.Equal("stopped\ncontinued\nstatus 143\n", native.Output);
        Assert.Equal(native.Output, guest.Output);
    }

    private static Run Shell(string script, string program, params string[] command) => Shell(Program, script, program, command);

    private static Run Shell(string shell, string script, string program, string[] command) => Run.Program(
        shell,
        ["-c", script, "sh", .. command],
        timeout: TimeSpan.FromSeconds(20),
        environment: new System.Collections.Generic.Dictionary<string, string?> { ["PROGRAM"] = program });
}
