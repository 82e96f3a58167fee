using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Who gets a signal when an open file becomes ready (Linux's fown_struct and fasync_struct). Its entries hang
/// in the queues that poll would wait in. A wake-up comes with locks held, and signals take outer ones: so it only
/// notes down what is due, and whoever woke sends it at the end of its call, or before it sleeps. Lock: <c>file owner
/// lock</c>, a leaf.</summary>
internal sealed class FileOwner
{
    private static readonly Lock s_lock = new();
    private static readonly List<(FileOwner Owner, int Reason)> s_due = [];
    private static bool s_isDue;

    private readonly List<Entry> _entries = [];
    private Machine? _machine;
    private Credentials? _setter;
    private int _fd;

    /// <summary>Some <see cref="SendDue"/> is wanted.</summary>
    public static bool IsDue => Volatile.Read(ref s_isDue);

    /// <summary>F_OWNER_*.</summary>
    public int Kind { get; private set; } = F_OWNER_PID;

    /// <summary>A thread's, a process's or a process group's; 0 for nobody.</summary>
    public int Id { get; private set; }

    /// <summary>F_SETSIG: 0 for SIGIO without more information.</summary>
    public int Signal { get; set; }

    /// <summary>F_GETOWNER_UIDS: those of who set the owner.</summary>
    public (uint Uid, uint EffectiveUid) Uids => _setter is { } setter ? (setter.Uid, setter.EffectiveUid) : default;

    /// <summary>Sends what wake-ups left to be sent. Without locks.</summary>
    public static void SendDue()
    {
        while (IsDue)
        {
            (FileOwner Owner, int Reason)[] due;
            lock (s_lock)
            {
                due = s_due.ToArray();
                s_due.Clear();
                Volatile.Write(ref s_isDue, false);
            }

            foreach ((FileOwner owner, int reason) in due)
            {
                owner.Send(reason);
            }
        }
    }

    /// <summary>F_SETOWN, F_SETOWN_EX. ESRCH where there is none; 0 means nobody.</summary>
    public Errno Set(GuestTask task, int kind, int id)
    {
        TaskList tasks = task.Machine.Tasks;
        lock (tasks.Lock)
        {
            bool exists = id == 0 || kind switch
            {
                F_OWNER_TID => tasks.FindTask(id) is not null,
                F_OWNER_PID => tasks.FindGroup(id) is not null,
                _ => tasks.HasProcessGroup(id, null),
            };
            if (!exists)
            {
                return Errno.ESRCH;
            }

            _machine = task.Machine;
            _setter = task.Credentials;
            Kind = kind;
            Id = id;
            return Errno.None;
        }
    }

    /// <summary>From now on each wake-up of who waits for the file is a signal.</summary>
    public void Start(OpenFile file, int fd)
    {
        _fd = fd;
        _ = file.Poll(new Table(this));
    }

    public void Stop()
    {
        List<Entry> entries;
        lock (s_lock)
        {
            entries = [.. _entries];
            _entries.Clear();
        }

        foreach (Entry entry in entries)
        {
            entry.Queue?.Remove(entry);
        }
    }

    private void Send(int reason)
    {
        const long InBand = POLLIN | POLLRDNORM, OutBand = POLLOUT | POLLWRNORM | POLLWRBAND;
        if (_machine is not { } machine || _setter is not { } setter || Id == 0)
        {
            return;
        }

        siginfo_t info = Signal == 0 ? SignalSender.KernelInfo(SIGIO) : new siginfo_t
        {
            si_signo = Signal,
            si_code = Signal is SIGILL or SIGFPE or SIGSEGV or SIGBUS or SIGTRAP or SIGCHLD or SIGSYS ? SI_SIGIO : reason,
            si_band = reason == POLL_IN ? InBand : OutBand,
            si_fd = _fd,
        };
        lock (machine.Tasks.Lock)
        {
            foreach (ThreadGroup group in machine.Tasks.Groups)
            {
                GuestTask? thread = Kind == F_OWNER_TID ? machine.Tasks.FindTask(Id) : null;
                bool isMeant = Kind switch
                {
                    F_OWNER_TID => thread?.Group == group,
                    F_OWNER_PID => group.Tgid == Id,
                    _ => group.ProcessGroup == Id,
                };
                if (!isMeant || group.Tasks.Count == 0 || !MaySignal(setter, (thread ?? group.Tasks[0]).Credentials))
                {
                    continue;
                }

                // Where there is no room for what the signal says, SIGIO says that something was lost.
                if ((thread is null ? SignalSender.Send(group, info) : SignalSender.Send(thread, info)) != Errno.None)
                {
                    _ = SignalSender.Send(group, SignalSender.KernelInfo(SIGIO));
                }
            }
        }
    }

    /// <summary>Linux's sigio_perm: capabilities do not count, but that root's do.</summary>
    private static bool MaySignal(Credentials setter, Credentials target) =>
        setter.EffectiveUid == 0 || setter.EffectiveUid == target.SavedUid || setter.EffectiveUid == target.Uid
        || setter.Uid == target.SavedUid || setter.Uid == target.Uid;

    private sealed class Table(FileOwner owner) : PollTable
    {
        public override void Add(WaitQueue queue)
        {
            Entry entry = new(owner);
            lock (s_lock)
            {
                owner._entries.Add(entry);
            }

            queue.Add(entry);
        }
    }

    private sealed class Entry(FileOwner owner) : WaitEntry
    {
        protected internal override bool OnWake(uint events)
        {
            lock (s_lock)
            {
                s_due.Add((owner, (events & (POLLIN | POLLRDNORM | POLLPRI)) != 0 ? POLL_IN : POLL_OUT));
                Volatile.Write(ref s_isDue, true);
            }

            return false;
        }
    }
}
