using System.Collections.Generic;
using System.Threading;

using UmlHost.Signals;
using UmlHost.Terminals;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>A guest process (Linux's signal_struct): what its threads share apart from memory and files.
/// <para>The tree, the members and the ids change under <see cref="TaskList.Lock"/> (the <c>task list
/// lock</c>).</para></summary>
internal sealed partial class ThreadGroup(Machine machine, int tgid)
{
    private static ulong s_serials;

    private readonly List<GuestTask> _tasks = [];
    private int _exitStatus = -1;

    public Machine Machine { get; } = machine;

    /// <summary>The process id.</summary>
    public int Tgid { get; } = tgid;

    /// <summary>The process that waits for this one; null for the machine's first, whose parent is outside.
    /// Task list lock.</summary>
    public ThreadGroup? Parent { get; set; }

    /// <summary>Alive and zombie children. Task list lock.</summary>
    public List<ThreadGroup> Children { get; } = [];

    /// <summary>The threads that have not ended, the leader first as long as it lives. Task list lock.</summary>
    public IReadOnlyList<GuestTask> Tasks => _tasks;

    /// <summary>Process group and session ids. Task list lock to change.</summary>
    public int ProcessGroup { get; set; }

    public int Session { get; set; }

    /// <summary>The controlling terminal of its session, unless it gave that up. Task list lock to change.</summary>
    public Terminal? Terminal { get; set; }

    /// <summary>A session leader's, whose terminal was hung up: the process group that was in its foreground, to be told
    /// when the leader ends (Linux's tty_old_pgrp). Task list lock.</summary>
    public int HungUpForeground { get; set; }

    public bool IsSessionLeader => Session == Tgid;

    /// <summary>Unlike the id, no other process ever has it: the inode number of its pidfds.</summary>
    public ulong Serial { get; } = Interlocked.Increment(ref s_serials);

    /// <summary>What it does with signals. Replaced at exec where it was shared.</summary>
    public SignalHandlers Handlers { get; set; } = new();

    public required ResourceLimits Limits { get; init; }

    /// <summary>What the parent is sent when this process has ended; 0 for nothing.</summary>
    public int ExitSignal { get; set; } = SIGCHLD;

    /// <summary>It ran execve: setpgid by its parent is refused then.</summary>
    public bool HasExeced { get; set; }

    /// <summary>Orphans of its descendants become its children (PR_SET_CHILD_SUBREAPER).</summary>
    public bool IsSubreaper { get; set; }

    /// <summary>All threads have ended and nobody has waited for it. Task list lock.</summary>
    public bool IsZombie { get; private set; }

    /// <summary>It was waited for: its id may be another's. Written under the task list lock.</summary>
    public bool IsReaped { get; private set; }

    /// <summary>Woken when a thread of it has ended.</summary>
    public WaitQueue ThreadsChanged { get; } = new();

    /// <summary>Pollers of its pidfds.</summary>
    public WaitQueue ExitWait { get; } = new();

    /// <summary>What its threads used that have ended, and what its waited-for children used. Task list lock.</summary>
    public ResourceUsage Used { get; } = new();

    public ResourceUsage UsedByChildren { get; } = new();

    /// <summary>Tasks of this process that wait for its children.</summary>
    public WaitQueue ChildWait { get; } = new();

    /// <summary>/proc/self/exe.</summary>
    public string ExecutablePath { get; set; } = "";

    /// <summary>How the process ended or is to end, as wait reports it (exit code &lt;&lt; 8, or a signal); -1 while
    /// it runs. The first to end it decides.</summary>
    public int ExitStatus => Volatile.Read(ref _exitStatus);

    /// <summary>All its threads are to end (Linux's SIGNAL_GROUP_EXIT).</summary>
    public bool IsExiting => ExitStatus >= 0;

    public int ParentTgid => Parent?.Tgid ?? 0;

    /// <summary>Decides how the process ended, unless that is known.</summary>
    internal void SetExitStatus(int status) => Interlocked.CompareExchange(ref _exitStatus, status, -1);

    /// <summary>Ends the process (exit_group, or a deadly signal): every thread is called. Any thread may.</summary>
    /// <returns>False if it was ending already.</returns>
    public bool Exit(int status)
    {
        if (Interlocked.CompareExchange(ref _exitStatus, status, -1) != -1)
        {
            return false;
        }

        lock (Machine.Tasks.Lock)
        {
            foreach (GuestTask task in _tasks)
            {
                task.Kick();
            }
        }

        return true;
    }

    /// <summary>Takes a change of state that a wait with <paramref name="options"/> reports. Task list lock.</summary>
    internal bool TryTakeEvent(int options, out ChildEvent found)
    {
        if (IsZombie && (options & WEXITED) != 0)
        {
            bool killed = WIFSIGNALED(ExitStatus);
            found = new ChildEvent(Tgid, killed ? CLD_KILLED : CLD_EXITED, ExitStatus, Uid, Used.ToRusage(UsedByChildren));
            return true;
        }

        return TryTakeStopEvent(options, out found);
    }

    private bool TryTakeStopEvent(int options, out ChildEvent found)
    {
        bool keep = (options & WNOWAIT) != 0;
        int signal = (options & WSTOPPED) != 0 ? TakeStop(keep) : 0;
        int code = signal != 0 ? CLD_STOPPED
            : (options & WCONTINUED) != 0 && TakeContinue(keep) ? CLD_CONTINUED
            : 0;
        int status = code == CLD_STOPPED ? W_STOPCODE(signal) : 0xffff;
        uint uid = _tasks.Count == 0 ? Uid : _tasks[0].Credentials.Uid;
        found = code == 0 ? default : new ChildEvent(Tgid, code, status, uid, Used.ToRusage(UsedByChildren));
        return code != 0;
    }

    /// <summary>A zombie child was waited for. Task list lock.</summary>
    internal void Reap(ThreadGroup child)
    {
        Children.Remove(child);
        UsedByChildren.Add(child.Used);
        UsedByChildren.Add(child.UsedByChildren);
        Machine.Tasks.Remove(child);
        child.IsReaped = true;
    }

    /// <summary>The last thread is gone. Task list lock.</summary>
    internal void BecomeZombie() => IsZombie = true;

    /// <summary>The real user id that siginfo shows, as of the last thread.</summary>
    public uint Uid { get; internal set; }

    /// <summary>Task list lock.</summary>
    internal void Add(GuestTask task) => _tasks.Add(task);

    /// <summary>Task list lock.</summary>
    internal void Remove(GuestTask task) => _tasks.Remove(task);
}
