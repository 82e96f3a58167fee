using System.Threading;

using UmlHost.Signals;

namespace UmlHost.Kernel;

// The signal side of a process; its stops are in JobControl.
internal sealed partial class ThreadGroup
{
    /// <summary>The <c>sighand lock</c>: pending signals of the process and of its threads, their masks as others
    /// see them, stop and continue. Inside the task list lock. Two of them are held at once only under that.
    /// </summary>
    public Lock SignalLock { get; } = new();

    /// <summary>Signals for whichever thread does not block them. Sighand lock.</summary>
    public SignalQueue Pending { get; } = new();

    public SignalPool SignalPool { get; } = new();

    /// <summary>Woken when a signal is queued for the process or one of its threads: signalfd, sigtimedwait.
    /// </summary>
    public WaitQueue SignalWait { get; } = new();

    /// <summary>Where its threads stand still.</summary>
    internal WaitQueue ContinueWait { get; } = new();

    /// <summary>The signal that stops it, while it is stopping or stopped; 0 otherwise. Sighand lock.</summary>
    internal int StopSignal { get; set; }

    /// <summary>Threads that have yet to stop.</summary>
    internal int Stopping { get; set; }

    /// <summary>How often SIGCONT came: a stop signal taken out before it must not stop.</summary>
    internal int Continues { get; set; }

    /// <summary>The stop signal that no wait has reported yet; 0 for none. Sighand lock.</summary>
    internal int UnreportedStop { get; set; }

    internal bool UnreportedContinue { get; set; }

    /// <summary>All its threads stand still.</summary>
    public bool IsStopped => StopSignal != 0 && Stopping == 0;

    /// <summary>The signal that stopped the process, for a wait with WUNTRACED; 0 if there is nothing to report.
    /// </summary>
    /// <param name="keep">WNOWAIT: it can be reported again.</param>
    public int TakeStop(bool keep)
    {
        lock (SignalLock)
        {
            int signal = UnreportedStop;
            if (!keep)
            {
                UnreportedStop = 0;
            }

            return signal;
        }
    }

    /// <summary>Whether it was continued, for a wait with WCONTINUED.</summary>
    public bool TakeContinue(bool keep)
    {
        lock (SignalLock)
        {
            bool continued = UnreportedContinue;
            if (!keep)
            {
                UnreportedContinue = false;
            }

            return continued;
        }
    }
}
