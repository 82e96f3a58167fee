using System;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>Waiting for the next of some signals, to take it (sigtimedwait, signalfd).</summary>
internal struct WantedSignal
{
    public GuestTask Task;
    public ulong Wanted;
    public siginfo_t Info;

    public bool TryTake()
    {
        lock (Task.Group.SignalLock)
        {
            return SignalDelivery.TryTake(Task, Wanted, out Info);
        }
    }
}

/// <summary>A signalfd: takes signals of whichever task reads it.</summary>
internal sealed unsafe class SignalFile(ulong mask, int flags) : AnonymousFile((flags & SFD_NONBLOCK) | O_RDWR)
{
    private ulong _mask = mask & ~SignalSet.Unblockable;

    /// <summary>The signals it is for; /proc's fdinfo shows them.</summary>
    public ulong Mask => Volatile.Read(ref _mask);

    public void SetMask(GuestTask task, ulong mask)
    {
        Volatile.Write(ref _mask, mask & ~SignalSet.Unblockable);
        task.Group.SignalWait.WakeAll();
    }

    protected override ReadOnlySpan<byte> Name => "anon_inode:[signalfd]"u8;

    public override void DescribeMore(TextBuffer text) => text.Append("sigmask:\t"u8).AppendHex(Mask, 16).Append("\n"u8);

    public override bool CanPoll => true;

    /// <summary>As the task that asks would find it.</summary>
    public override uint Poll(PollTable? table)
    {
        GuestTask task = GuestTask.Current;
        table?.Add(task.Group.SignalWait);
        lock (task.Group.SignalLock)
        {
            return ((task.Pending.Set | task.Group.Pending.Set) & Mask) != 0 ? POLLIN | POLLRDNORM : 0u;
        }
    }

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        if (to.Count < (ulong)sizeof(signalfd_siginfo))
        {
            return Errno.EINVAL;
        }

        long done = 0;
        WantedSignal signal = new() { Task = task };
        for (; to.Count >= (ulong)sizeof(signalfd_siginfo); done += sizeof(signalfd_siginfo))
        {
            signal.Wanted = Mask;
            if (!signal.TryTake())
            {
                if (done != 0)
                {
                    break;
                }

                if (IsNonblocking)
                {
                    return Errno.EAGAIN;
                }

                (SignalFile File, WantedSignal Signal) state = (this, signal);
                if (task.Wait(task.Group.SignalWait, ref state, static (ref (SignalFile File, WantedSignal Signal) state) => state.File.TryTake(ref state.Signal), Deadline.Never) != WaitResult.Ready)
                {
                    return SyscallResult.RestartSys;
                }

                signal = state.Signal;
            }

            signalfd_siginfo record = Record(signal.Info);
            if (to.CopyOut(task.Memory, new ReadOnlySpan<byte>(&record, sizeof(signalfd_siginfo))) != sizeof(signalfd_siginfo))
            {
                return done == 0 ? Errno.EFAULT : done;
            }
        }

        return done;
    }

    protected override void Close()
    {
    }

    private static signalfd_siginfo Record(in siginfo_t info)
    {
        signalfd_siginfo record = new()
        {
            ssi_signo = (uint)info.si_signo,
            ssi_errno = info.si_errno,
            ssi_code = info.si_code,
        };
        switch (Layout(info))
        {
            case SigInfoLayout.Timer:
                record.ssi_tid = (uint)info.si_timerid;
                record.ssi_overrun = (uint)info.si_overrun;
                record.ssi_ptr = info.si_value.sival_ptr;
                record.ssi_int = info.si_value.sival_int;
                break;
            case SigInfoLayout.Poll:
                record.ssi_band = (uint)info.si_band;
                record.ssi_fd = info.si_fd;
                break;
            case SigInfoLayout.Fault:
                record.ssi_addr = info.si_addr;
                record.ssi_addr_lsb = info.si_signo == SIGBUS ? (ushort)info.si_addr_lsb : (ushort)0;
                break;
            case SigInfoLayout.Child:
                record.ssi_pid = (uint)info.si_pid;
                record.ssi_uid = info.si_uid;
                record.ssi_status = info.si_status;
                record.ssi_utime = (ulong)info.si_utime;
                record.ssi_stime = (ulong)info.si_stime;
                break;
            case SigInfoLayout.Queue:
                record.ssi_pid = (uint)info.si_pid;
                record.ssi_uid = info.si_uid;
                record.ssi_ptr = info.si_value.sival_ptr;
                record.ssi_int = info.si_value.sival_int;
                break;
            default:
                record.ssi_pid = (uint)info.si_pid;
                record.ssi_uid = info.si_uid;
                break;
        }

        return record;
    }

    /// <summary>Which fields of a siginfo count (Linux's siginfo_layout).</summary>
    private static SigInfoLayout Layout(in siginfo_t info) => info.si_code switch
    {
        > SI_USER and < SI_KERNEL => info.si_signo switch
        {
            SIGCHLD => SigInfoLayout.Child,
            SIGPOLL => SigInfoLayout.Poll,
            SIGSEGV or SIGBUS or SIGILL or SIGFPE or SIGTRAP => SigInfoLayout.Fault,
            _ => info.si_code <= POLL_HUP ? SigInfoLayout.Poll : SigInfoLayout.Kill,
        },
        SI_TIMER => SigInfoLayout.Timer,
        SI_SIGIO => SigInfoLayout.Poll,
        < 0 and not SI_TKILL => SigInfoLayout.Queue,
        _ => SigInfoLayout.Kill,
    };

    private bool TryTake(ref WantedSignal signal)
    {
        signal.Wanted = Mask;
        return signal.TryTake();
    }

    private enum SigInfoLayout
    {
        Kill,
        Queue,
        Timer,
        Poll,
        Fault,
        Child,
    }
}
