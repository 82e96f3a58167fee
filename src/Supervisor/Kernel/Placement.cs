using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Host;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>Which CPU a task's two threads share. A hand-off between supervisor and guest thread is six times as fast
/// on one CPU, so each task is bound to one. A new task starts where its maker runs, since most makers wait for what
/// they made; when a CPU has had several tasks that want to run for a while and another has none, one is moved.
/// <para>Lock: <c>placement lock</c>, a leaf.</para></summary>
internal sealed class Placement
{
    /// <summary>How long an imbalance lasts before a task is moved: longer than a fork and the wait for it.</summary>
    private const long Patience = 1_000_000;

    private readonly Lock _placementLock = new();
    private readonly int[] _cpus = HostSystem.UsableCpus();
    private readonly List<GuestTask>[] _runnable;
    private readonly HostFutex _balancer = new();
    private bool _balancing;
    private bool _started;

    public Placement()
    {
        _runnable = new List<GuestTask>[_cpus.Length];
        for (int index = 0; index < _cpus.Length; index++)
        {
            _runnable[index] = [];
        }
    }

    /// <summary>The CPUs that guests may use, by their host numbers.</summary>
    public ReadOnlySpan<int> Cpus => _cpus;

    /// <summary>Tasks that were moved to another CPU; for the report.</summary>
    public long Moves { get; private set; }

    /// <summary>A task begins to want its CPU: at its start, and after each sleep.</summary>
    public void Enter(GuestTask task)
    {
        bool wake = false;
        lock (_placementLock)
        {
            List<GuestTask> here = _runnable[task.CpuIndex];
            here.Add(task);
            if (here.Count > 1 && !_balancing && FindIdle() >= 0)
            {
                _balancing = true;
                wake = true;
                if (!_started)
                {
                    _started = true;
                    new Thread(Balance, 128 * 1024) { IsBackground = true, Name = "placement" }.Start();
                }
            }
        }

        if (wake)
        {
            _balancer.Wake();
        }
    }

    /// <summary>A task goes to sleep, or ends.</summary>
    public void Leave(GuestTask task)
    {
        lock (_placementLock)
        {
            _runnable[task.CpuIndex].Remove(task);
        }
    }

    /// <summary>The host number of a task's CPU.</summary>
    public int CpuOf(GuestTask task) => _cpus[task.CpuIndex];

    private void Balance()
    {
        HostSystem.RunAnywhere(_cpus);
        while (true)
        {
            _balancer.Sleep(CLOCK_MONOTONIC, long.MaxValue);
            bool more = true;
            while (more)
            {
                _balancer.Sleep(CLOCK_MONOTONIC, Deadline.Now(CLOCK_MONOTONIC) + Patience);
                lock (_placementLock)
                {
                    more = MoveOne();
                    _balancing = more;
                }
            }
        }
    }

    /// <summary>Moves one task from the fullest CPU to an idle one.</summary>
    /// <returns>Whether there may be more to move.</returns>
    private bool MoveOne()
    {
        int idle = FindIdle();
        int fullest = 0;
        for (int index = 1; index < _runnable.Length; index++)
        {
            if (_runnable[index].Count > _runnable[fullest].Count)
            {
                fullest = index;
            }
        }

        if (idle < 0 || _runnable[fullest].Count < 2)
        {
            return false;
        }

        GuestTask task = _runnable[fullest][^1];
        _runnable[fullest].RemoveAt(_runnable[fullest].Count - 1);
        task.CpuIndex = idle;
        _runnable[idle].Add(task);
        task.Host?.Place(_cpus[idle]);
        Moves++;
        return true;
    }

    private int FindIdle()
    {
        for (int index = 0; index < _runnable.Length; index++)
        {
            if (_runnable[index].Count == 0)
            {
                return index;
            }
        }

        return -1;
    }
}
