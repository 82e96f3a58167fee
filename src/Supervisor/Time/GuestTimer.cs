using System.Threading;

using UmlHost.Kernel;

using static UmlHost.Native.Linux;

namespace UmlHost.Time;

/// <summary>What is left of a timer, in ns; 0 is not set.</summary>
internal readonly record struct TimerSetting(long Value, long Interval);

/// <summary>A timer that a guest sets on one of its clocks, once or with an interval. Lock: <c>timer lock</c>, one
/// for each, an object lock; outside the timer queue lock.</summary>
internal abstract class GuestTimer(Machine machine, GuestClock clock) : QueuedTimer
{
    /// <summary>No timer comes by itself more often than this; what it misses are overruns.</summary>
    private const long LeastPeriod = 100_000;

    private GuestClock _clock = clock;

    protected Lock TimerLock { get; } = new();

    protected Machine Machine { get; } = machine;

    /// <summary>The clock that was asked for; a relative time may count on another.</summary>
    public GuestClock Clock { get; } = clock;

    /// <summary>When it comes, or came if it then waits for the guest, in ns of the clock; 0 if it is not set. Timer
    /// lock, as all below.</summary>
    protected long Expiry { get; private set; }

    protected long Interval { get; private set; }

    /// <summary>Sets it; a <paramref name="value"/> of 0 unsets it.</summary>
    /// <returns>What was left before.</returns>
    public TimerSetting Set(long value, long interval, bool absolute)
    {
        GuestClock clock = absolute ? Clock : Clock.Relative;
        long now = clock.Now();
        long oldNow = _clock.Now();
        lock (TimerLock)
        {
            TimerSetting old = GetLocked(oldNow);
            Queue?.Cancel(this);
            _clock = clock;
            Interval = value == 0 ? 0 : interval;
            Expiry = value == 0 ? 0
                : absolute ? value
                : value >= long.MaxValue - now ? long.MaxValue
                : now + value;
            OnSet();
            if (Expiry != 0)
            {
                Arm(now);
            }

            return old;
        }
    }

    public TimerSetting Get()
    {
        long now = _clock.Now();
        lock (TimerLock)
        {
            return GetLocked(now);
        }
    }

    /// <summary>Unsets it for good.</summary>
    public void Cancel() => Set(0, 0, absolute: true);

    protected internal sealed override void OnTime()
    {
        long now = _clock.Now();
        lock (TimerLock)
        {
            if (Expiry == 0)
            {
                return;
            }

            if (now < Expiry)
            {
                // CPU time goes slower than the clock, or the timer was set anew meanwhile.
                Arm(now);
                return;
            }

            OnExpired(now);
        }

        Notify();
    }

    /// <summary>It was set anew. Timer lock.</summary>
    protected virtual void OnSet()
    {
    }

    /// <summary>The clock reached <see cref="Expiry"/>. Timer lock.</summary>
    protected abstract void OnExpired(long now);

    /// <summary>After <see cref="OnExpired"/>, without locks.</summary>
    protected abstract void Notify();

    /// <summary>Whether a timer that has come and has an interval stands still until the guest has seen it.</summary>
    protected virtual bool WaitsForGuest => false;

    /// <summary>Whether the guest learns of it in no way but by asking.</summary>
    protected virtual bool IsSilent => false;

    /// <summary>The clock as of now, for <see cref="Advance"/>; not under the timer lock, for it may take the task
    /// list lock.</summary>
    protected long Now() => _clock.Now();

    protected bool CountsCpuTime => _clock.IsCpu;

    /// <summary>Goes on to the first period that is not over.</summary>
    /// <returns>Periods that began since, the one that is due included.</returns>
    protected long Advance(long now)
    {
        if (Interval == 0)
        {
            Expiry = 0;
            return 1;
        }

        if (now < Expiry)
        {
            return 0;
        }

        long periods = ((now - Expiry) / Interval) + 1;
        Expiry += periods * Interval;
        return periods;
    }

    /// <summary>Has <see cref="OnTime"/> called when the time has come.</summary>
    protected void Arm(long now, bool again = false)
    {
        if (IsSilent)
        {
            return;
        }

        Deadline deadline = _clock.DeadlineOf(Expiry, now);
        if (again)
        {
            deadline = deadline with { Nanoseconds = long.Max(deadline.Nanoseconds, Deadline.Now(deadline.Clock) + LeastPeriod) };
        }

        TimerQueue queue = deadline.Clock == CLOCK_REALTIME ? Machine.RealtimeTimers : Machine.MonotonicTimers;
        if (Queue is { } other && other != queue)
        {
            other.Cancel(this);
        }

        queue.Arm(this, deadline.Nanoseconds);
    }

    private TimerSetting GetLocked(long now)
    {
        if (Expiry == 0)
        {
            return new TimerSetting(0, Interval);
        }

        long left = Expiry - now;
        if (left <= 0 && Interval != 0 && (WaitsForGuest || IsSilent))
        {
            left += (((now - Expiry) / Interval) + 1) * Interval;
        }

        return new TimerSetting(left > 0 ? left : IsSilent ? 0 : 1, Interval);
    }
}
