using System;
using System.Collections.Generic;

using Serilog.Events;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Trace;

namespace UmlHost.Cli;

/// <summary><c>umlhost run</c>.</summary>
internal static class RunVerb
{
    private const string HelpCommand = "umlhost help run";
    private const ulong SmallestMemory = 1 << 20;

    public static int Run(ReadOnlySpan<string> words)
    {
        OptionWords? cut = OptionWords.Cut(words, OptionParser.Run, out string error);
        if (cut is null)
        {
            return Verbs.Misuse(error, null, HelpCommand);
        }

        if (cut.AsksForHelp)
        {
            return Verbs.Print(Help.Run);
        }

        if (cut.Operands.Length == 0)
        {
            return Verbs.Misuse("no program to run", null, HelpCommand);
        }

        RunArguments? arguments = cut.Options.Count == 0 ? new() : OptionParser.Parse<RunArguments>(cut.Options, out error);
        if (arguments is null)
        {
            return Verbs.Misuse(error, null, HelpCommand);
        }

        if (Logging.ParseLevel(arguments.LogLevel ?? "warning") is not LogEventLevel level)
        {
            return Verbs.Misuse(
                $"--log-level {arguments.LogLevel}: must be one of {string.Join(", ", Logging.LevelNames)}",
                Suggestion.Nearest(arguments.LogLevel!, Logging.LevelNames), HelpCommand);
        }

        ulong? memory = arguments.Memory is null ? null : ByteSize.Parse(arguments.Memory);
        if (arguments.Memory is not null && memory is not >= SmallestMemory)
        {
            return Verbs.Misuse($"--memory {arguments.Memory}: must be a size of at least 1M, such as 512M or 2G", null, HelpCommand);
        }

        Logging.Start(level);
        List<byte[]> command = HostArguments.Last(cut.Operands);
        List<byte[]> environment = HostArguments.Environment();
        Errno lookup = ProgramLookup.Find(command[0], environment, out byte[] program);
        return lookup != Errno.None
            ? NotRunnable(cut.Operands[0], lookup)
            : Run(arguments.Report, new RunOptions(program, command, environment, new Report(cut.Operands))
            {
                MemoryLimit = memory,
                Trace = arguments.Trace,
                TraceOutput = arguments.TraceOutput,
                RandomizeAddresses = !arguments.NoAslr,
            });
    }

    private static int NotRunnable(string name, Errno error) => error == Errno.ENOENT
        ? Verbs.Fail($"{name}: {(name.Contains('/', StringComparison.Ordinal) ? ErrnoNames.Message(error) : "not found in PATH")}", Machine.ExitNotFound)
        : Verbs.Fail($"{name}: {ErrnoNames.Message(error)}", Machine.ExitNotExecutable);

    private static int Run(string? path, RunOptions options)
    {
        FdStream? report = null;
        if (path is not null)
        {
            // Before the run: a report that cannot be written is known at once.
            Errno error = FdStream.Create(path, out report);
            if (error != Errno.None)
            {
                return Verbs.Fail($"--report {path}: {ErrnoNames.Message(error)}");
            }
        }

        int status = Machine.Run(options);
        if (report is null)
        {
            return status;
        }

        options.Report.End(status);
        options.Report.Write(report);
        return report.Failure == Errno.None ? status : Verbs.Fail($"--report {path}: {ErrnoNames.Message(report.Failure)}");
    }
}
