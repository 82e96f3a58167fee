using UmlHost.Kernel;
using UmlHost.Signals;

namespace UmlHost.Time;

/// <summary>One of a process's three timers of setitimer: a signal to the process at each expiry.</summary>
internal sealed class IntervalTimer(ThreadGroup group, GuestClock clock, int signal) : GuestTimer(group.Machine, clock)
{
    protected override void OnExpired(long now)
    {
        Advance(now);
        if (Expiry != 0)
        {
            Arm(now, again: true);
        }
    }

    protected override void Notify() => SignalSender.Send(group, SignalSender.KernelInfo(signal));
}
