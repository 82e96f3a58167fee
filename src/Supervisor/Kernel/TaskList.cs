using System.Collections.Generic;
using System.Threading;

namespace UmlHost.Kernel;

/// <summary>All tasks and processes of a machine by id (Linux's pid hash and tasklist). A zombie is still here.
/// </summary>
internal sealed class TaskList
{
    /// <summary>kernel.pid_max: ids are below it.</summary>
    public const int MaxPid = 4194304;

    private const int FirstPid = 2;

    private readonly Dictionary<int, GuestTask> _tasks = [];
    private readonly Dictionary<int, ThreadGroup> _groups = [];
    private int _lastPid = FirstPid - 1;
    private bool _hasWrapped;

    /// <summary>The <c>task list lock</c>: the process tree, membership and ids. The outermost: the sighand
    /// lock and a task's wake-up come inside. Never held across a wait.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Every process, zombies included. Under the lock.</summary>
    public IReadOnlyCollection<ThreadGroup> Groups => _groups.Values;

    /// <summary>The id that was given last.</summary>
    public int LastPid => Volatile.Read(ref _lastPid);

    public int TaskCount => _tasks.Count;

    /// <summary>The threads of a user, as RLIMIT_NPROC counts them. Under the lock.</summary>
    public ulong CountOf(uint uid)
    {
        ulong count = 0;
        foreach (GuestTask task in _tasks.Values)
        {
            count += task.Credentials.Uid == uid ? 1u : 0;
        }

        return count;
    }

    /// <summary>A fresh id, as Linux chooses them: upwards, round again after the largest. Under the lock.</summary>
    public int AllocatePid()
    {
        do
        {
            _hasWrapped |= _lastPid >= MaxPid - 1;
            _lastPid = _lastPid >= MaxPid - 1 ? 300 : _lastPid + 1;
        }
        while (_tasks.ContainsKey(_lastPid) || _groups.ContainsKey(_lastPid) || (_hasWrapped && IsGroupOrSession(_lastPid)));
        return _lastPid;
    }

    /// <summary>Under the lock; null if there is no such thread.</summary>
    public GuestTask? FindTask(int tid) => _tasks.GetValueOrDefault(tid);

    /// <summary>Under the lock; null if there is no such process. A zombie is found.</summary>
    public ThreadGroup? FindGroup(int tgid) => _groups.GetValueOrDefault(tgid);

    /// <summary>The process that a thread or zombie belongs to, by thread id; null if there is none. Under the lock.
    /// </summary>
    public ThreadGroup? FindGroupOf(int tid) => FindTask(tid)?.Group ?? FindGroup(tid);

    /// <summary>Whether a process, if only a zombie, is in that process group (of that session, where one is given).
    /// Under the lock.</summary>
    public bool HasProcessGroup(int processGroup, int? session)
    {
        foreach (ThreadGroup group in _groups.Values)
        {
            if (group.ProcessGroup == processGroup && (session is null || group.Session == session))
            {
                return true;
            }
        }

        return false;
    }

    internal void Add(GuestTask task)
    {
        _tasks[task.Tid] = task;
        _groups.TryAdd(task.Group.Tgid, task.Group);
    }

    internal void Remove(GuestTask task) => _tasks.Remove(task.Tid);

    /// <summary>The process was waited for.</summary>
    internal void Remove(ThreadGroup group) => _groups.Remove(group.Tgid);

    /// <summary>An id in use although the process that gave it is gone.</summary>
    private bool IsGroupOrSession(int id)
    {
        foreach (ThreadGroup group in _groups.Values)
        {
            if (group.ProcessGroup == id || group.Session == id)
            {
                return true;
            }
        }

        return false;
    }
}
