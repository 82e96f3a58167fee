using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Terminals;

// Sessions and process groups. Which terminal a process is controlled by, and which session and foreground group a
// terminal has, changes under the task list lock.
internal abstract partial class Terminal
{
    private int _session, _foreground;

    /// <summary>The session that it controls; 0 for none.</summary>
    public int Session => Volatile.Read(ref _session);

    /// <summary>The foreground process group; 0 for none.</summary>
    public int ForegroundGroup => Volatile.Read(ref _foreground);

    /// <summary>A new session has no terminal (setsid). Task list lock.</summary>
    public static void Leave(ThreadGroup group)
    {
        group.Terminal = null;
        group.HungUpForeground = 0;
    }

    /// <summary>The process with all its threads has ended, which if it led a session ends that one's hold on the
    /// terminal. Task list lock.</summary>
    public static void Exited(ThreadGroup group)
    {
        if (group.IsSessionLeader)
        {
            Disassociate(group, isExit: true);
        }
    }

    /// <summary>The process takes this for its controlling terminal; its group is the foreground. Task list lock.
    /// </summary>
    public void Control(ThreadGroup leader)
    {
        Volatile.Write(ref _session, leader.Session);
        Volatile.Write(ref _foreground, leader.ProcessGroup);
        leader.Terminal = this;
        leader.HungUpForeground = 0;
    }

    /// <summary>Opened without O_NOCTTY: a session leader that has no terminal yet gets this one, if it is nobody's.
    /// </summary>
    public void ControlAtOpen(GuestTask task, int flags)
    {
        ThreadGroup group = task.Group;
        if ((flags & O_NOCTTY) != 0 || (flags & O_ACCMODE) == O_WRONLY || !group.IsSessionLeader)
        {
            return;
        }
        lock (Machine.Tasks.Lock)
        {
            if (group.Terminal is null && Session == 0)
            {
                Control(group);
            }
        }
    }

    /// <summary>Whether the task's process group may read or change the terminal now (tty_check_change): one in the
    /// background is sent <paramref name="signal"/>, SIGTTIN or SIGTTOU.</summary>
    public SyscallResult CheckChange(GuestTask task, int signal)
    {
        ThreadGroup group = task.Group;
        int foreground = ForegroundGroup;
        if (group.Terminal != this || foreground == 0 || foreground == group.ProcessGroup)
        {
            return SyscallResult.Zero;
        }
        bool ignored = task.BlockedSignals.Has(signal) || group.Handlers[signal].handler == SignalHandlers.SIG_IGN;
        if (ignored)
        {
            return signal == SIGTTIN ? Errno.EIO : Errno.None;
        }
        if (JobControl.IsOrphaned(group))
        {
            return Errno.EIO;
        }
        SignalSender.SendToProcessGroup(Machine, group.ProcessGroup, SignalSender.KernelInfo(signal));
        return SyscallResult.RestartSys;
    }

    /// <summary>Every file that is open on it is dead from now on: reads give 0, all else EIO. The session leader is
    /// sent SIGHUP and SIGCONT.</summary>
    public void HangUp()
    {
        lock (Machine.Tasks.Lock)
        {
            int session = Session, foreground = ForegroundGroup;
            foreach (ThreadGroup group in Machine.Tasks.Groups)
            {
                if (session == 0 || group.Session != session)
                {
                    continue;
                }
                group.Terminal = group.Terminal == this ? null : group.Terminal;
                if (group.IsSessionLeader)
                {
                    SignalSender.Send(group, SignalSender.KernelInfo(SIGHUP));
                    SignalSender.Send(group, SignalSender.KernelInfo(SIGCONT));
                    group.HungUpForeground = foreground;
                }
            }
            Volatile.Write(ref _session, 0);
            Volatile.Write(ref _foreground, 0);
            lock (TerminalLock)
            {
                Volatile.Write(ref _generation, _generation + 1);
                _isStopped = _isHeld = false;
                DropInput();
                Discipline.SetTermios(TerminalModes.Default);
                Discipline.FlushInput();
                _signals = 0;
            }
        }
        ReadWait.WakeAll(HungUpEvents);
        WriteWait.WakeAll(HungUpEvents);
    }

