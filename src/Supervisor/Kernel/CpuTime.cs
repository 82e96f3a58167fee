using System.Threading;

using UmlHost.Host;

namespace UmlHost.Kernel;

/// <summary>CPU time in ns.</summary>
/// <param name="User">What host threads had: the guest's own instructions.</param>
/// <param name="System">What supervisor threads had: system calls and faults.</param>
internal readonly record struct CpuTime(long User, long System)
{
    public long Total => User + System;

    public static CpuTime operator +(CpuTime a, CpuTime b) => new(a.User + b.User, a.System + b.System);
}

// What a task costs. Host and supervisor threads serve one task after another: what they had before does not count.
internal sealed partial class GuestTask
{
    private IHostThread? _countedHost;
    private long _user;
    private long _hostBefore;
    private int _supervisorThread;
    private long _supervisorBefore;

    /// <summary>CPU time so far. Any thread; exact for the task itself.</summary>
    public CpuTime CpuTime
    {
        get
        {
            IHostThread? host = Volatile.Read(ref _countedHost);
            long user = host is null ? _user : _user + host.CpuTime - _hostBefore;
            long system = _supervisorThread == 0 ? 0 : HostClock.ThreadCpuTime(_supervisorThread) - _supervisorBefore;
            return new CpuTime(long.Max(0, user), long.Max(0, system));
        }
    }

    /// <summary>On the task's own thread, when it has got a host thread.</summary>
    private void BeginCpuTime()
    {
        if (_supervisorThread == 0)
        {
            int thread = HostClock.CurrentThread();
            _supervisorBefore = HostClock.ThreadCpuTime(thread);
            _supervisorThread = thread;
        }

        _hostBefore = Host.CpuTime;
        Volatile.Write(ref _countedHost, Host);
    }

    /// <summary>On the task's own thread, before it leaves its host thread.</summary>
    private void EndCpuTime()
    {
        if (_countedHost is { } host)
        {
            _user += host.CpuTime - _hostBefore;
            Volatile.Write(ref _countedHost, null);
        }
    }
}

internal sealed partial class ThreadGroup
{
    /// <summary>CPU time of the process's threads, those that have ended included. Takes the task list lock.</summary>
    public CpuTime CpuTime
    {
        get
        {
            lock (Machine.Tasks.Lock)
            {
                CpuTime sum = new(Used.UserNanoseconds, Used.SystemNanoseconds);
                foreach (GuestTask task in _tasks)
                {
                    sum += task.CpuTime;
                }

                return sum;
            }
        }
    }
}
