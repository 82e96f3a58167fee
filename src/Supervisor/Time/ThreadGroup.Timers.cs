using System.Threading;

using UmlHost.Native;
using UmlHost.Time;

namespace UmlHost.Kernel;

internal sealed partial class ThreadGroup
{
    private ProcessTimers? _timers;
    private CpuLimit? _cpuLimit;

    /// <summary>Made at the first use.</summary>
    public ProcessTimers Timers => Volatile.Read(ref _timers) ?? Interlocked.CompareExchange(ref _timers, new ProcessTimers(this), null) ?? _timers!;

    /// <summary>RLIMIT_CPU was set, or came from the parent.</summary>
    internal void ApplyCpuLimit()
    {
        if (_cpuLimit is not null || Limits[Native.Linux.RLIMIT_CPU].rlim_cur != ulong.MaxValue)
        {
            (Volatile.Read(ref _cpuLimit) ?? Interlocked.CompareExchange(ref _cpuLimit, new CpuLimit(this), null) ?? _cpuLimit!).Apply();
        }
    }

    /// <summary>A signal of a timer (SI_TIMER) is taken out of the queue. Sighand lock.</summary>
    internal void TimerSignalTaken(ref siginfo_t info) => _timers?.Find(info.si_timerid)?.Delivered(ref info);

    /// <summary>exec: POSIX timers are not inherited.</summary>
    internal void DeleteTimers() => _timers?.DeleteAll();

    /// <summary>The last thread has ended.</summary>
    internal void EndTimers()
    {
        _timers?.End();
        _cpuLimit?.Cancel();
    }
}