    /// <summary>A signal as if typed, to the foreground process group.</summary>
    public void SendToForeground(int signal)
    {
        int foreground = ForegroundGroup;
        if (foreground != 0)
        {
            SignalSender.SendToProcessGroup(Machine, foreground, SignalSender.KernelInfo(signal));
        }
    }

    /// <summary>A session leader gives its terminal up, or ends (disassociate_ctty). Task list lock.</summary>
    private static void Disassociate(ThreadGroup leader, bool isExit)
    {
        Machine machine = leader.Machine;
        Terminal? terminal = leader.Terminal;
        int told = terminal?.ForegroundGroup ?? (isExit ? leader.HungUpForeground : 0);
        if (told != 0)
        {
            SignalSender.SendToProcessGroup(machine, told, SignalSender.KernelInfo(SIGHUP));
            if (terminal is null || !isExit)
            {
                SignalSender.SendToProcessGroup(machine, told, SignalSender.KernelInfo(SIGCONT));
            }
        }
        leader.HungUpForeground = 0;
        if (terminal is not null)
        {
            Volatile.Write(ref terminal._session, 0);
            Volatile.Write(ref terminal._foreground, 0);
            ClearSession(machine, leader.Session);
        }
    }

    private static void ClearSession(Machine machine, int session)
    {
        foreach (ThreadGroup group in machine.Tasks.Groups)
        {
            if (group.Session == session)
            {
                group.Terminal = null;
            }
        }
    }

    /// <summary>TIOCSCTTY.</summary>
    private SyscallResult SetControlling(GuestTask task, OpenFile file, bool steal)
    {
        ThreadGroup group = task.Group;
        bool privileged = task.Credentials.Has(CAP_SYS_ADMIN);
        lock (Machine.Tasks.Lock)
        {
            if (group.IsSessionLeader && group.Session == Session)
            {
                return SyscallResult.Zero;
            }
            if (!group.IsSessionLeader || group.Terminal is not null || (Session != 0 && !(steal && privileged)))
            {
                return Errno.EPERM;
            }
            if (Session != 0)
            {
                ClearSession(Machine, Session);
            }
            if (!file.CanRead && !privileged)
            {
                return Errno.EPERM;
            }
            Control(group);
            return SyscallResult.Zero;
        }
    }

    /// <summary>TIOCNOTTY.</summary>
    private SyscallResult GiveUp(GuestTask task)
    {
        ThreadGroup group = task.Group;
        lock (Machine.Tasks.Lock)
        {
            if (group.Terminal != this)
            {
                return Errno.ENOTTY;
            }
            if (group.IsSessionLeader)
            {
                Disassociate(group, isExit: false);
            }
            group.Terminal = null;
            return SyscallResult.Zero;
        }
    }

    /// <summary>TIOCSPGRP, its argument read.</summary>
    private SyscallResult SetForeground(GuestTask task, int processGroup)
    {
        ThreadGroup group = task.Group;
        if (processGroup < 0)
        {
            return Errno.EINVAL;
        }
        TaskList tasks = Machine.Tasks;
        lock (tasks.Lock)
        {
            if (group.Terminal != this || Session != group.Session)
            {
                return Errno.ENOTTY;
            }
            // The id of a process that leads no group will do as well.
            if (!tasks.HasProcessGroup(processGroup, group.Session))
            {
                ThreadGroup? process = tasks.HasProcessGroup(processGroup, session: null) ? null : tasks.FindGroupOf(processGroup);
                if (process?.Session != group.Session)
                {
                    return process is null && !tasks.HasProcessGroup(processGroup, session: null) ? Errno.ESRCH : Errno.EPERM;
                }
            }
            Volatile.Write(ref _foreground, processGroup);
            return SyscallResult.Zero;
        }
    }
}
