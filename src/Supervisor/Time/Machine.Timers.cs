using UmlHost.Time;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

internal sealed partial class Machine
{
    private TimerQueue? _monotonicTimers;
    private TimerQueue? _realtimeTimers;

    /// <summary>Timers of all clocks but those that follow when the time of day is set.</summary>
    public TimerQueue MonotonicTimers => _monotonicTimers ?? Create(ref _monotonicTimers, CLOCK_MONOTONIC);

    /// <summary>Timers for a time of day.</summary>
    public TimerQueue RealtimeTimers => _realtimeTimers ?? Create(ref _realtimeTimers, CLOCK_REALTIME);

    private TimerQueue Create(ref TimerQueue? queue, int clock)
    {
        TimerQueue made = new(clock, Placement);
        return System.Threading.Interlocked.CompareExchange(ref queue, made, null) ?? made;
    }
}
