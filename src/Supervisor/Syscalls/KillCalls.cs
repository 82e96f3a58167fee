using System;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Sending signals.</summary>
internal static unsafe class KillCalls
{
    public static readonly Syscall[] Calls =
    [
        new(62, "kill", &Kill, K.Pid, K.Signal),
        new(129, "rt_sigqueueinfo", &RtSigqueueinfo, K.Pid, K.Signal, K.InSigInfo),
        new(200, "tkill", &Tkill, K.Pid, K.Signal),
        new(234, "tgkill", &Tgkill, K.Pid, K.Pid, K.Signal),
        new(297, "rt_tgsigqueueinfo", &RtTgsigqueueinfo, K.Pid, K.Pid, K.Signal, K.InSigInfo),
    ];

    /// <summary>Sends what a program asked for to a process, or only checks for signal 0: what kill,
    /// rt_sigqueueinfo and pidfd_send_signal do once they have the process. EINVAL, EPERM, EAGAIN.</summary>
    /// <param name="toOthers">Other processes are sent it too.</param>
    public static Errno Send(GuestTask task, ThreadGroup group, int signal, in siginfo_t info, bool toOthers = false)
    {
        lock (task.Machine.Tasks.Lock)
        {
            Errno error = Check(task, group, signal, info);
            return error != Errno.None || signal == 0 ? error : SignalSender.Send(group, info, toOthers);
        }
    }

    /// <summary>The siginfo that a program passes for rt_sigqueueinfo and pidfd_send_signal. EFAULT, E2BIG.</summary>
    public static Errno ReadInfo(GuestTask task, Abi.GuestAddress address, int signal, out siginfo_t info)
    {
        const int KernelSize = 48;

        if (!task.Memory.Read(address, out info))
        {
            return Errno.EFAULT;
        }

        info.si_signo = signal;
        Span<byte> rest = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<siginfo_t>(ref info))[KernelSize..];
        if (IsKnown(info.si_signo, info.si_code))
        {
            rest.Clear();
            return Errno.None;
        }

