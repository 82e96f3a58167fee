using System;
using System.Collections.Generic;
using System.IO;

using Xunit;

namespace UmlHost.Tests.EndToEnd;

/// <summary>A shell script run natively and as a guest, each time in a fresh directory at the same path: status, output and
/// errors are to be the same.</summary>
internal static class Comparison
{
    private static readonly DateTime s_time = new(2001, 9, 9, 1, 46, 40, DateTimeKind.Utc);

    private static readonly Dictionary<string, string?> s_environment = new() { ["LC_ALL"] = "C.UTF-8", ["TZ"] = "UTC", ["TERM"] = "vt100", ["COLUMNS"] = null };

    public static void SameAsOnTheHost(string script, TimeSpan? timeout = null)
    {
        using TemporaryDirectory directory = new();
        string work = directory.File("work");
        Run native = InFreshDirectory(work, script, [], timeout);
        Run guest = InFreshDirectory(work, script, [Run.UmlHostPath, "run", "--"], timeout);
        Assert.Equal((native.Status, native.Output, native.Error), (guest.Status, guest.Output, guest.Error));
    }

    private static Run InFreshDirectory(string work, string script, string[] prefix, TimeSpan? timeout)
    {
        if (Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }

        Fill(work);

        // What the test host ignores is inherited otherwise.
        string[] command = ["--default-signal", .. prefix, "/bin/bash", "-c", script];
        return Run.Program("/usr/bin/env", command, directory: work, timeout: timeout, environment: s_environment);
    }

    private static void Fill(string work)
    {
        Directory.CreateDirectory(Path.Combine(work, "dir/sub"));
        Directory.CreateDirectory(Path.Combine(work, "empty"));
        File.CreateSymbolicLink(Path.Combine(work, "link"), "text");
        (string Name, string Text)[] files =
        [
            ("text", "a line\nb other line\nc\n\tlast tab\n"), ("text2", "a line\nb second\nc\n"), ("dir/f", "x\n"), ("dir/sub/g", "yy\n"),
        ];
        foreach ((string name, string text) in files)
        {
            File.WriteAllText(Path.Combine(work, name), text);
            File.SetLastWriteTimeUtc(Path.Combine(work, name), s_time);
        }
    }
}
