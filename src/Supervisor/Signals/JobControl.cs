using System.Collections.Generic;

using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>Stopping and continuing whole processes.</summary>
internal static class JobControl
{
    /// <summary>USER_HZ is 100: siginfo's times are in ticks.</summary>
    private const long NanosecondsPerTick = 10_000_000;

    /// <summary>A stop signal does its default action: every thread of the process is to stop, and this one does
    /// (Linux's do_signal_stop).</summary>
    /// <param name="continues">The process's count of SIGCONTs when the signal was taken out.</param>
    public static void Stop(GuestTask task, int signal, int continues)
    {
        ThreadGroup group = task.Group;
        if (signal != SIGSTOP && IsOrphaned(group))
        {
            return;
        }

        lock (group.Machine.Tasks.Lock)
        {
            lock (group.SignalLock)
            {
                if (group.Continues != continues)
                {
                    return;
                }

                if (group.StopSignal == 0)
                {
                    group.StopSignal = signal;
                    foreach (GuestTask other in group.Tasks)
                    {
                        if (!other.IsExiting)
                        {
                            other.MustStop = true;
                            group.Stopping++;
                            other.Kick();
                        }
                    }
                }
            }
        }

        Join(task);
    }

    /// <summary>Stands still, if the process is stopping, until it is continued or ends.</summary>
    public static void Join(GuestTask task)
    {
        if (Leave(task, stands: true))
        {
            NotifyParent(task.Group, CLD_STOPPED);
        }

        if (task.IsStopped)
        {
            task.Trace?.Stopped(task, task.Group.StopSignal);
        }

        task.Wait(task.Group.ContinueWait, ref task, static (ref GuestTask task) => !task.IsStopped || task.IsExiting, Deadline.Never, interruptible: false);
        task.IsStopped = false;
    }

    /// <summary>A thread has left its process: a stop need not wait for it, its own signals are gone, and those of
    /// the process that it was called for are given to others. Task list lock.</summary>
    public static void Left(GuestTask task)
    {
        ThreadGroup group = task.Group;
        if (Leave(task, stands: false))
        {
            NotifyParent(group, CLD_STOPPED);
        }

        lock (group.SignalLock)
        {
            task.Pending.Drop(ulong.MaxValue, group.SignalPool);
            if (group.Tasks.Count == 0)
            {
                group.Pending.Drop(ulong.MaxValue, group.SignalPool);
            }
        }

        SignalSender.Retarget(task, ~task.BlockedSignals);
    }

    /// <summary>SIGCONT was sent; both locks.</summary>
    /// <returns>What the parent is to be told: a CLD_ code, or 0.</returns>
    internal static int Continue(ThreadGroup group)
    {
        group.Continues++;
        if (group.StopSignal == 0)
        {
            return 0;
        }

        int news = group.IsStopped ? CLD_CONTINUED : CLD_STOPPED;
        group.StopSignal = 0;
        group.Stopping = 0;
        group.UnreportedStop = 0;
        group.UnreportedContinue = true;
        IReadOnlyList<GuestTask> tasks = group.Tasks;
        for (int index = 0; index < tasks.Count; index++)
        {
            tasks[index].MustStop = false;
            tasks[index].IsStopped = false;
        }

        group.ContinueWait.WakeAll();
        return news;
    }

    /// <summary>Tells the parent with SIGCHLD, unless it does not want to know, and wakes its waits. If nobody is
    /// left who could continue anybody, the supervisor stops too.</summary>
    internal static void NotifyParent(ThreadGroup group, int code)
    {
        lock (group.Machine.Tasks.Lock)
        {
            if (group.Parent is { } parent)
            {
                kernel_sigaction action = parent.Handlers[SIGCHLD];
                if (action.handler != SignalHandlers.SIG_IGN && (action.flags & SA_NOCLDSTOP) == 0)
                {
                    SignalSender.Send(parent, new siginfo_t
                    {
                        si_signo = SIGCHLD,
                        si_code = code,
                        si_pid = group.Tgid,
                        si_uid = group.Tasks.Count == 0 ? group.Uid : group.Tasks[0].Credentials.Uid,
                        si_status = code == CLD_CONTINUED ? SIGCONT : group.StopSignal,
                        si_utime = group.Used.UserNanoseconds / NanosecondsPerTick,
                        si_stime = group.Used.SystemNanoseconds / NanosecondsPerTick,
                    });
                }

                parent.ChildWait.WakeAll();
            }

            if (code == CLD_CONTINUED)
            {
                return;
            }

            foreach (ThreadGroup other in group.Machine.Tasks.Groups)
            {
                if (other.Tasks.Count != 0 && !other.IsStopped)
                {
                    return;
                }
            }
        }

        // Where ^Z did it, all that the supervisor's shell runs as this job is to stop, as it does at a terminal.
        bool isJob = group.Machine.Terminals.Host?.GiveBack() == true && group.StopSignal == SIGTSTP;
        HostSignals.Stop(isJob);
    }

    /// <summary>Nobody in its session could continue this process group: no member has a parent in another process
    /// group of the session (POSIX's orphaned process group). The first process has a parent outside, which
    /// can if the supervisor is in its session.</summary>
    public static bool IsOrphaned(ThreadGroup group)
    {
        lock (group.Machine.Tasks.Lock)
        {
            foreach (ThreadGroup member in group.Machine.Tasks.Groups)
            {
                if (member.ProcessGroup == group.ProcessGroup && member.Tasks.Count != 0
                    && (member.Parent is not { } parent ? HostSignals.HasShell : (parent.ProcessGroup != member.ProcessGroup && parent.Session == member.Session)))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <returns>Whether that was the last thread that the stop waited for.</returns>
    private static bool Leave(GuestTask task, bool stands)
    {
        ThreadGroup group = task.Group;
        lock (group.SignalLock)
        {
            if (!task.MustStop)
            {
                return false;
            }

            task.MustStop = false;
            task.IsStopped = stands;
            if (--group.Stopping != 0)
            {
                return false;
            }

            group.UnreportedStop = group.StopSignal;
            return true;
        }
    }
}
