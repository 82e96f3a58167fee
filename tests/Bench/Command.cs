using System;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace UmlHost.Bench;

/// <summary>Runs a program to its end, or to the time limit, and keeps what it printed.</summary>
internal static class Command
{
    /// <summary>Bounds a guest that hangs; the slowest row that works takes about three seconds.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    private const int LongestReason = 120;

    /// <summary>The number that a benchmark program prints, and what may follow on its line.</summary>
    public static Outcome<double> Measure(string[] command)
    {
        Outcome<string> output = Run(command, s_limit);
        if (output.Failed)
        {
            return new(0, output.Reason);
        }

        string[] words = output.Value!.Trim().Split(' ', 2);
        return double.TryParse(words[0], CultureInfo.InvariantCulture, out double value)
            ? new(value, null) { Note = words.Length > 1 ? words[1] : null }
            : new(0, $"printed \"{output.Value!.Trim()}\" instead of a number");
    }

    public static Outcome<string> Run(string[] command, TimeSpan limit)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                return new(null, string.Create(CultureInfo.InvariantCulture, $"no end after {limit.TotalSeconds:0} s"));
            }

            // A descendant left behind would hold the pipes open.
            if (!Task.WaitAll([output, error], TimeSpan.FromSeconds(1)))
            {
                return new(null, "left a process behind");
            }

            return process.ExitCode == 0 ? new(output.Result, null) : new(null, Failure(process.ExitCode, error.Result));
        }
        catch (Win32Exception exception)
        {
            return new(null, $"{command[0]}: {Marshal.GetPInvokeErrorMessage(exception.NativeErrorCode)}");
        }
    }

    private static string Failure(int exitCode, string error)
    {
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // A program says last what ended it; a .NET program then adds the stack.
        string? line = lines.FirstOrDefault(line => line.StartsWith("Unhandled exception", StringComparison.Ordinal)) ?? lines.LastOrDefault();
        string status = string.Create(CultureInfo.InvariantCulture, $"exit status {exitCode}");
        return line is null ? status : $"{status}: {line[..Math.Min(line.Length, LongestReason)]}";
    }
}
