using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>What read and write calls have moved (Linux's task_io_accounting), for /proc/PID/io.</summary>
internal record struct IoCounters(long ReadBytes, long WrittenBytes, long ReadCalls, long WriteCalls)
{
    public static IoCounters operator +(IoCounters a, IoCounters b) =>
        new(a.ReadBytes + b.ReadBytes, a.WrittenBytes + b.WrittenBytes, a.ReadCalls + b.ReadCalls, a.WriteCalls + b.WriteCalls);
}

// What /proc shows of a task and nobody else asks for.
internal sealed partial class GuestTask
{
    private IoCounters _io;

    public IoCounters Io => _io;

    /// <summary>When it was made, in ns of CLOCK_BOOTTIME.</summary>
    public long StartTime { get; } = Deadline.Now(CLOCK_BOOTTIME);

    /// <summary>How often it went to sleep.</summary>
    public long Sleeps => _sleeper.Sleeps;

    /// <summary>A call that reads ends with <paramref name="result"/>, which it returns.</summary>
    public SyscallResult CountRead(SyscallResult result)
    {
        _io.ReadCalls++;
        _io.ReadBytes += result.Failed ? 0 : result.Raw;
        return result;
    }

    public SyscallResult CountWrite(SyscallResult result)
    {
        _io.WriteCalls++;
        _io.WrittenBytes += result.Failed ? 0 : result.Raw;
        return result;
    }
}

internal sealed partial class ThreadGroup
{
    private IoCounters _ioOfEnded;

    /// <summary>When it was made, in ns of CLOCK_BOOTTIME.</summary>
    public long StartTime { get; } = Deadline.Now(CLOCK_BOOTTIME);

    /// <summary>The thread that ended last; null as long as one lives. Task list lock to change.</summary>
    public GuestTask? LastTask { get; internal set; }

    /// <summary>The oom_score_adj of a process that is never killed for its memory.</summary>
    public const int LeastOomScore = -1000;

    /// <summary>oom_score_adj, -1000 to 1000, and the lowest that it may be set to without CAP_SYS_RESOURCE.</summary>
    public int OomScoreAdj { get; set; }

    public int LeastOomScoreAdj { get; set; }

    /// <summary>Of all threads, those that have ended included. Takes the task list lock.</summary>
    public IoCounters Io
    {
        get
        {
            lock (Machine.Tasks.Lock)
            {
                IoCounters sum = _ioOfEnded;
                foreach (GuestTask task in _tasks)
                {
                    sum += task.Io;
                }

                return sum;
            }
        }
    }

    /// <summary>A new process takes over what fork copies.</summary>
    internal void InheritScore(ThreadGroup from)
    {
        OomScoreAdj = from.OomScoreAdj;
        LeastOomScoreAdj = from.LeastOomScoreAdj;
    }

    /// <summary>A thread has left. Task list lock.</summary>
    internal void AddIo(GuestTask task) => _ioOfEnded += task.Io;
}
