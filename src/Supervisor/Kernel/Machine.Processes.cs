using System.Linq;
using System.Threading;

using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Terminals;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

// The process tree: who begins, who ends, who is told.
internal sealed partial class Machine
{
    private const int KillMilliseconds = 500;

    private ThreadGroup? _init;
    private bool _isEnding;

    // Tasks whose threads use the machine's memory: longer than they are in the list.
    private int _living;

    /// <summary>Every guest task and process.</summary>
    public TaskList Tasks { get; } = new();

    /// <summary>The supervisor threads that run tasks.</summary>
    public TaskThreads Threads { get; } = new();

    public Placement Placement { get; } = new();

    /// <summary>Terminals of guests, the supervisor's own among them.</summary>
    public PseudoTerminals Terminals => field ??= new PseudoTerminals(this);

    /// <summary>Idle host children.</summary>
    public HostChildPool Children { get; }

    /// <summary>For the report.</summary>
    public ProcessCounters Processes { get; } = new();

    /// <summary>The first process has ended: all others are killed, nothing is kept for reuse.</summary>
    public bool IsEnding => Volatile.Read(ref _isEnding);

    /// <summary>A task was made (under no lock; its thread has not begun).</summary>
    internal void Started(GuestTask task, bool isThread)
    {
        _ = task;
        Interlocked.Increment(ref _living);
        lock (Tasks.Lock)
        {
            if (isThread)
            {
                Processes.Threads++;
            }
            else
            {
                Processes.Forks++;
            }

            Processes.PeakTasks = int.Max(Processes.PeakTasks, Tasks.TaskCount);
        }
    }

    /// <summary>A signal had its effect on a task: a handler, a stop, or the end of the process.</summary>
    internal void Delivered() => Interlocked.Increment(ref Processes.Signals);

    internal void Execed(GuestTask task)
    {
        _ = task;
        lock (Tasks.Lock)
        {
            Processes.Execs++;
        }
    }

    /// <summary>A task has ended: it leaves its process, and the process, with its last thread, becomes a zombie.
    /// </summary>
    internal void Ended(GuestTask task)
    {
        ThreadGroup group = task.Group;
        task.Trace?.Exited(task, group.IsExiting ? group.ExitStatus : task.ExitStatus);
        lock (Tasks.Lock)
        {
            group.Remove(task);
            Tasks.Remove(task);
            JobControl.Left(task);
            task.AddUsage(group.Used);
            if (group.Tasks.Count == 0)
            {
                ProcessEnded(group, task);
            }

            group.ThreadsChanged.WakeAll();
        }
    }

    /// <summary>A task's thread is done with everything. After the last one the main thread can go on.</summary>
    internal void Gone()
    {
        if (Interlocked.Decrement(ref _living) == 0)
        {
            Children.Close();
        }
    }

    internal void Add(HostCounters counters)
    {
        lock (Tasks.Lock)
        {
            HostCounters.Add(counters);
        }
    }

    internal void Add(MemoryMap memory)
    {
        lock (Tasks.Lock)
        {
            Faults.Add(memory.Faults);
            MergedOps += memory.MergedOps;
            PeakHostMappings = int.Max(PeakHostMappings, memory.PeakHostMappings);
            DroppedHostMappings += memory.DroppedMappings;
        }
    }

    private void ProcessEnded(ThreadGroup group, GuestTask last)
    {
        // Where its threads ended one by one, the last one's status counts (since Linux 5.17; the leader's before).
        group.SetExitStatus(last.ExitStatus);
        group.Uid = last.Credentials.Uid;
        group.SemaphoreUndo?.Apply();
        group.BecomeZombie();
        Terminal.Exited(group);
        if (group == _init)
        {
            EndAll();
        }
        else
        {
            Reparent(group);
            NotifyParent(group);
            if (group.Parent is { } parent && parent.ProcessGroup != group.ProcessGroup && parent.Session == group.Session)
            {
                WakeOrphanedGroup(group);
            }
        }

        group.ExitWait.WakeAll();
    }

