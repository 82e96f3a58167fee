using System.Collections.Generic;

using CommandLine;

namespace UmlHost.Cli;

/// <summary>Options of <c>umlhost run</c>, as written: <see cref="RunVerb"/> checks and converts.</summary>
internal sealed class RunArguments
{
    [Option("memory")]
    public string? Memory { get; set; }

    [Option("root")]
    public string? Root { get; set; }

    [Option("bind")]
    public IEnumerable<string> Bind { get; set; } = [];

    [Option("bind-rw")]
    public IEnumerable<string> BindWritable { get; set; } = [];

    [Option("tmpfs")]
    public IEnumerable<string> Tmpfs { get; set; } = [];

    [Option("cwd")]
    public string? WorkingDirectory { get; set; }

    [Option("env")]
    public IEnumerable<string> Environment { get; set; } = [];

    [Option("clear-env")]
    public bool ClearEnvironment { get; set; }

    [Option("hostname")]
    public string? HostName { get; set; }

    [Option("uid")]
    public string? Uid { get; set; }

    [Option("gid")]
    public string? Gid { get; set; }

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

    [Option("no-vdso")]
    public bool NoVdso { get; set; }
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