        return rest.ContainsAnyExcept((byte)0) ? Errno.E2BIG : Errno.None;
    }

    /// <summary>A siginfo that a program may send to others: one that claims to come from the kernel or from kill is
    /// only for itself.</summary>
    public static bool IsForgery(in siginfo_t info) => info.si_code is >= 0 or SI_TKILL;

    private static SyscallResult Kill(GuestTask task, in SyscallArguments arguments)
    {
        int pid = arguments.Int(0);
        int signal = arguments.Int(1);
        siginfo_t info = SignalSender.UserInfo(task, signal);
        TaskList tasks = task.Machine.Tasks;
        lock (tasks.Lock)
        {
            if (pid > 0)
            {
                return Find(tasks, pid) is { } group ? Send(task, group, signal, info) : Errno.ESRCH;
            }

            if (pid == int.MinValue)
            {
                return Errno.ESRCH;
            }

            return pid == -1 ? KillAll(task, signal, info) : KillGroup(task, pid == 0 ? task.Group.ProcessGroup : -pid, signal, info);
        }
    }

    /// <summary>One process that it can be sent to is enough. Task list lock.</summary>
    public static Errno KillGroup(GuestTask task, int processGroup, int signal, in siginfo_t info)
    {
        bool sent = false;
        Errno result = Errno.ESRCH;
        foreach (ThreadGroup group in task.Machine.Tasks.Groups)
        {
            if (group.ProcessGroup == processGroup)
            {
                result = Send(task, group, signal, info, toOthers: true);
                sent |= result == Errno.None;
            }
        }

        return sent ? Errno.None : result;
    }

    /// <summary>All but the sender's own process; those that it may not send to do not count. Task list lock.
    /// </summary>
    private static Errno KillAll(GuestTask task, int signal, in siginfo_t info)
    {
        bool found = false;
        Errno result = Errno.None;
        foreach (ThreadGroup group in task.Machine.Tasks.Groups)
        {
            if (group != task.Group)
            {
                found = true;
                Errno error = Send(task, group, signal, info, toOthers: true);
                result = error == Errno.EPERM ? result : error;
            }
        }

        return found ? result : Errno.ESRCH;
    }

    private static SyscallResult Tkill(GuestTask task, in SyscallArguments arguments)
        => arguments.Int(0) <= 0 ? Errno.EINVAL : SendToThread(task, 0, arguments.Int(0), arguments.Int(1));

    private static SyscallResult Tgkill(GuestTask task, in SyscallArguments arguments)
        => arguments.Int(0) <= 0 || arguments.Int(1) <= 0 ? Errno.EINVAL : SendToThread(task, arguments.Int(0), arguments.Int(1), arguments.Int(2));

    private static Errno SendToThread(GuestTask task, int tgid, int tid, int signal)
        => SendToThread(task, tgid, tid, signal, SignalSender.UserInfo(task, signal, SI_TKILL));

    /// <param name="tgid">0 for any process.</param>
    public static Errno SendToThread(GuestTask task, int tgid, int tid, int signal, in siginfo_t info)
    {
        lock (task.Machine.Tasks.Lock)
        {
            GuestTask? target = task.Machine.Tasks.FindTask(tid);
            if (target is null || (tgid != 0 && target.Group.Tgid != tgid))
            {
                return Errno.ESRCH;
            }

            Errno error = Check(task, target.Group, signal, info);
            return error != Errno.None || signal == 0 ? error : SignalSender.Send(target, info);
        }
    }

    private static SyscallResult RtSigqueueinfo(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = ReadInfo(task, arguments.Address(2), arguments.Int(1), out siginfo_t info);
        if (error != Errno.None)
        {
            return error;
        }

        if (IsForgery(info) && arguments.Int(0) != task.Group.Tgid)
        {
            return Errno.EPERM;
        }

        lock (task.Machine.Tasks.Lock)
        {
            return Find(task.Machine.Tasks, arguments.Int(0)) is { } group ? Send(task, group, arguments.Int(1), info) : Errno.ESRCH;
        }
    }

    private static SyscallResult RtTgsigqueueinfo(GuestTask task, in SyscallArguments arguments)
    {
        Errno error = ReadInfo(task, arguments.Address(3), arguments.Int(2), out siginfo_t info);
        if (error != Errno.None)
        {
            return error;
        }

        if (arguments.Int(0) <= 0 || arguments.Int(1) <= 0)
        {
            return Errno.EINVAL;
        }

        if (IsForgery(info) && arguments.Int(1) != task.Tid)
        {
            return Errno.EPERM;
        }

        return SendToThread(task, arguments.Int(0), arguments.Int(1), arguments.Int(2), info);
    }

    /// <summary>A process by its id or that of one of its threads; zombies too. Task list lock.</summary>
    private static ThreadGroup? Find(TaskList tasks, int pid) => tasks.FindGroup(pid) ?? tasks.FindTask(pid)?.Group;

    /// <summary>Linux's check_kill_permission. Task list lock.</summary>
    private static Errno Check(GuestTask task, ThreadGroup group, int signal, in siginfo_t info)
    {
        if ((uint)signal > SignalHandlers.Count)
        {
            return Errno.EINVAL;
        }

        // What looks like the kernel's own can only have been sent to itself.
        if (info.si_code > 0 || group == task.Group || group.Tasks.Count == 0)
        {
            return Errno.None;
        }

        return task.Credentials.MaySignal(group.Tasks[0].Credentials) || (signal == SIGCONT && group.Session == task.Group.Session)
            ? Errno.None
            : Errno.EPERM;
    }

    /// <summary>Whether the kernel knows which fields such a siginfo has.</summary>
    private static bool IsKnown(int signal, int code)
    {
        if (code == SI_KERNEL)
        {
            return true;
        }

        if (code > SI_USER)
        {
            int most = signal switch
            {
                SIGILL => 11,
                SIGFPE => 15,
                SIGSEGV => 10,
                SIGBUS => 5,
                SIGTRAP => 6,
                SIGCHLD => 6,
                SIGSYS => 2,
                _ => POLL_HUP,
            };
            return code <= most;
        }

        return code is >= SI_DETHREAD or SI_ASYNCNL;
    }
}
