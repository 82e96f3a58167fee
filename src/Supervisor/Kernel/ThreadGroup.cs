using System.Threading;

using UmlHost.Signals;

namespace UmlHost.Kernel;

/// <summary>A guest process (Linux's signal_struct): what its threads share apart from memory and files.</summary>
internal sealed class ThreadGroup(Machine machine, int tgid)
{
    private int _exitStatus = -1;

    public Machine Machine { get; } = machine;

    /// <summary>The process id.</summary>
    public int Tgid { get; } = tgid;

    public int ParentTgid { get; init; } = 1;

    public SignalHandlers Handlers { get; init; } = new();

    public required ResourceLimits Limits { get; init; }

    /// <summary>/proc/self/exe.</summary>
    public string ExecutablePath { get; set; } = "";

    /// <summary>How the process ended, as wait reports it (exit code &lt;&lt; 8, or a signal); -1 while it runs.
    /// The first to end it decides.</summary>
    public int ExitStatus => Volatile.Read(ref _exitStatus);

    /// <summary>Ends the process (exit_group, or a deadly signal).</summary>
    public void Exit(int status) => Interlocked.CompareExchange(ref _exitStatus, status, -1);
}
