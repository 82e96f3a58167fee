using System.Collections.Generic;
using System.Threading;

namespace UmlHost.Kernel;

/// <summary>All tasks and processes of a machine by id (Linux's pid hash and tasklist). A zombie is still here.
/// </summary>
internal sealed class TaskList
{
    private const int MaxPid = 4194304;
    private const int FirstPid = 2;

    private readonly Dictionary<int, GuestTask> _tasks = [];
    private readonly Dictionary<int, ThreadGroup> _groups = [];
    private int _lastPid = FirstPid - 1;

    /// <summary>The <c>task list lock</c>: the process tree, membership and ids. The outermost: the sighand
    /// lock and a task's wake-up come inside. Never held across a wait.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Every process, zombies included. Under the lock.</summary>
    public IReadOnlyCollection<ThreadGroup> Groups => _groups.Values;

    public int TaskCount => _tasks.Count;

    /// <summary>A fresh id, as Linux chooses them: upwards, round again after the largest. Under the lock.</summary>
    public int AllocatePid()
    {
        do
        {
            _lastPid = _lastPid >= MaxPid - 1 ? 300 : _lastPid + 1;
        }
        while (_tasks.ContainsKey(_lastPid) || _groups.ContainsKey(_lastPid));
        return _lastPid;
    }

    /// <summary>Under the lock; null if there is no such thread.</summary>
    public GuestTask? FindTask(int tid) => _tasks.GetValueOrDefault(tid);

    /// <summary>Under the lock; null if there is no such process. A zombie is found.</summary>
    public ThreadGroup? FindGroup(int tgid) => _groups.GetValueOrDefault(tgid);

    internal void Add(GuestTask task)
    {
        _tasks[task.Tid] = task;
        _groups.TryAdd(task.Group.Tgid, task.Group);
    }

    internal void Remove(GuestTask task) => _tasks.Remove(task.Tid);

    /// <summary>The process was waited for.</summary>
    internal void Remove(ThreadGroup group) => _groups.Remove(group.Tgid);
}
