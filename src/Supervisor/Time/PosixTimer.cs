using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

namespace UmlHost.Time;

/// <summary>A timer made by timer_create. With an interval it stands still from its signal being queued to its being
/// taken, and counts what it missed as overruns.</summary>
/// <param name="target">The thread that SIGEV_THREAD_ID names; null sends to the process.</param>
internal sealed class PosixTimer(ThreadGroup group, int id, GuestClock clock, in sigevent notify, GuestTask? target)
    : GuestTimer(group.Machine, clock)
{
    private readonly sigevent _notify = notify;
    private bool _isQueued;
    private long _missed;

    public int Id { get; } = id;

    public sigevent Notification => _notify;

    /// <summary>What the last signal that was taken said.</summary>
    public int Overrun { get; private set; }

    protected override bool IsSilent => _notify.sigev_notify == SIGEV_NONE;

    protected override bool WaitsForGuest => _isQueued && !CountsCpuTime;

    /// <summary>Its signal is taken out of the queue: fills in the overruns, and lets the timer go on. Sighand
    /// lock.</summary>
    public void Delivered(ref siginfo_t info)
    {
        // Not for a CPU clock, whose time takes the task list lock: that one has gone on by itself.
        long now = CountsCpuTime ? 0 : Now();
        lock (TimerLock)
        {
            if (_isQueued)
            {
                _isQueued = false;
                if (!CountsCpuTime && Interval != 0)
                {
                    _missed = long.Max(0, Advance(now) - 1);
                    Arm(now);
                }

                Overrun = (int)long.Min(_missed, int.MaxValue);
            }

            info.si_overrun = Overrun;
        }
    }

    protected override void OnSet()
    {
        _isQueued = false;
        _missed = 0;
        Overrun = 0;
    }

    protected override void OnExpired(long now)
    {
        if (Interval == 0 || !CountsCpuTime)
        {
            _missed = 0;
            _isQueued = true;
            if (Interval == 0)
            {
                Advance(now);
            }

            return;
        }

        long periods = Advance(now);
        _missed = _isQueued ? _missed + periods : periods - 1;
        _isQueued = true;
        Arm(now);
    }

    protected override void Notify()
    {
        siginfo_t info = default;
        info.si_signo = _notify.sigev_signo;
        info.si_code = SI_TIMER;
        info.si_timerid = Id;
        info.si_value = _notify.sigev_value;
        if (TryQueue(info))
        {
            return;
        }

        // Ignored, or that signal waits already for another reason: nobody will take it.
        long now = Now();
        lock (TimerLock)
        {
            if (_isQueued)
            {
                _isQueued = false;
                if (Interval != 0 && !CountsCpuTime)
                {
                    Advance(now);
                    Arm(now, again: true);
                }
            }
        }
    }

    /// <summary>Sends the signal.</summary>
    /// <returns>Whether it waits now because of this.</returns>
    private bool TryQueue(in siginfo_t info)
    {
        // Both locks, so that nobody takes the signal between it and the look at the queue.
        lock (Machine.Tasks.Lock)
        {
            lock (group.SignalLock)
            {
                SignalQueue queue = target?.Pending ?? group.Pending;
                bool waited = queue.Set.Has(info.si_signo);
                Errno error = target is null ? SignalSender.Send(group, info) : SignalSender.Send(target, info);
                return error == Errno.None && queue.Set.Has(info.si_signo) && (!waited || info.si_signo >= SIGRTMIN);
            }
        }
    }
}
