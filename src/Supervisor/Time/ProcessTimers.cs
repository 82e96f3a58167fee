using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Time;

/// <summary>The timers of a process. Lock: <c>process timers lock</c>, outside the timer lock.</summary>
internal sealed class ProcessTimers(ThreadGroup group)
{
    private readonly Lock _processTimersLock = new();
    private readonly Dictionary<int, PosixTimer> _timers = [];
    private readonly IntervalTimer?[] _intervals = new IntervalTimer?[3];
    private int _next;

    /// <param name="which">ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF.</param>
    public IntervalTimer Interval(int which)
    {
        lock (_processTimersLock)
        {
            return _intervals[which] ??= which switch
            {
                ITIMER_REAL => new IntervalTimer(group, GuestClock.Monotonic, SIGALRM),
                ITIMER_VIRTUAL => new IntervalTimer(group, new GuestClock(CLOCK_PROCESS_CPUTIME_ID, group, CpuClock.Virt), SIGVTALRM),
                _ => new IntervalTimer(group, new GuestClock(CLOCK_PROCESS_CPUTIME_ID, group, CpuClock.Prof), SIGPROF),
            };
        }
    }

    /// <summary>timer_create. Without a sigevent (<paramref name="notify"/> is null) it is SIGALRM with the timer's
    /// id. Null where RLIMIT_SIGPENDING leaves no room.</summary>
    public PosixTimer? Create(GuestClock clock, sigevent? notify, GuestTask? target)
    {
        lock (_processTimersLock)
        {
            if ((ulong)_timers.Count >= group.Limits[RLIMIT_SIGPENDING].rlim_cur)
            {
                return null;
            }

            while (_timers.ContainsKey(_next))
            {
                _next = (_next + 1) & int.MaxValue;
            }

            sigevent how = notify ?? new sigevent { sigev_signo = SIGALRM, sigev_value = new sigval { sival_int = _next } };
            PosixTimer timer = new(group, _next, clock, how, target);
            _timers.Add(_next, timer);
            _next = (_next + 1) & int.MaxValue;
            return timer;
        }
    }

    /// <summary>All that timer_create has made.</summary>
    public PosixTimer[] All
    {
        get
        {
            lock (_processTimersLock)
            {
                return [.. _timers.Values];
            }
        }
    }

    public PosixTimer? Find(int id)
    {
        lock (_processTimersLock)
        {
            return _timers.GetValueOrDefault(id);
        }
    }

    /// <returns>False if there is no such timer.</returns>
    public bool Delete(int id)
    {
        PosixTimer? timer;
        lock (_processTimersLock)
        {
            _timers.Remove(id, out timer);
        }

        timer?.Cancel();
        return timer is not null;
    }

    /// <summary>Another program takes over (exec): the interval timers stay.</summary>
    public void DeleteAll()
    {
        PosixTimer[] timers;
        lock (_processTimersLock)
        {
            timers = [.. _timers.Values];
            _timers.Clear();
        }

        foreach (PosixTimer timer in timers)
        {
            timer.Cancel();
        }
    }

    /// <summary>The process has ended.</summary>
    public void End()
    {
        DeleteAll();
        foreach (IntervalTimer? timer in _intervals)
        {
            timer?.Cancel();
        }
    }
}
