using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Host;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>Which CPU a task's two threads share. A hand-off between supervisor and guest thread is six times as fast
/// on one CPU, so each task is bound to one. A new task starts where its maker runs, since most makers wait for what
/// they made. A task goes to an idle CPU when it has shared its own with others that want to run for a while
/// (<see cref="Balance"/>), or to one with fewer, or when somebody on its CPU wakes it again and again in a short time: two tasks that talk
/// are faster on two CPUs, as long as neither has to be woken from sleep (<see cref="TaskSleeper"/>).
/// <para>Lock: <c>placement lock</c>, a leaf.</para></summary>
internal sealed class Placement
{
    /// <summary>How long an imbalance lasts before a task is moved: longer than a fork and the wait for it.</summary>
    private const long Patience = 1_000_000;

    /// <summary>How often a CPU that stays crowded is looked at, in ns.</summary>
    private const long LongPatience = 8_000_000;

    /// <summary>Wake-ups this close together, in ns, and this many of them, are a conversation.</summary>
    private const long ConversationPause = 100_000;
    private const int ConversationWakes = 4;

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

    /// <summary>A task begins to want its CPU: before its start, and after each sleep.</summary>
    public void Enter(GuestTask task)
    {
        bool wake = false;
        lock (_placementLock)
        {
            if (!task.IsRunnable)
            {
                wake = Add(task);
            }
        }

        if (wake)
        {
            _balancer.Wake();
        }
    }

    /// <summary>A sleeping task is about to be woken, which makes it want its CPU.</summary>
    public void Waking(GuestTask task)
    {
        bool wake = false;
        lock (_placementLock)
        {
            if (!task.IsRunnable)
            {
                if (_runnable[task.CpuIndex].Count > 0 && FindIdle(task) is int idle and >= 0)
                {
                    long now = Deadline.Now(CLOCK_MONOTONIC);
                    int count = now - task.CrowdedWakes.Last < ConversationPause ? task.CrowdedWakes.Count + 1 : 1;
                    task.CrowdedWakes = (count, now);
                    if (count >= ConversationWakes)
                    {
                        task.CrowdedWakes = default;
                        MoveTo(task, idle);
                    }
                }

                wake = Add(task);
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
            if (task.IsRunnable)
            {
                task.IsRunnable = false;
                _runnable[task.CpuIndex].Remove(task);
            }
        }
    }

    /// <summary>Whether a runnable task keeps nobody from running by using its CPU for nothing. A hint, without the
    /// lock.</summary>
    public bool MayLookOut(GuestTask task) => _cpus.Length > 1 && _runnable[task.CpuIndex].Count == 1;

    /// <summary>Binds a task's threads, once it has a host thread.</summary>
    public void Settle(GuestTask task)
    {
        lock (_placementLock)
        {
            task.Host.Place(_cpus[task.CpuIndex]);
        }
    }

    /// <summary>The CPUs that a task may use have changed: moves it if it must.</summary>
    public void Restricted(GuestTask task)
    {
        lock (_placementLock)
        {
            if (MayUse(task, task.CpuIndex))
            {
                return;
            }

            int best = -1;
            for (int index = 0; index < _cpus.Length; index++)
            {
                if (MayUse(task, index) && (best < 0 || _runnable[index].Count < _runnable[best].Count))
                {
                    best = index;
                }
            }

            if (best < 0)
            {
                return;
            }

            bool runnable = task.IsRunnable && _runnable[task.CpuIndex].Remove(task);
            MoveTo(task, best);
            if (runnable)
            {
                _runnable[best].Add(task);
            }
        }
    }

    private bool Add(GuestTask task)
    {
        List<GuestTask> here = _runnable[task.CpuIndex];
        here.Add(task);
        task.IsRunnable = true;
        if (here.Count < 2 || _balancing)
        {
            return false;
        }

        _balancing = true;
        if (!_started)
        {
            _started = true;
            new Thread(Balance, 128 * 1024) { IsBackground = true, Name = "placement" }.Start();
        }

        return true;
    }

    private void Balance()
    {
        HostSystem.RunAnywhere(_cpus);
        while (true)
        {
            _balancer.Sleep(CLOCK_MONOTONIC, long.MaxValue);
            long patience = Patience;
            bool crowded = true;
            while (crowded)
            {
                _balancer.Sleep(CLOCK_MONOTONIC, Deadline.Now(CLOCK_MONOTONIC) + patience);
                lock (_placementLock)
                {
                    bool moved = MoveOne();
                    patience = moved ? Patience : long.Min(patience * 2, LongPatience);
                    crowded = false;
                    foreach (List<GuestTask> tasks in _runnable)
                    {
                        if (tasks.Count > 1)
                        {
                            crowded = true;
                            FindHogs(tasks);
                        }
                    }

                    _balancing = crowded;
                }
            }
        }
    }

    /// <summary>On a crowded CPU, a guest that computes keeps the hand-offs of the others' traps waiting to the end of its
    /// slice: unless its slice is the longer one, when the host lets it be preempted at once.</summary>
    private static void FindHogs(List<GuestTask> tasks)
    {
        foreach (GuestTask task in tasks)
        {
            if (task.Host is not { } host)
            {
                continue;
            }

            long resumes = Volatile.Read(ref host.Counters.Resumes);
            bool computes = task.IsInGuest && resumes == task.ResumesSeen;
            task.ResumesSeen = resumes;
            if (computes != task.IsHog)
            {
                task.IsHog = computes;
                host.SetSlice(computes);
            }
        }
    }

    /// <summary>Moves one task from the fullest CPU to one with two fewer or none.</summary>
    /// <returns>Whether it did.</returns>
    private bool MoveOne()
    {
        int fullest = 0;
        for (int index = 1; index < _runnable.Length; index++)
        {
            if (_runnable[index].Count > _runnable[fullest].Count)
            {
                fullest = index;
            }
        }

        List<GuestTask> from = _runnable[fullest];
        for (int index = from.Count - 1; index >= 0 && from.Count > 1; index--)
        {
            GuestTask task = from[index];
            int to = FindEmptier(task, from.Count - 1);
            if (to >= 0)
            {
                from.RemoveAt(index);
                MoveTo(task, to);
                _runnable[to].Add(task);
                return true;
            }
        }

        return false;
    }

    private void MoveTo(GuestTask task, int cpu)
    {
        task.CpuIndex = cpu;
        task.Host?.Place(_cpus[cpu]);
        Moves++;
    }

    private int FindIdle(GuestTask task) => FindEmptier(task, 1);

    /// <summary>A CPU with fewer than <paramref name="most"/> runnable tasks that a task may use; -1 if there is none.</summary>
    private int FindEmptier(GuestTask task, int most)
    {
        for (int index = 0; index < _runnable.Length; index++)
        {
            if (_runnable[index].Count < most && MayUse(task, index))
            {
                return index;
            }
        }

        return -1;
    }

    private bool MayUse(GuestTask task, int index)
    {
        ReadOnlySpan<ulong> mask = task.Scheduling.Affinity.Span;
        int cpu = _cpus[index];
        return mask.IsEmpty || (cpu / 64 < mask.Length && (mask[cpu / 64] & (1UL << (cpu % 64))) != 0);
    }
}
