using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;

namespace UmlHost.Tests.Guest;

/// <summary>What a run left behind. Status is the shell's: 128+N for a death by signal N.</summary>
internal sealed record Outcome(byte[] Stdout, byte[] Stderr, int Status, bool TimedOut);

/// <summary>Runs a program natively or under UmlHost, in a fixed environment, and collects its outcome.</summary>
internal static class GuestRun
{
    private static readonly Dictionary<string, string> s_environment = new()
    {
        ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
        ["HOME"] = "/",
        ["LANG"] = "C",
        ["TZ"] = "UTC",
        ["GUEST_TEST"] = "a value with spaces = and an equals sign",
    };

    /// <summary>True when the tests compare the host with itself: the programs are tested, UmlHost is not.</summary>
    public static bool NativeOnly { get; } =
        Environment.GetEnvironmentVariable("UMLHOST_GUEST_NATIVE_ONLY") == "1";

    public static Outcome Native(string program, IReadOnlyList<string> arguments, byte[] stdin, TimeSpan timeout) =>
        Run(program, arguments, stdin, timeout);

    public static Outcome Guest(
        string program, IReadOnlyList<string> arguments, byte[] stdin, TimeSpan timeout, params IReadOnlyList<string> options) =>
        NativeOnly
            ? Run(program, arguments, stdin, timeout)
            : Run(Tree.UmlHost, GuestArguments(program, arguments, options), stdin, timeout);

    /// <summary>Starts a guest that the test watches while it runs.</summary>
    public static RunningGuest StartGuest(string program, params IReadOnlyList<string> arguments) =>
        new(Start(Tree.UmlHost, GuestArguments(program, arguments, [])));

    private static List<string> GuestArguments(
        string program, IReadOnlyList<string> arguments, IReadOnlyList<string> options) =>
        ["run", .. options, "--", program, .. arguments];

    private static Outcome Run(string file, IReadOnlyList<string> arguments, byte[] stdin, TimeSpan timeout)
    {
        using Process process = Start(file, arguments);
        Task<byte[]> stdout = ReadAll(process.StandardOutput.BaseStream);
        Task<byte[]> stderr = ReadAll(process.StandardError.BaseStream);
        Task feed = Feed(process.StandardInput.BaseStream, stdin);

        bool ended = process.WaitForExit(timeout);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        // A process left behind would hold the pipes open: do not wait for it for ever.
        bool drained = Task.WaitAll([stdout, stderr, feed], TimeSpan.FromSeconds(5));
        if (ended && !drained)
        {
            throw new InvalidOperationException($"{file} ended, but something it started still holds its output open");
        }

        return new Outcome(
            drained ? stdout.Result : [], drained ? stderr.Result : [], process.ExitCode, TimedOut: !ended);
    }

    private static Process Start(string file, IReadOnlyList<string> arguments)
    {
        // .NET ignores SIGPIPE, and whoever started the tests may ignore more: programs are to start without that.
        ProcessStartInfo start = new("/usr/bin/env", ["--default-signal", file, .. arguments])
        {
            WorkingDirectory = Fixture.Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach ((string name, string value) in s_environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task<byte[]> ReadAll(Stream stream)
    {
        MemoryStream bytes = new();
        await stream.CopyToAsync(bytes).ConfigureAwait(false);
        return bytes.ToArray();
    }

    private static async Task Feed(Stream stream, byte[] bytes)
    {
        try
        {
            await stream.WriteAsync(bytes).ConfigureAwait(false);
            stream.Close();
        }
        catch (IOException)
        {
            // The program ended without reading everything.
        }
    }
}
