using System.Collections.Generic;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

/// <summary>A message of a System V queue: a positive type, and bytes.</summary>
internal sealed record QueuedMessage(long Type, byte[] Bytes);

/// <summary>A System V message queue (Linux's msg_queue).</summary>
internal sealed class MessageQueue : IpcObject
{
    /// <summary>MSGMAX and MSGMNB.</summary>
    public const int MaxBytes = 8192, DefaultQueueBytes = 16384;

    private readonly LinkedList<QueuedMessage> _messages = [];
    private readonly LinkedList<Receiver> _receivers = [];
    private readonly WaitQueue _senders = new();
    private long _sent, _received;
    private int _lastSender, _lastReceiver;

    public MessageQueue(GuestTask task, int key, int flags)
        : base(key, (uint)flags, task.Credentials)
    {
    }

    /// <summary>The most bytes in the queue (msg_qbytes).</summary>
    public ulong Limit { get; set; } = DefaultQueueBytes;

    public ulong Bytes { get; private set; }

    public ulong Count => (ulong)_messages.Count;

    /// <summary>IPC_STAT. The lock.</summary>
    public msqid_ds Status() => new()
    {
        msg_perm = Permissions(),
        msg_stime = _sent,
        msg_rtime = _received,
        msg_ctime = Changed,
        __msg_cbytes = Bytes,
        msg_qnum = Count,
        msg_qbytes = Limit,
        msg_lspid = _lastSender,
        msg_lrpid = _lastReceiver,
    };

    public SyscallResult Send(GuestTask task, QueuedMessage message, bool nonblocking)
    {
        while (true)
        {
            lock (Lock)
            {
                if (!Permits(task.Credentials, WriteBits))
                {
                    return Errno.EACCES;
                }

                if (IsRemoved)
                {
                    return Errno.EIDRM;
                }

                if (HasRoom(message.Bytes.Length))
                {
                    _lastSender = task.Group.Tgid;
                    _sent = Now();
                    if (!HandOver(message))
                    {
                        _messages.AddLast(message);
                        Bytes += (ulong)message.Bytes.Length;
                    }

                    return SyscallResult.Zero;
                }

                if (nonblocking)
                {
                    return Errno.EAGAIN;
                }
            }

            (MessageQueue Queue, int Length) state = (this, message.Bytes.Length);
            WaitResult result = task.Wait(
                _senders, ref state, static (ref (MessageQueue Queue, int Length) state) => state.Queue.IsRemoved || state.Queue.HasRoom(state.Length), Deadline.Never);
            if (result == WaitResult.Interrupted)
            {
                return IsRemoved ? Errno.EIDRM : SyscallResult.RestartNoHand;
            }
        }
    }

    /// <param name="type">0 for the first; negative for the lowest type up to that; otherwise the type, or with
    /// MSG_EXCEPT any other.</param>
    public SyscallResult Receive(GuestTask task, ulong size, long type, int flags, out QueuedMessage? message)
    {
        Receiver receiver = new(type, flags, size, task.Group.Tgid);
        message = null;
        lock (Lock)
        {
            if (!Permits(task.Credentials, ReadBits))
            {
                return Errno.EACCES;
            }

            if (IsRemoved)
            {
                return Errno.EIDRM;
            }

            LinkedListNode<QueuedMessage>? found = Find(receiver);
            if (found is not null)
            {
                message = found.Value;
                if (!receiver.Fits(message))
                {
                    message = null;
                    return Errno.E2BIG;
                }

                if ((flags & MSG_COPY) != 0)
                {
                    return SyscallResult.Zero;
                }

                _messages.Remove(found);
                Bytes -= (ulong)message.Bytes.Length;
                _received = Now();
                _lastReceiver = task.Group.Tgid;
                _senders.WakeAll();
                return SyscallResult.Zero;
            }

            if ((flags & IPC_NOWAIT) != 0)
            {
                return Errno.ENOMSG;
            }

            _receivers.AddLast(receiver);
        }

        WaitResult result = task.Wait(receiver.Queue, ref receiver, static (ref Receiver receiver) => receiver.IsDone, Deadline.Never);
        lock (Lock)
        {
            if (!receiver.IsDone)
            {
                _receivers.Remove(receiver);
                _ = result;
                return SyscallResult.RestartNoHand;
            }
        }

        message = receiver.Message;
        return receiver.Result;
    }

    /// <summary>IPC_RMID.</summary>
    public void Remove()
    {
        lock (Lock)
        {
            IsRemoved = true;
            _messages.Clear();
            Bytes = 0;
            foreach (Receiver receiver in _receivers)
            {
                receiver.Finish(null, Errno.EIDRM);
            }

            _receivers.Clear();
        }

        _senders.WakeAll();
    }

    /// <summary>The limit has changed: everybody looks again. The lock.</summary>
    public void LimitChanged()
    {
        _senders.WakeAll();
    }

    private bool HasRoom(int length) => (ulong)length + Bytes <= Limit && 1 + Count <= Limit;

    /// <summary>Gives a message to the first receiver that waits for its like. Receivers whose buffer is too small
    /// learn that.</summary>
    private bool HandOver(QueuedMessage message)
    {
        LinkedListNode<Receiver>? next;
        for (LinkedListNode<Receiver>? node = _receivers.First; node is not null; node = next)
        {
            next = node.Next;
            Receiver receiver = node.Value;
            if (!receiver.Wants(message.Type))
            {
                continue;
            }

            _receivers.Remove(node);
            if (receiver.Fits(message))
            {
                _lastReceiver = receiver.Pid;
                _received = Now();
                receiver.Finish(message, Errno.None);
                return true;
            }

            receiver.Finish(null, Errno.E2BIG);
        }

        return false;
    }

    private LinkedListNode<QueuedMessage>? Find(Receiver receiver)
    {
        LinkedListNode<QueuedMessage>? found = null;
        long index = 0;
        for (LinkedListNode<QueuedMessage>? node = _messages.First; node is not null; node = node.Next, index++)
        {
            if (receiver.IsCopy)
            {
                if (index == receiver.Type)
                {
                    return node;
                }
            }
            else if (receiver.Wants(node.Value.Type))
            {
                if (receiver.Type >= 0)
                {
                    return node;
                }

                found = found is null || node.Value.Type < found.Value.Type ? node : found;
            }
        }

        return found;
    }

    private sealed class Receiver(long type, int flags, ulong size, int pid)
    {
        private volatile bool _isDone;

        public long Type => type;

        public int Pid => pid;

        public bool IsCopy => (flags & MSG_COPY) != 0;

        public WaitQueue Queue { get; } = new();

        public bool IsDone => _isDone;

        public QueuedMessage? Message { get; private set; }

        public Errno Result { get; private set; }

        public bool Wants(long given) => type == 0 || (type < 0 ? given <= (type == long.MinValue ? long.MaxValue : -type)
            : (flags & MSG_EXCEPT) != 0 ? given != type
            : given == type);

        public bool Fits(QueuedMessage message) => (flags & MSG_NOERROR) != 0 || (ulong)message.Bytes.Length <= size;

        public void Finish(QueuedMessage? message, Errno result)
        {
            Message = message;
            Result = result;
            _isDone = true;
            Queue.WakeAll();
        }
    }
}
