using CommandLine;

namespace UmlHost.Cli;

/// <summary>Options of <c>umlhost run</c>, as written: <see cref="RunVerb"/> checks and converts.</summary>
internal sealed class RunArguments
{
    [Option("memory")]
    public string? Memory { get; set; }

    [Option("trace")]
    public string? Trace { get; set; }

    [Option("trace-output")]
    public string? TraceOutput { get; set; }

    [Option("report")]
    public string? Report { get; set; }

    [Option("log-level")]
    public string? LogLevel { get; set; }

    [Option("fault-info")]
    public string? FaultInfo { get; set; }

    [Option("no-aslr")]
    public bool NoAslr { get; set; }
}

/// <summary>Options of <c>umlhost syscalls</c>.</summary>
internal sealed class SyscallsArguments
{
    [Option("implemented")]
    public bool Implemented { get; set; }

    [Option("missing")]
    public bool Missing { get; set; }

    [Option("json")]
    public bool Json { get; set; }
}

/// <summary>Options of <c>umlhost doctor</c>: none yet.</summary>
internal sealed class DoctorArguments;