    /// <summary>Process groups that lost their last link to their session with a process: their stopped members
    /// would sleep for ever (POSIX: SIGHUP, then SIGCONT).</summary>
    private static void WakeOrphanedGroup(ThreadGroup member)
    {
        foreach (ThreadGroup other in member.Machine.Tasks.Groups)
        {
            if (other.ProcessGroup == member.ProcessGroup && other.IsStopped && JobControl.IsOrphaned(other))
            {
                SignalSender.SendToProcessGroup(member.Machine, member.ProcessGroup, SignalSender.KernelInfo(SIGHUP));
                SignalSender.SendToProcessGroup(member.Machine, member.ProcessGroup, SignalSender.KernelInfo(SIGCONT));
                return;
            }
        }
    }

    /// <summary>Children of a process that ended become those of the nearest subreaper, or of the first process.
    /// </summary>
    private void Reparent(ThreadGroup group)
    {
        ThreadGroup? reaper = group.Parent;
        while (reaper is not null && (!reaper.IsSubreaper || reaper.IsZombie))
        {
            reaper = reaper.Parent;
        }

        reaper ??= _init!;
        foreach (ThreadGroup child in group.Children)
        {
            child.Parent = reaper;
            child.ExitSignal = SIGCHLD;
            reaper.Children.Add(child);
            foreach (GuestTask task in child.Tasks)
            {
                if (task.ParentDeathSignal != 0)
                {
                    SignalSender.Send(child, new siginfo_t { si_signo = task.ParentDeathSignal, si_code = SI_USER, si_pid = group.Tgid });
                }
            }

            if (child.IsZombie)
            {
                NotifyParent(child);
            }
            else
            {
                WakeOrphanedGroup(child);
            }
        }

        group.Children.Clear();
    }

    private static void NotifyParent(ThreadGroup group)
    {
        ThreadGroup parent = group.Parent!;
        if (group.ExitSignal == 0)
        {
            parent.ChildWait.WakeAll();
            return;
        }

        bool killed = WIFSIGNALED(group.ExitStatus);
        siginfo_t info = default;
        info.si_signo = group.ExitSignal;
        info.si_code = killed ? CLD_KILLED : CLD_EXITED;
        info.si_pid = group.Tgid;
        info.si_uid = group.Uid;
        info.si_status = killed ? WTERMSIG(group.ExitStatus) : WEXITSTATUS(group.ExitStatus);

        // A parent that ignores SIGCHLD, or said SA_NOCLDWAIT, gets no zombies.
        if (group.ExitSignal == SIGCHLD)
        {
            if (parent.Handlers.ReapsChildren)
            {
                parent.Reap(group);
            }

            if (parent.Handlers[SIGCHLD].handler != SignalHandlers.SIG_IGN)
            {
                SignalSender.Send(parent, info);
            }
        }
        else
        {
            SignalSender.Send(parent, info);
        }

        parent.ChildWait.WakeAll();
    }

    /// <summary>Kills every process, from outside of all tasks.</summary>
    /// <returns>False if the task list lock cannot be had.</returns>
    internal bool TryKillAll()
    {
        if (!Tasks.Lock.TryEnter(KillMilliseconds))
        {
            return false;
        }

        foreach (ThreadGroup group in Tasks.Groups.ToArray())
        {
            group.Exit(SIGKILL);
        }

        Tasks.Lock.Exit();
        return true;
    }

    /// <summary>The first process is gone, and with it the machine: nobody is left to look after the others.</summary>
    private void EndAll()
    {
        Volatile.Write(ref _isEnding, true);
        foreach (ThreadGroup group in Tasks.Groups.ToArray())
        {
            group.Exit(SIGKILL);
        }
    }
}

/// <summary>Processes and threads over a run, for the report. Task list lock.</summary>
internal sealed class ProcessCounters
{
    public long Forks;
    public long Threads;
    public long Execs;
    public int PeakTasks;

    /// <summary>Outside the lock: interlocked.</summary>
    public long Signals;
}
