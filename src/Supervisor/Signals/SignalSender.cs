using System.Collections.Generic;

using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Terminals;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>Sending signals (Linux's send_signal_locked and its callers). May be called by any thread that holds no
/// lock inside the task list lock. Permissions are the caller's to check.</summary>
internal static class SignalSender
{
    /// <summary>To a process: whichever of its threads does not block it takes it. EAGAIN where RLIMIT_SIGPENDING
    /// leaves no room for a realtime signal's siginfo.</summary>
    /// <param name="info">si_signo says which signal: 1 to 64.</param>
    /// <param name="toOthers">Other processes are sent it too: one that the process is just making is meant as well.
    /// </param>
    public static Errno Send(ThreadGroup group, in siginfo_t info, bool toOthers = false)
    {
        lock (group.Machine.Tasks.Lock)
        {
            return Send(group, null, info, toOthers);
        }
    }

    /// <summary>To one thread (tgkill).</summary>
    public static Errno Send(GuestTask task, in siginfo_t info)
    {
        lock (task.Machine.Tasks.Lock)
        {
            return Send(task.Group, task, info);
        }
    }

    /// <summary>To every process of a process group, as a terminal does.</summary>
    /// <returns>ESRCH if there is none.</returns>
    public static Errno SendToProcessGroup(Machine machine, int processGroup, in siginfo_t info)
    {
        Errno result = Errno.ESRCH;
        lock (machine.Tasks.Lock)
        {
            foreach (ThreadGroup group in machine.Tasks.Groups)
            {
                if (group.ProcessGroup == processGroup)
                {
                    Send(group, null, info, toOthers: true);
                    result = Errno.None;
                }
            }
        }

        return result;
    }

    /// <summary>A signal of the kernel's own, without more information (SEND_SIG_PRIV).</summary>
    public static siginfo_t KernelInfo(int signal) => new() { si_signo = signal, si_code = SI_KERNEL };

    /// <summary>A signal that <paramref name="sender"/> sends with kill or tgkill.</summary>
    public static siginfo_t UserInfo(GuestTask sender, int signal, int code = SI_USER)
        => new() { si_signo = signal, si_code = code, si_pid = sender.Group.Tgid, si_uid = sender.Credentials.Uid };

    /// <summary>What the supervisor was sent: from a terminal it is for the foreground process
    /// group of the guest's, or if that has none for the first process's group; from another
    /// process for the first process alone, as it would be without a supervisor. SIGCONT goes on with all that
    /// the terminal stopped.</summary>
    public static void SendFromOutside(ThreadGroup first, int signal, bool fromKernel, uint uid)
    {
        if (first.Machine.Terminals.Host is { } terminal && TellTerminal(first, terminal, signal, fromKernel))
        {
            return;
        }

        siginfo_t info = fromKernel ? KernelInfo(signal) : new siginfo_t { si_signo = signal, si_code = SI_USER, si_uid = uid };
        if (fromKernel || signal == SIGCONT)
        {
            SendToProcessGroup(first.Machine, first.ProcessGroup, info);
        }
        else
        {
            Send(first, info);
        }
    }

    /// <returns>Whether the terminal has passed it on.</returns>
    private static bool TellTerminal(ThreadGroup first, HostTerminal terminal, int signal, bool fromKernel)
    {
        if (signal == SIGWINCH && fromKernel)
        {
            terminal.Resized();
            return true;
        }

        if (signal == SIGCONT)
        {
            terminal.Continued();
            if (terminal.ForegroundGroup != first.ProcessGroup)
            {
                terminal.SendToForeground(SIGCONT);
            }

            return false;
        }

        if (!fromKernel || terminal.ForegroundGroup == 0)
        {
            return false;
        }

        terminal.SendToForeground(signal);
        if (signal == SIGHUP)
        {
            terminal.HangUp();
        }

        return true;
    }

    /// <summary>What comes with EPIPE: SIGPIPE for the thread that wrote.</summary>
    public static void SendBrokenPipe(GuestTask task) => Send(task, UserInfo(task, SIGPIPE));

    /// <summary>A signal for what the task itself just did (Linux's force_sig_info): a blocked or ignored one gets
    /// its default action. By the task itself.</summary>
    public static void Force(GuestTask task, in siginfo_t info)
    {
        int signal = info.si_signo;
        lock (task.Group.SignalLock)
        {
            bool blocked = task.BlockedSignals.Has(signal);
            if (blocked || task.Group.Handlers[signal].handler == SignalHandlers.SIG_IGN)
            {
                task.Group.Handlers.Reset(signal);
                task.BlockedSignals &= ~SignalSet.Of(signal);
            }

            if (!task.Pending.Set.Has(signal))
            {
                QueuedSignal node = task.Group.SignalPool.Take(task.Credentials.Uid, ulong.MaxValue)!;
                node.Info = info;
                task.Pending.Add(signal, node);
            }
        }

        task.Kick();
    }

    /// <summary><see cref="Force(GuestTask, in siginfo_t)"/> for an exception; the frame will show
    /// <paramref name="fault"/>.</summary>
    public static void Force(GuestTask task, in siginfo_t info, in FaultInfo fault)
    {
        // Only page faults set cr2.
        task.LastFault = fault.TrapNumber == FaultInfo.PageFault ? fault : fault with { Address = task.LastFault.Address };
        Force(task, info);
    }

    /// <summary>Signals of the process that <paramref name="task"/> no longer takes are given to other threads.
    /// </summary>
    internal static void Retarget(GuestTask task, ulong signals)
    {
        lock (task.Machine.Tasks.Lock)
        {
            lock (task.Group.SignalLock)
            {
                signals &= task.Group.Pending.Set;
                IReadOnlyList<GuestTask> tasks = task.Group.Tasks;
                for (int index = 0; index < tasks.Count && signals != 0; index++)
                {
                    GuestTask other = tasks[index];
                    if (other != task && !other.IsExiting && (signals & ~other.BlockedSignals) != 0)
                    {
                        signals &= other.BlockedSignals;
                        other.Kick();
                    }
                }
            }
        }
    }

    /// <summary>sigaction made a signal ignored: those that wait are dropped. Task list lock.</summary>
    internal static void DropIgnored(ThreadGroup group, int signal)
    {
        lock (group.SignalLock)
        {
            Drop(group, SignalSet.Of(signal));
        }
    }

    /// <summary>Task list lock.</summary>
    private static Errno Send(ThreadGroup group, GuestTask? target, in siginfo_t info, bool toOthers = false)
    {
        int signal = info.si_signo;
        if (group.IsExiting || group.Tasks.Count == 0)
        {
            return Errno.None;
        }

        if (signal == SIGKILL)
        {
            group.Machine.Delivered();
            group.Exit(SIGKILL);
            return Errno.None;
        }

        Errno error;
        int parentNews = 0;
        bool deadly = false;
        lock (group.SignalLock)
        {
            if (SignalSet.Stop.Has(signal))
            {
                Drop(group, SignalSet.Of(SIGCONT));
            }
            else if (signal == SIGCONT)
            {
                Drop(group, SignalSet.Stop);
                parentNews = JobControl.Continue(group);
            }

            if (toOthers)
            {
                IReadOnlyList<GuestTask> tasks = group.Tasks;
                for (int index = 0; index < tasks.Count; index++)
                {
                    tasks[index].NoteForFork(signal);
                }
            }

            error = Queue(group, target, info, out deadly);
        }

        if (deadly)
        {
            group.Machine.Delivered();
            group.Exit(signal);
        }

        if (parentNews != 0)
        {
            JobControl.NotifyParent(group, parentNews);
        }

        return error;
    }

    /// <summary>Both locks. <paramref name="deadly"/>: the process is to end at once, without any of its threads
    /// having a look first.</summary>
    private static Errno Queue(ThreadGroup group, GuestTask? target, in siginfo_t info, out bool deadly)
    {
        int signal = info.si_signo;
        deadly = false;

        // A blocked signal is kept even if it is ignored: the action may be another when it is unblocked. A traced task
        // shows ignored ones too.
        if (!(target ?? group.Tasks[0]).BlockedSignals.Has(signal) && group.Handlers.Ignores(signal) && group.Tasks[0].Trace is null)
        {
            return Errno.None;
        }

        SignalQueue queue = target?.Pending ?? group.Pending;
        if (signal < SIGRTMIN && queue.Set.Has(signal))
        {
            return Errno.None;
        }

        // What the kernel itself sends, or kill, has room for a standard signal whatever the limit.
        ulong limit = signal < SIGRTMIN && info.si_code >= 0 ? ulong.MaxValue : group.Limits[RLIMIT_SIGPENDING].rlim_cur;
        QueuedSignal? node = group.SignalPool.Take((target ?? group.Tasks[0]).Credentials.Uid, limit);
        if (node is not null)
        {
            node.Info = info;
        }
        else if (signal >= SIGRTMIN && info.si_code != SI_USER)
        {
            return Errno.EAGAIN;
        }

        queue.Add(signal, node);
        group.SignalWait.WakeAll();
        GuestTask? taker = target is null ? Taker(group, signal) : Takes(target, signal) ? target : null;
        if (taker is null)
        {
            return Errno.None;
        }

        // A traced task shows the signal before it ends of it.
        deadly = taker.Trace is null && !(SignalSet.CoreDump | SignalSet.Stop | SignalSet.Ignore).Has(signal)
            && group.Handlers[signal].handler == SignalHandlers.SIG_DFL;
        if (!deadly)
        {
            taker.Kick();
        }

        return Errno.None;
    }

    /// <summary>The main thread if it can, else the first that can.</summary>
    private static GuestTask? Taker(ThreadGroup group, int signal)
    {
        IReadOnlyList<GuestTask> tasks = group.Tasks;
        for (int index = 0; index < tasks.Count; index++)
        {
            if (Takes(tasks[index], signal))
            {
                return tasks[index];
            }
        }

        return null;
    }

    /// <summary>One that stands still looks when it goes on.</summary>
    private static bool Takes(GuestTask task, int signal) => !task.BlockedSignals.Has(signal) && !task.IsExiting && !task.IsStopped;

    private static void Drop(ThreadGroup group, ulong signals)
    {
        group.Pending.Drop(signals, group.SignalPool);
        IReadOnlyList<GuestTask> tasks = group.Tasks;
        for (int index = 0; index < tasks.Count; index++)
        {
            tasks[index].Pending.Drop(signals, group.SignalPool);
        }
    }
}
