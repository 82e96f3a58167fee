using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>Python's own tests (Debian's libpython3.11-testsuite): each case ends as it does on the host.</summary>
public sealed partial class PythonTests
{
    private const string Python = "/usr/bin/python3";
    private const string Suite = "/usr/lib/python3.11/test/test_os.py";

    // Sleeps of up to 30 s, and the same cases once more with other options: these by hand.
    private static readonly string[] s_left = ["-i", "StressTest", "-i", "test_siginterrupt_off", "-i", "test_itimer_*", "-i", "ProcessTestCaseNoPoll", "-i", "POSIXProcessTestCase"];

    /// <summary>Differences with a reason, by the name of the case.</summary>
    private static readonly Dictionary<string, string> s_known = new()
    {
        ["TestSendfile."] = "AF_INET",
        ["WakeupFDTests.test_invalid_socket"] = "AF_INET",
        ["WakeupFDTests.test_set_wakeup_fd_socket_result"] = "AF_INET",
        ["TestFcntl.test_fcntl_64_bit"] = "F_NOTIFY",
        [".test_no_leaking"] = "depends on the limit of descriptors that the host's python got as well",
    };

    [ProgramFact(Python, Suite)]
    public void Os() => Same("test_os");

    [ProgramFact(Python, Suite)]
    public void Posix() => Same("test_posix");

    [ProgramFact(Python, Suite)]
    public void Subprocess() => Same("test_subprocess");

    [ProgramFact(Python, Suite)]
    public void Mmap() => Same("test_mmap");

    [ProgramFact(Python, Suite)]
    public void Signal() => Same("test_signal");

    [ProgramFact(Python, Suite)]
    public void Fcntl() => Same("test_fcntl");

    [ProgramFact(Python, Suite)]
    public void Tempfile() => Same("test_tempfile");

    [ProgramFact(Python, Suite)]
    public void Select() => Same("test_select");

    [ProgramFact(Python, Suite)]
    public void Pty() => Same("test_pty");

    private static void Same(string module)
    {
        Task<Dictionary<string, string>> natively = Task.Run(() => Cases(module, []));
        Dictionary<string, string> guest = Cases(module, [Run.UmlHostPath, "run", "--"]);
        Dictionary<string, string> native = natively.Result;
        Assert.NotEmpty(native);
        string[] differing =
        [
            .. native.Keys.Union(guest.Keys)
                .Where(name => native.GetValueOrDefault(name) != guest.GetValueOrDefault(name) && !s_known.Keys.Any(known => name.Contains(known, StringComparison.Ordinal)))
                .Select(name => $"{name}: native {native.GetValueOrDefault(name)}, guest {guest.GetValueOrDefault(name)}"),
        ];
        Assert.Empty(differing);
    }

    /// <summary>What became of each case: "ok", "FAIL", "ERROR", "skipped" and the reason.</summary>
    private static Dictionary<string, string> Cases(string module, string[] prefix)
    {
        using TemporaryDirectory directory = new();
        string[] command = ["--default-signal", .. prefix, Python, "-m", "test", "-v", .. s_left, module];
        Run run = Run.Program("/usr/bin/env", command, directory: directory.Path, timeout: TimeSpan.FromSeconds(100));
        Dictionary<string, string> cases = [];
        string? name = null;
        foreach (string line in (run.Output + run.Error).Split('\n'))
        {
            // A description, or what the case prints, may stand between its name and its end.
            string end = line;
            if (CaseName().Match(line) is { Success: true } match)
            {
                name = match.Value;
                end = line[match.Length..];
            }

            if (name is not null && CaseEnd().Match(end) is { Success: true } result)
            {
                cases.TryAdd(name, result.Groups[1].Value);
                name = null;
            }
        }

        return cases;
    }

    [GeneratedRegex(@"^test\w+ \([\w.]+\)")]
    private static partial Regex CaseName();

    [GeneratedRegex(@"(?:^|[^a-z])(ok|FAIL|ERROR|skipped .*|expected failure)$")]
    private static partial Regex CaseEnd();
}
