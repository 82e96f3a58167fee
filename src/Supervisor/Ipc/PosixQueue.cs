using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Signals;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

/// <summary>A POSIX message queue (Linux's mqueue_inode_info). Lives as long as it has a name or is open. Lock:
/// <c>posix queue lock</c>, an object lock.</summary>
internal sealed class PosixQueue(uint uid, uint gid, uint mode, long maxMessages, long messageSize)
{
    private const uint InEvents = POLLIN | POLLRDNORM, OutEvents = POLLOUT | POLLWRNORM;

    private readonly Lock _queueLock = new();
    private readonly WaitQueue _readWait = new(), _writeWait = new();
    private readonly LinkedList<(uint Priority, byte[] Bytes)> _messages = [];
    private long _bytes;
    private int _waitingReceivers;
    private sigevent? _notify;
    private ThreadGroup? _notified;

    public uint Uid => uid;

    public uint Gid => gid;

    public uint Mode => mode;

    public long MaxMessages => maxMessages;

    public long MessageSize => messageSize;

    /// <summary>Of the process that is to be notified, for reads of the descriptor.</summary>
    public (long Bytes, int How, int Signal, int Pid) State
    {
        get
        {
            lock (_queueLock)
            {
                return _notify is { } notify
                    ? (_bytes, notify.sigev_notify, notify.sigev_notify == SIGEV_SIGNAL ? notify.sigev_signo : 0, _notified!.Tgid)
                    : (_bytes, 0, 0, 0);
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_queueLock)
            {
                return _messages.Count;
            }
        }
    }

    public uint Poll(Fs.PollTable? table)
    {
        table?.Add(_readWait);
        table?.Add(_writeWait);
        int count = Count;
        return (count > 0 ? InEvents : 0) | (count < MaxMessages ? OutEvents : 0);
    }

    /// <summary>mq_timedsend; ETIMEDOUT.</summary>
    public SyscallResult Send(GuestTask task, byte[] bytes, uint priority, bool nonblocking, Deadline deadline)
    {
        while (true)
        {
            sigevent? notify = null;
            ThreadGroup? notified = null;
            bool sent;
            lock (_queueLock)
            {
                sent = _messages.Count < MaxMessages;
                if (sent)
                {
                    // Only a message that comes to an empty queue, and that nobody waits for, is worth a notice.
                    if (_messages.Count == 0 && _waitingReceivers == 0 && _notify is not null)
                    {
                        (notify, notified) = (_notify, _notified);
                        Unregister();
                    }

                    Add(priority, bytes);
                }
            }

            if (sent)
            {
                _readWait.Wake(InEvents);
                if (notify is { sigev_notify: SIGEV_SIGNAL } signal)
                {
                    SignalSender.Send(notified!, new siginfo_t
                    {
                        si_signo = signal.sigev_signo,
                        si_code = SI_MESGQ,
                        si_pid = task.Group.Tgid,
                        si_uid = task.Credentials.Uid,
                        si_value = signal.sigev_value,
                    });
                }

                return SyscallResult.Zero;
            }

            SyscallResult waited = Wait(task, _writeWait, nonblocking, deadline, static (ref PosixQueue queue) => queue.Count < queue.MaxMessages);
            if (waited.Failed)
            {
                return waited;
            }
        }
    }

    /// <summary>mq_timedreceive: the oldest message of the highest priority.</summary>
    public SyscallResult Receive(GuestTask task, bool nonblocking, Deadline deadline, out byte[] bytes, out uint priority)
    {
        (priority, bytes) = (0, []);
        bool counted = false;
        while (true)
        {
            bool received = false;
            lock (_queueLock)
            {
                if (_messages.First is { } first)
                {
                    received = true;
                    (priority, bytes) = first.Value;
                    _messages.RemoveFirst();
                    _bytes -= bytes.Length;
                    _waitingReceivers -= counted ? 1 : 0;
                }
                else if (!counted && !nonblocking)
                {
                    // With the look at the empty queue: a message that comes next is for this task, and no notice.
                    counted = true;
                    _waitingReceivers++;
                }
            }

            if (received)
            {
                _writeWait.Wake(OutEvents);
                return (long)bytes.Length;
            }

            SyscallResult waited = Wait(task, _readWait, nonblocking, deadline, static (ref PosixQueue queue) => queue.Count > 0);
            if (waited.Failed)
            {
                lock (_queueLock)
                {
                    _waitingReceivers -= counted ? 1 : 0;
                }

                return waited;
            }
        }
    }

    /// <summary>mq_notify: EBUSY where somebody is registered.</summary>
    /// <param name="notify">Null takes the caller's registration back.</param>
    public Errno Register(GuestTask task, sigevent? notify)
    {
        lock (_queueLock)
        {
            if (notify is null)
            {
                if (_notified == task.Group)
                {
                    Unregister();
                }

                return Errno.None;
            }

            if (_notified is { IsZombie: false })
            {
                return Errno.EBUSY;
            }

            (_notify, _notified) = (notify, task.Group);
            return Errno.None;
        }
    }

    /// <summary>A descriptor of a process that may be registered is gone.</summary>
    public void Forget(ThreadGroup group)
    {
        lock (_queueLock)
        {
            if (_notified == group)
            {
                Unregister();
            }
        }
    }

    private void Unregister() => (_notify, _notified) = (null, null);

    private void Add(uint priority, byte[] bytes)
    {
        LinkedListNode<(uint Priority, byte[] Bytes)>? before = _messages.Last;
        while (before is not null && before.Value.Priority < priority)
        {
            before = before.Previous;
        }

        if (before is null)
        {
            _messages.AddFirst((priority, bytes));
        }
        else
        {
            _messages.AddAfter(before, (priority, bytes));
        }

        _bytes += bytes.Length;
    }

    private SyscallResult Wait(GuestTask task, WaitQueue queue, bool nonblocking, Deadline deadline, WaitCondition<PosixQueue> condition)
    {
        if (nonblocking)
        {
            return Errno.EAGAIN;
        }

        PosixQueue self = this;
        switch (task.Wait(queue, ref self, condition, deadline, exclusive: true))
        {
            case WaitResult.Ready:
                return SyscallResult.Zero;
            case WaitResult.TimedOut:
                return Errno.ETIMEDOUT;
            default:
                // The wake-up that this task had may have been another's.
                if (condition(ref self))
                {
                    queue.Wake();
                }

                return SyscallResult.RestartSys;
        }
    }
}
