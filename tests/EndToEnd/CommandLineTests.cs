using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

using Mono.Unix.Native;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

public sealed class CommandLineTests
{
    private const string Busybox = "/bin/busybox";

    private static void Fails(Run run, params string[] words)
    {
        Assert.Equal(125, run.Status);
        Assert.Equal("", run.Output);
        Assert.StartsWith("umlhost: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
        Assert.All(words, word => Assert.Contains(word, run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public void Version_is_one_line()
    {
        Run run = Run.UmlHost("--version");
        Assert.Equal(0, run.Status);
        Assert.Matches(@"^umlhost \d+\.\d+\.\d+\n$", run.Output);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void Version_starts_in_25_ms()
    {
        Run.UmlHost("--version");
        TimeSpan[] walls = [.. Enumerable.Range(0, 11).Select(_ => Run.UmlHost("--version").Wall).Order()];
        Assert.InRange(walls[0].TotalMilliseconds, 0, 25);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public void Help_names_every_verb_and_has_examples(string word)
    {
        Run run = Run.UmlHost(word);
        Assert.Equal(0, run.Status);
        Assert.All(["run", "doctor", "syscalls", "examples:"], part => Assert.Contains(part, run.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("help", "run")]
    [InlineData("run", "--help")]
    [InlineData("run", "--memory", "1G", "--help", "--", Busybox)]
    public void Help_on_run_names_every_option(params string[] words)
    {
        Run run = Run.UmlHost(words);
        Assert.Equal(0, run.Status);
        Assert.All(
            ["--memory", "--trace", "--trace-output", "--report", "--log-level", "--no-aslr", "--fault-info"],
            option => Assert.Contains(option, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void No_words_print_usage_and_fail()
    {
        Run run = Run.UmlHost();
        Assert.Equal(125, run.Status);
        Assert.StartsWith("usage: umlhost run", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_words_fail_with_the_nearest_known()
    {
        Fails(Run.UmlHost("rum"), "rum", "did you mean run?");
        Fails(Run.UmlHost("--verison"), "did you mean --version?");
        Fails(Run.UmlHost("run", "--memroy=1G", Busybox), "did you mean --memory?");
        Fails(Run.UmlHost("run", "-m", "1G", Busybox), "unknown option -m");
        Fails(Run.UmlHost("syscalls", "--mising"), "did you mean --missing?");
        Fails(Run.UmlHost("help", "doctr"), "did you mean doctor?");
        Fails(Run.UmlHost("run", "--log-level", "debugg", Busybox), "did you mean debug?");
    }

    [Fact]
    public void Options_that_make_no_sense_fail()
    {
        Fails(Run.UmlHost("run"), "no program");
        Fails(Run.UmlHost("run", "--no-aslr", "--"), "no program");
        Fails(Run.UmlHost("run", "--memory"), "--memory needs a value");
        Fails(Run.UmlHost("run", "--memory=", Busybox), "--memory needs a value");
        Fails(Run.UmlHost("run", "--memory", "12Q", Busybox), "12Q");
        Fails(Run.UmlHost("run", "--memory", "99999999T", Busybox), "99999999T");
        Fails(Run.UmlHost("run", "--memory", "4K", Busybox), "at least 1M");
        Fails(Run.UmlHost("run", "--no-aslr=yes", Busybox), "takes no value");
        Fails(Run.UmlHost("run", "--trace=nosuchcall", Busybox), "nosuchcall");
        Fails(Run.UmlHost("run", "--trace-output", "/tmp/x", Busybox), "needs --trace");
        Fails(Run.UmlHost("run", "--report", "/nonexistent/report.json", Busybox), "/nonexistent/report.json", "No such file");
        Fails(Run.UmlHost("syscalls", "--missing", "--implemented"), "exclude");
        Fails(Run.UmlHost("doctor", "now"), "now");
    }

    [Fact]
    public void A_missing_program_is_127()
    {
        Assert.Equal(127, Run.UmlHost("run", "/nonexistent/program").Status);
        Run run = Run.UmlHost("run", "no-such-program-anywhere");
        Assert.Equal(127, run.Status);
        Assert.Contains("no-such-program-anywhere: not found in PATH", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_executed_is_126()
    {
        using TemporaryDirectory directory = new();
        string file = directory.File("plain");
        File.WriteAllText(file, "text\n");
        string fifo = directory.File("fifo");
        Assert.Equal(0, Syscall.mkfifo(fifo, FilePermissions.ALLPERMS));
        string truncated = directory.File("truncated");
        File.WriteAllBytes(truncated, [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]);
        Assert.Equal(0, Syscall.chmod(truncated, FilePermissions.ACCESSPERMS));
        foreach (string path in (string[])[directory.Path, file, fifo, truncated])
        {
            Run run = Run.UmlHost("run", path);
            Assert.Equal(126, run.Status);
            Assert.StartsWith("umlhost: " + path, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_in_PATH_that_is_not_executable_is_126_unless_a_later_one_is()
    {
        using TemporaryDirectory first = new(), second = new();
        File.WriteAllText(first.File("busybox"), "text\n");
        Dictionary<string, string?> environment = new() { ["PATH"] = $"{first.Path}:{second.Path}" };
        Assert.Equal(126, Run.Program(Run.UmlHostPath, ["run", "busybox"], environment: environment).Status);

        File.Copy(Busybox, second.File("busybox"));
        Run found = Run.Program(Run.UmlHostPath, ["run", "busybox", "echo", "found"], environment: environment);
        Assert.Equal(("found\n", 0), (found.Output, found.Status));

        Dictionary<string, string?> here = new() { ["PATH"] = "/nonexistent:" };
        Run current = Run.Program(Run.UmlHostPath, ["run", "busybox", "echo", "here"], directory: second.Path, environment: here);
        Assert.Equal(("here\n", 0), (current.Output, current.Status));
    }

    [Fact]
    public void The_exit_status_is_the_guests()
    {
        Assert.Equal(0, Run.UmlHost("run", Busybox, "true").Status);
        Assert.Equal(1, Run.UmlHost("run", Busybox, "false").Status);
        Assert.Equal(127, Run.UmlHost("run", Busybox, "no-such-applet").Status);
    }

    [Fact]
    public void Words_after_the_program_are_the_guests()
    {
        string[] words = ["--memory", "-n", "--", "--help", "", "two words"];
        string expected = string.Join(' ', words) + "\n";
        Assert.Equal(expected, Run.UmlHost(["run", Busybox, "echo", .. words]).Output);
        Assert.Equal(expected, Run.UmlHost(["run", "--no-aslr", "--", Busybox, "echo", .. words]).Output);
    }

    [Fact]
    public void Arguments_and_environment_keep_bytes_that_are_no_text()
    {
        // printf makes the byte, as .NET strings cannot hold it.
        Run run = Run.Program("/bin/sh", ["-c", $"exec {Run.UmlHostPath} run {Busybox} echo \"$(printf 'a\\376b')\""]);
        Assert.Equal([(byte)'a', 0xfe, (byte)'b', (byte)'\n'], run.OutputBytes);
        run = Run.Program("/bin/sh", ["-c", $"exec env -i X=$(printf 'e\\377') {Run.UmlHostPath} run {Busybox} env"]);
        Assert.Equal([(byte)'X', (byte)'=', (byte)'e', 0xff, (byte)'\n'], run.OutputBytes);
    }

    [Fact]
    public void Standard_input_reaches_the_guest()
    {
        Run run = Run.Program(Run.UmlHostPath, ["run", Busybox, "tr", "a-z", "A-Z"], input: "hello\n"u8.ToArray());
        Assert.Equal(("HELLO\n", 0), (run.Output, run.Status));
    }

    [Fact]
    public void The_report_counts_what_happened()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("report.json");
        Run run = Run.UmlHost("run", "--report", path, Busybox, "cat", "/etc/hostname", "/nonexistent/file");
        Assert.Equal(1, run.Status);

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement report = document.RootElement;
        Assert.Equal(Busybox, report.GetProperty("program").GetString());
        Assert.Equal(["cat", "/etc/hostname", "/nonexistent/file"], report.GetProperty("arguments").EnumerateArray().Select(word => word.GetString()));
        Assert.Equal(1, report.GetProperty("exit_status").GetInt32());
        Assert.Equal(JsonValueKind.Null, report.GetProperty("signal").ValueKind);
        Assert.Equal(JsonValueKind.Null, report.GetProperty("failure").ValueKind);
        Assert.InRange(report.GetProperty("wall_us").GetInt64(), 1, 30_000_000);

        JsonElement[] calls = [.. report.GetProperty("system_calls").EnumerateArray()];
        JsonElement exit = Assert.Single(calls, call => call.GetProperty("name").GetString() == "exit_group");
        Assert.Equal(1, exit.GetProperty("count").GetInt64());
        Assert.Contains(calls, call => call.GetProperty("name").GetString() is "open" or "openat" && call.GetProperty("errors").GetInt64() >= 1);
        Assert.Equal(report.GetProperty("system_call_total").GetInt64(), calls.Sum(call => call.GetProperty("count").GetInt64()));

        JsonElement host = report.GetProperty("host");
        Assert.True(host.GetProperty("ptrace_stops").GetInt64() >= report.GetProperty("system_call_total").GetInt64());
        Assert.True(host.GetProperty("operations").GetInt64() >= host.GetProperty("batches").GetInt64());
        Assert.True(report.GetProperty("faults").GetProperty("total").GetInt64() > 0);
        Assert.True(report.GetProperty("memory").GetProperty("peak_frames").GetInt64() > 0);
    }

    [Fact]
    public void The_report_of_a_program_that_never_ran_says_why()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("report.json");
        Assert.Equal(126, Run.UmlHost("run", "--report", path, directory.Path).Status);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(path));
        Assert.Equal(126, report.RootElement.GetProperty("exit_status").GetInt32());
        Assert.Contains(directory.Path, report.RootElement.GetProperty("failure").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_goes_to_its_file_and_shows_only_its_set()
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("trace");
        Run run = Run.UmlHost("run", "--trace=write,exit_group", "--trace-output", path, Busybox, "echo", "hi");
        Assert.Equal(("hi\n", 0), (run.Output, run.Status));
        string[] lines = File.ReadAllLines(path);
        Assert.Contains(lines, line => line.EndsWith("write(1, \"hi\\n\", 3) = 3", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("brk(", StringComparison.Ordinal));
        Assert.Contains("exited with 0", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Output_that_nobody_reads_is_no_error_and_output_that_is_lost_is()
    {
        Run read = Run.Program("/bin/sh", ["-c", $"{{ {Run.UmlHostPath} syscalls; echo $? >&2; }} | head -n 1 >/dev/null"]);
        Assert.Contains(read.Error.Trim(), (string[])["0", "141"]);

        Run lost = Run.Program("/bin/sh", ["-c", $"{Run.UmlHostPath} syscalls >/dev/full"]);
        Assert.Equal(125, lost.Status);
        Assert.Contains("No space left", lost.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Syscalls_lists_what_is_asked_for()
    {
        string[] all = Lines("syscalls"), implemented = Lines("syscalls", "--implemented"), missing = Lines("syscalls", "--missing");
        Assert.Contains(implemented, line => line.Contains(" exit_group ", StringComparison.Ordinal));
        Assert.DoesNotContain(missing, line => line.Contains(" exit_group ", StringComparison.Ordinal));
        Assert.True(all.Length > 360);

        // Two lines of each are the totals.
        Assert.Equal(all.Length - 2, implemented.Length - 2 + missing.Length - 2);

        using JsonDocument json = JsonDocument.Parse(Run.UmlHost("syscalls", "--json").Output);
        Assert.Equal(all.Length - 2, json.RootElement.GetArrayLength());

        static string[] Lines(params string[] words) => Run.UmlHost(words).Output.TrimEnd('\n').Split('\n');
    }

    [Fact]
    public void Doctor_finds_that_guests_run_here()
    {
        Run run = Run.UmlHost("doctor");
        Assert.Equal(0, run.Status);
        Assert.All(
            ["ptrace_scope", "max_map_count", "mmap_min_addr", "0x100000", "sysemu", "Guests can run on this host."],
            part => Assert.Contains(part, run.Output, StringComparison.Ordinal));
    }
}
