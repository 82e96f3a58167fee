using UmlHost.Kernel;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

namespace UmlHost.Time;

/// <summary>A process's RLIMIT_CPU: SIGXCPU when its CPU time reaches the soft limit, which then goes up by a second,
/// and SIGKILL at the hard limit.</summary>
internal sealed class CpuLimit(ThreadGroup group)
    : GuestTimer(group.Machine, new GuestClock(CLOCK_PROCESS_CPUTIME_ID, group, CpuClock.Prof))
{
    private const long Second = 1_000_000_000;

    private bool _atHardLimit;

    /// <summary>The limits were set, or the process is new.</summary>
    public void Apply()
    {
        ulong soft = group.Limits[RLIMIT_CPU].rlim_cur;
        if (soft >= (ulong)(long.MaxValue / Second))
        {
            Cancel();
        }
        else
        {
            Set(long.Max(1, (long)soft * Second), Second, absolute: true);
        }
    }

    protected override void OnExpired(long now)
    {
        ulong seconds = (ulong)(now / Second);
        _atHardLimit = group.Limits.RaiseCpu(seconds).rlim_max <= seconds;
        Advance(now);
        if (!_atHardLimit)
        {
            Arm(now, again: true);
        }
    }

    protected override void Notify() => SignalSender.Send(group, SignalSender.KernelInfo(_atHardLimit ? SIGKILL : SIGXCPU));
}
