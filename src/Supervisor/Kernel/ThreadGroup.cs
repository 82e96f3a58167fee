using System.Collections.Generic;
using System.Threading;

using UmlHost.Signals;

namespace UmlHost.Kernel;

/// <summary>A guest process (Linux's signal_struct): what its threads share apart from memory and files.
/// <para>The tree, the members and the ids change under <see cref="TaskList.Lock"/> (the <c>task list
/// lock</c>).</para></summary>
internal sealed class ThreadGroup(Machine machine, int tgid)
{
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

    /// <summary>What it does with signals. Replaced at exec where it was shared.</summary>
    public SignalHandlers Handlers { get; set; } = new();

    public required ResourceLimits Limits { get; init; }

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

    /// <summary>Task list lock.</summary>
    internal void Add(GuestTask task) => _tasks.Add(task);

    /// <summary>Task list lock.</summary>
    internal void Remove(GuestTask task) => _tasks.Remove(task);
}
