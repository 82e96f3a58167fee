using System;
using System.Numerics;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Signals;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>How a call that a signal interrupted goes on through restart_syscall: most often with the point in time
/// at which its timeout ends (Linux's restart_block).</summary>
internal unsafe struct RestartBlock
{
    /// <summary>Null: restart_syscall gives EINTR.</summary>
    public delegate*<GuestTask, in RestartBlock, SyscallResult> Function;
    public Deadline Deadline;

    /// <summary>The call's own, most often where it writes the time that is left.</summary>
    public GuestAddress Address;
    public ulong First;
    public ulong Second;
    public ulong Third;
}

// The signal side of a task.
internal sealed partial class GuestTask
{
    [ThreadStatic]
    private static GuestTask? t_current;

    private RestartBlock _restartBlock;

    // A process is being made (fork), and the signals sent meanwhile to several processes: the new one is to get them
    // too, for it may be among those meant. Sighand lock.
    private bool _isForking;
    private ulong _forkSignals;

    /// <summary>The task whose supervisor thread this is. For what a call cannot be told through its arguments.
    /// </summary>
    public static GuestTask Current { get => t_current!; internal set => t_current = value; }

    /// <summary>Signals sent to this thread alone. Sighand lock.</summary>
    public SignalQueue Pending { get; } = new();

    /// <summary>What the processor said about the last fault that became a signal (Linux's thread.cr2, error_code,
    /// trap_nr): every signal frame shows it.</summary>
    public FaultInfo LastFault { get; set; }

    /// <summary>To be set before a call returns <see cref="SyscallResult.RestartBlock"/>.</summary>
    public ref RestartBlock RestartBlock => ref _restartBlock;

    /// <summary>The outcome and number of the call that the guest is stopped after, if a signal interrupted it.
    /// </summary>
    internal SyscallOutcome Interrupted { get; set; }

    internal uint InterruptedCall { get; set; }

    /// <summary>The mask that a handler's frame, or the end of the delivery, goes back to (ppoll, sigsuspend).
    /// </summary>
    internal ulong? SavedMask { get; private set; }

    /// <summary>It has yet to join the stop of its process; it has joined. Sighand lock.</summary>
    internal bool MustStop { get; set; }

    internal bool IsStopped { get; set; }

    /// <summary>A signal waits that this task would take (Linux's signal_pending, without other reasons for
    /// attention). Sighand lock.</summary>
    internal bool HasSignal => ((Pending.Set | Group.Pending.Set) & ~BlockedSignals) != 0 || MustStop;

    /// <summary>Changes the mask, by the task itself: what it unblocks is looked at before the guest runs, what it
    /// blocks is left to the process's other threads. SIGKILL and SIGSTOP are taken out.</summary>
    public void SetBlocked(ulong mask)
    {
        mask &= ~SignalSet.Unblockable;
        ulong left;
        lock (Group.SignalLock)
        {
            left = mask & ~BlockedSignals & Group.Pending.Set;
            BlockedSignals = mask;
            if (HasSignal)
            {
                Kick();
            }
        }

        if (left != 0)
        {
            SignalSender.Retarget(this, left);
        }
    }

    /// <summary>By the task itself: it begins to make another.</summary>
    /// <returns>False if a signal is to be taken first: whatever was sent before a fork is not the child's.</returns>
    internal bool BeginFork(bool isThread)
    {
        lock (Group.SignalLock)
        {
            _isForking = !isThread && !HasSignal;
            _forkSignals = 0;
            return !HasSignal;
        }
    }

    internal void EndFork()
    {
        lock (Group.SignalLock)
        {
            _isForking = false;
        }
    }

    /// <summary>The process of this task and others were sent a signal. Sighand lock.</summary>
    internal void NoteForFork(int signal)
    {
        if (_isForking)
        {
            ulong undone = signal == SIGCONT ? SignalSet.Stop : SignalSet.Stop.Has(signal) ? SignalSet.Of(SIGCONT) : 0;
            _forkSignals = (_forkSignals & ~undone) | SignalSet.Of(signal);
        }
    }

    /// <summary>The process that this task makes is there: it gets what came meanwhile, and from now on its own.
    /// Task list lock.</summary>
    private void GiveForkSignals(GuestTask child)
    {
        ulong signals;
        lock (Group.SignalLock)
        {
            _isForking = false;
            signals = _forkSignals;
        }

        if (signals == 0)
        {
            return;
        }

        lock (child.Group.SignalLock)
        {
            for (; signals != 0; signals &= signals - 1)
            {
                child.Group.Pending.Add(BitOperations.TrailingZeroCount(signals) + 1, null);
            }
        }

        child.Kick();
    }

    /// <summary>For the time of one call, which must end it with <see cref="EndTemporaryMask"/>.</summary>
    public void BeginTemporaryMask(ulong mask)
    {
        SavedMask = BlockedSignals;
        SetBlocked(mask);
    }

    /// <param name="interrupted">The call ends because of a signal: its handler still sees the temporary mask, and
    /// returns to the old one.</param>
    public void EndTemporaryMask(bool interrupted)
    {
        if (SavedMask is null)
        {
            return;
        }

        if (interrupted)
        {
            Kick();
        }
        else
        {
            RestoreMask();
        }
    }

    internal void RestoreMask()
    {
        if (SavedMask is { } saved)
        {
            SavedMask = null;
            SetBlocked(saved);
        }
    }

    /// <summary>The mask that a signal frame is to carry.</summary>
    internal ulong FrameMask => SavedMask ?? BlockedSignals;

    internal void ForgetSavedMask() => SavedMask = null;
}
