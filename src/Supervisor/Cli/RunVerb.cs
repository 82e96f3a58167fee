using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;

using Serilog;
using Serilog.Events;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Trace;

using TraceFilter = UmlHost.Trace.TraceFilter;

namespace UmlHost.Cli;

/// <summary><c>umlhost run</c>.</summary>
internal static class RunVerb
{
    private const string HelpCommand = "umlhost help run";
    private const string FaultInfoFast = "fast";
    private const string FaultInfoHandler = "handler";
    private const ulong SmallestMemory = 1 << 20;

    public static int Run(ReadOnlySpan<string> words)
    {
        long start = Stopwatch.GetTimestamp();
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
                Suggestion.Nearest(arguments.LogLevel!, Logging.LevelNames),
                HelpCommand);
        }

        ulong? memory = arguments.Memory is null ? null : ByteSize.Parse(arguments.Memory);
        if (arguments.Memory is not null && memory is not >= SmallestMemory)
        {
            return Verbs.Misuse($"--memory {arguments.Memory}: must be a size of at least 1M, such as 512M or 2G", null, HelpCommand);
        }

        if (arguments.FaultInfo is not (null or FaultInfoFast or FaultInfoHandler))
        {
            return Verbs.Misuse($"--fault-info {arguments.FaultInfo}: must be {FaultInfoFast} or {FaultInfoHandler}", null, HelpCommand);
        }

        FileOptions? files = GuestOptions.Files(arguments, cut.Options, out error);
        List<byte[]>? environment = files is null ? null : GuestOptions.Environment(arguments, out error);
        uint? gid = null;
        if (files is null || environment is null
            || !GuestOptions.TryParseId("--uid", arguments.Uid, out uint? uid, out error) || !GuestOptions.TryParseId("--gid", arguments.Gid, out gid, out error))
        {
            return Verbs.Misuse(error, null, HelpCommand);
        }

        if (!GuestOptions.IsHostName(arguments.HostName))
        {
            return Verbs.Misuse($"--hostname {arguments.HostName}: must be at most 64 bytes", null, HelpCommand);
        }

        // Output files before the run: one that cannot be written is known at once.
        if (!TryOpenTrace(arguments, out SyscallTrace? trace) || !TryCreate("--report", arguments.Report, out FdStream? report))
        {
            return Machine.ExitFailure;
        }

        Logging.Start(level);
        List<byte[]> command = HostArguments.Last(cut.Operands);
        using Machine? machine = Machine.Create(
            new RunOptions
            {
                Program = command[0],
                Arguments = command,
                Environment = environment,
                MemoryLimit = memory ?? 0,
                Files = files,
                HostName = arguments.HostName is null ? null : Encoding.UTF8.GetBytes(arguments.HostName),
                Uid = uid,
                Gid = gid,
                Randomize = !arguments.NoAslr,
                Vdso = !arguments.NoVdso,
                AlwaysReadFaultInfo = arguments.FaultInfo == FaultInfoHandler,
            },
            out string? failure);
        if (machine is null)
        {
            Log.Error("{Failure}", failure);
        }

        int status = machine?.Run(_ => trace) ?? Machine.ExitFailure;
        if (report is null)
        {
            return status;
        }

        new Report
        {
            Command = cut.Operands,
            Status = status,
            Failure = failure ?? machine?.Failure,
            Wall = Stopwatch.GetElapsedTime(start),
            Machine = machine,
        }.Write(report);
        return report.Failure == Errno.None ? status : Verbs.Fail($"--report {arguments.Report}: {ErrnoNames.Message(report.Failure)}");
    }

    private static bool TryOpenTrace(RunArguments arguments, out SyscallTrace? trace)
    {
        trace = null;
        if (arguments.Trace is null)
        {
            if (arguments.TraceOutput is not null)
            {
                Verbs.Misuse("--trace-output needs --trace", null, HelpCommand);
                return false;
            }

            return true;
        }

        string? wrong = TraceFilter.Parse(arguments.Trace, out TraceFilter? filter);
        if (filter is null)
        {
            Verbs.Misuse($"--trace={arguments.Trace}: {wrong}", null, HelpCommand);
            return false;
        }

        if (!TryCreate("--trace-output", arguments.TraceOutput, out FdStream? output))
        {
            return false;
        }

        output ??= FdStream.Error;
        trace = new SyscallTrace(new TraceWriter(output.Write), filter);
        return true;
    }

    /// <returns>False, after an error message, if the file was asked for and cannot be written.</returns>
    private static bool TryCreate(string option, string? path, out FdStream? stream)
    {
        stream = null;
        Errno error = path is null ? Errno.None : FdStream.Create(path, out stream);
        if (error != Errno.None)
        {
            Verbs.Fail($"{option} {path}: {ErrnoNames.Message(error)}");
        }

        return error == Errno.None;
    }
}
