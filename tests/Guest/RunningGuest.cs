using System;
using System.Diagnostics;
using System.Threading;

namespace UmlHost.Tests.Guest;

/// <summary>A guest that a test watches while it runs. Killed with its whole tree at the end of the test or of its time.</summary>
internal sealed class RunningGuest : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly Timer _limit;

    public RunningGuest(Process supervisor)
    {
        Supervisor = supervisor;
        _limit = new Timer(_ => Supervisor.Kill(entireProcessTree: true), null, s_timeout, Timeout.InfiniteTimeSpan);
    }

    public Process Supervisor { get; }

    /// <summary>The next line of standard output; null at its end, which the time limit brings about too.</summary>
    public string? ReadLine() => Supervisor.StandardOutput.ReadLine();

    public void Dispose()
    {
        using ManualResetEvent quiet = new(initialState: false);
        if (_limit.Dispose(quiet))
        {
            quiet.WaitOne();
        }

        if (!Supervisor.HasExited)
        {
            Supervisor.Kill(entireProcessTree: true);
            Supervisor.WaitForExit();
        }

        Supervisor.Dispose();
    }
}
