using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

using Mono.Unix.Native;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>Shell scripts of many processes: what they print and end with is what they do natively.</summary>
public sealed class ScriptTests
{
    private static readonly string[][] s_shells = [["/bin/busybox", "sh"], ["/bin/bash"], ["/bin/dash"]];

    // A busybox started as a guest finds its own applets through PATH: the host's programs of these names are used.
    private static readonly string[] s_scripts =
    [
        "echo one two three | tr ' ' '\\n' | sort | { while read w; do echo \"<$w>\"; done; }; echo $?",
        "false | true; echo $?; true | false; echo $?; ! true; echo $?",
        "for i in 1 2 3 4 5; do (sleep 0.0$i; exit $i) & pids=\"$pids $!\"; done; for p in $pids; do wait $p; echo $?; done",
        "(exit 3) & (exit 4) & wait; echo $?; wait 99999; echo $?",
        "trap 'echo got USR1' USR1; (sleep 0.1; kill -USR1 $$; sleep 0.3) & wait $!; echo $?; wait; echo $?",
        "trap 'echo bye' EXIT; trap '' TERM; kill -TERM $$; echo still; trap - TERM; (trap 'echo inner' EXIT; exit 2); echo $?",
        "trap 'echo term; exit 7' TERM; sleep 5 >/dev/null 2>&1 & kill -TERM $$; wait",
        "kill -TERM $$; echo not reached",
        "cat <<END; x=$(cat <<EOF\ninside $((1+2))\nEOF\n); echo \"$x\"\nhere $((6*7)) $(echo sub)\nEND",
        "sh -c 'kill -KILL $$'; echo $?; sh -c 'kill -SEGV $$'; echo $?; sh -c 'exit 42'; echo $?",
        "i=0; while [ $i -lt 50 ]; do i=$((i+1)); /bin/true || echo failed; done; echo $i",
        "yes | head -n 3; seq 100000 | head -n 1; seq 1 20000 | sort -rn | tail -n 1",
        "x=$(echo a; (echo b; echo c >&2) 2>&1); echo \"$x\" | wc -l; echo $(seq 5) | cat",
        "f() { [ $1 -le 0 ] && { echo leaf; return; }; f $(($1-1)) | cat; f $(($1-1)) | cat; }; f 4 | sort | uniq -c",
        "exec 3>&1; (echo to three >&3); exec 3>&-; ( echo x >&3 ) 2>/dev/null; echo $?",
        "(sleep 0.3; echo late) & echo early; wait; set -e; (false; echo not here); echo not here either",
        "ulimit -n 20; ulimit -n; umask 027; umask; cd /usr/bin && pwd; (cd /; pwd); pwd",
        "sleep 10 & p=$!; kill -STOP $p; kill -CONT $p; kill $p; wait $p; echo $?",
        "nice -n 3 nice; timeout -s KILL 0.2 sleep 5; echo $?",
        "seq 3 | while read a; do seq 2 | while read b; do echo $a$b; done; done | xargs -n 2 echo",
        "(echo a; sleep 0.1; echo b) | while read l; do echo \"$l\"; done & wait; echo done",
    ];

    public static IEnumerable<object[]> Rows() =>
        from shell in s_shells
        where File.Exists(shell[0])
        from script in s_scripts
        select new object[] { string.Join(' ', shell), script };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Prints_and_ends_as_natively(string shell, string script)
    {
        string[] command = [.. shell.Split(' '), "-c", script, "sh"];
        Run native = Start(command);
        Run guest = Start([Run.UmlHostPath, "run", "--", .. command]);
        Assert.Equal((native.Status, native.Output), (guest.Status, guest.Output));

        // Shells name the processes of which they tell: only UmlHost's own messages are looked for.
        Assert.DoesNotContain("umlhost", guest.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void SIGKILL_of_umlhost_leaves_no_process()
    {
        const string Tree = "for i in 1 2 3; do (sleep 61 & sleep 62 & (sleep 63; true) & wait) & done; echo up; wait";
        ProcessStartInfo start = new(Run.UmlHostPath, ["run", "--", "/bin/busybox", "sh", "-c", Tree])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Assert.Equal("up", process.StandardOutput.ReadLine());
        string[] children = [];
        for (int i = 0; i < 100 && children.Length < 16; i++)
        {
            Thread.Sleep(50);
            children = File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }

        Assert.InRange(children.Length, 16, 64);
        Assert.Equal(0, Syscall.kill(process.Id, Signum.SIGKILL));
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(5)), "still running");
        for (int i = 0; i < 200 && children.Any(IsAlive); i++)
        {
            Thread.Sleep(10);
        }

        Assert.DoesNotContain(children, IsAlive);
    }

    /// <summary>script gives the command a terminal, whose interrupt character then comes.</summary>
    [Theory]
    [InlineData("trap 'echo caught; exit 5' INT; sleep 5 & sleep 4; echo no")]
    [InlineData("sleep 4; echo no")]
    [InlineData("trap '' INT; sleep 2; echo on")]
    public void The_interrupt_character_reaches_the_whole_group(string program)
    {
        Assert.True(File.Exists("/usr/bin/script"), "script (package bsdutils) is missing");
        Run native = Terminal("", program);
        Run guest = Terminal($"{Run.UmlHostPath} run --", program);
        Assert.Equal(native.Output, guest.Output);
    }

    private static Run Terminal(string prefix, string program)
    {
        // PROGRAM is expanded by the shell that script starts.
        const string Line = "(sleep 1; printf '\\003'; sleep 2) | script -qec \"$PREFIX /bin/busybox sh -c \\\"\\$PROGRAM\\\"\" /dev/null; echo status $?";
        return Run.Program(
            "/usr/bin/env",
            ["--default-signal", "/bin/sh", "-c", Line],
            environment: new Dictionary<string, string?> { ["PREFIX"] = prefix, ["PROGRAM"] = program });
    }

    private static bool IsAlive(string pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    // What the test host ignores is inherited otherwise.
    private static Run Start(string[] command) => Run.Program("/usr/bin/env", ["--default-signal", .. command]);
}
