using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace UmlHost.Tests.EndToEnd;

/// <summary>A finished run of a program. Status is the shell's: 128+N for a death by signal N.</summary>
internal sealed record Run(int Status, byte[] OutputBytes, byte[] ErrorBytes, TimeSpan Wall)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public string Error => Encoding.UTF8.GetString(ErrorBytes);

    /// <summary>bin/umlhost, or what the environment variable UMLHOST names.</summary>
    public static string UmlHostPath { get; } = FindUmlHost();

    public static Run UmlHost(params string[] arguments) => Program(UmlHostPath, arguments);

    /// <summary>Runs a program to its end; kills it with its whole tree when the time is up, and fails the test.</summary>
    /// <param name="environment">Added to this process's own; a null value removes.</param>
    public static Run Program(
        string file,
        IReadOnlyList<string> arguments,
        byte[]? input = null,
        TimeSpan? timeout = null,
        string? directory = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        ProcessStartInfo start = new(file, arguments)
        {
            WorkingDirectory = directory ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<byte[]> output = ReadAll(process.StandardOutput.BaseStream);
        Task<byte[]> error = ReadAll(process.StandardError.BaseStream);
        Task feed = Feed(process.StandardInput.BaseStream, input ?? []);
        TimeSpan limit = timeout ?? s_timeout;
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            Task.WaitAll([output, error], TimeSpan.FromSeconds(5));
            throw new TimeoutException($"{Show(file, arguments)} ran for more than {limit.TotalSeconds} s\n{Partial(output)}{Partial(error)}");
        }

        TimeSpan wall = Stopwatch.GetElapsedTime(begin);

        // A process left behind would hold the pipes open: do not wait for it for ever.
        return Task.WaitAll([output, error, feed], TimeSpan.FromSeconds(5))
            ? new Run(process.ExitCode, output.Result, error.Result, wall)
            : throw new InvalidOperationException($"{Show(file, arguments)} ended, but something it started still holds its output open");
    }

    private static string Show(string file, IReadOnlyList<string> arguments) => $"{file} {string.Join(' ', arguments)}";

    private static string Partial(Task<byte[]> stream) => stream.IsCompletedSuccessfully ? Encoding.UTF8.GetString(stream.Result) : "";

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

    private static string FindUmlHost()
    {
        string? named = Environment.GetEnvironmentVariable("UMLHOST");
        if (named is not null)
        {
            return named;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "UmlHost.sln")))
            {
                string path = Path.Combine(at.FullName, "bin/umlhost");
                return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: run make first");
            }
        }

        throw new DirectoryNotFoundException("no UmlHost.sln above " + AppContext.BaseDirectory);
    }
}
