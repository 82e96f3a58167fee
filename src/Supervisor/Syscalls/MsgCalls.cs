using System;

using UmlHost.Abi;
using UmlHost.Ipc;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>System V message queues.</summary>
internal static unsafe class MsgCalls
{
    public static readonly Syscall[] Calls =
    [
        new(68, "msgget", &Get, K.IpcKey, K.IpcFlags),
        new(69, "msgsnd", &Send, K.Int, K.Pointer, K.Size, K.IpcFlags),
        new(70, "msgrcv", &Receive, K.Int, K.Pointer, K.Size, K.Long, K.IpcFlags),
        new(71, "msgctl", &Control, K.Int, K.IpcCommand, K.Pointer),
    ];

    private const int MaxQueues = 32000, SegmentSize = 16, Segments = 0xffff;

    private static SyscallResult Get(GuestTask task, in SyscallArguments args)
    {
        int key = args.Int(0), flags = args.Int(1);
        return task.Machine.MessageQueues.Get(task, key, flags, 0, static _ => 0, (GuestTask task, out MessageQueue? made) =>
        {
            made = new MessageQueue(task, key, flags);
            return Errno.None;
        });
    }

    private static SyscallResult Send(GuestTask task, in SyscallArguments args)
    {
        ulong size = args.ULong(2);
        if (!task.Memory.Read(args.Address(1), out long type))
        {
            return Errno.EFAULT;
        }

        if (size > MessageQueue.MaxBytes || args.Int(0) < 0 || type < 1)
        {
            return Errno.EINVAL;
        }

        byte[] bytes = new byte[size];
        return task.Memory.CopyIn(args.Address(1) + sizeof(long), bytes) < bytes.Length ? Errno.EFAULT
            : task.Machine.MessageQueues.Find(args.Int(0)) is { } queue ? queue.Send(task, new QueuedMessage(type, bytes), (args.Int(3) & IPC_NOWAIT) != 0)
            : Errno.EINVAL;
    }

    private static SyscallResult Receive(GuestTask task, in SyscallArguments args)
    {
        ulong size = args.ULong(2);
        int flags = args.Int(4);
        if (args.Int(0) < 0 || (long)size < 0 || ((flags & MSG_COPY) != 0 && ((flags & MSG_EXCEPT) != 0 || (flags & IPC_NOWAIT) == 0)))
        {
            return Errno.EINVAL;
        }

        if (task.Machine.MessageQueues.Find(args.Int(0)) is not { } queue)
        {
            return Errno.EINVAL;
        }

        SyscallResult result = queue.Receive(task, size, args.Long(3), flags, out QueuedMessage? message);
        if (message is null)
        {
            return result;
        }

        int length = (int)ulong.Min(size, (ulong)message.Bytes.Length);
        return task.Memory.Write(args.Address(1), message.Type) && task.Memory.CopyOut(args.Address(1) + sizeof(long), message.Bytes.AsSpan(0, length)) == length
            ? length
            : Errno.EFAULT;
    }

    private static SyscallResult Control(GuestTask task, in SyscallArguments args)
    {
        int id = args.Int(0), command = args.Int(1);
        if (id < 0 || command < 0)
        {
            return Errno.EINVAL;
        }

        IpcTable<MessageQueue> queues = task.Machine.MessageQueues;
        switch (command)
        {
            case IPC_INFO or MSG_INFO:
                return Info(task, command, args.Address(2));
            case IPC_STAT or MSG_STAT or MSG_STAT_ANY:
                return Status(task, command, command == IPC_STAT ? queues.Find(id) : queues.FindIndex(id), args.Address(2));
            case IPC_SET or IPC_RMID:
                msqid_ds wanted = default;
                return command == IPC_SET && !task.Memory.Read(args.Address(2), out wanted) ? Errno.EFAULT
                    : queues.Find(id) is not { } queue ? Errno.EINVAL
                    : Change(task, queue, command, wanted);
            default:
                return Errno.EINVAL;
        }
    }

    private static SyscallResult Info(GuestTask task, int command, GuestAddress to)
    {
        IpcTable<MessageQueue> queues = task.Machine.MessageQueues;
        (int count, int highest) = queues.Usage;
        bool used = command == MSG_INFO;
        msginfo info = new()
        {
            msgpool = used ? count : MaxQueues * MessageQueue.DefaultQueueBytes / 1024,
            msgmap = used ? (int)queues.Sum(static queue => queue.Count) : MessageQueue.DefaultQueueBytes,
            msgtql = used ? (int)queues.Sum(static queue => queue.Bytes) : MessageQueue.DefaultQueueBytes,
            msgmax = MessageQueue.MaxBytes,
            msgmnb = MessageQueue.DefaultQueueBytes,
            msgmni = MaxQueues,
            msgssz = SegmentSize,
            msgseg = Segments,
        };
        return task.Memory.Write(to, info) ? int.Max(highest, 0) : Errno.EFAULT;
    }

    private static SyscallResult Status(GuestTask task, int command, MessageQueue? queue, GuestAddress to)
    {
        if (queue is null)
        {
            return Errno.EINVAL;
        }

        msqid_ds status;
        lock (queue.Lock)
        {
            if (command != MSG_STAT_ANY && !queue.Permits(task.Credentials, IpcObject.ReadBits))
            {
                return Errno.EACCES;
            }

            status = queue.Status();
        }

        return !task.Memory.Write(to, status) ? Errno.EFAULT : command == IPC_STAT ? SyscallResult.Zero : queue.Id;
    }

    private static Errno Change(GuestTask task, MessageQueue queue, int command, in msqid_ds wanted)
    {
        lock (queue.Lock)
        {
            if (!queue.IsOwnedBy(task.Credentials))
            {
                return Errno.EPERM;
            }

            if (command == IPC_SET)
            {
                if (wanted.msg_qbytes > MessageQueue.DefaultQueueBytes && !task.Credentials.Has(CAP_SYS_RESOURCE))
                {
                    return Errno.EPERM;
                }

                Errno error = queue.SetOwner(wanted.msg_perm);
                if (error == Errno.None)
                {
                    queue.Limit = wanted.msg_qbytes;
                    queue.LimitChanged();
                }

                return error;
            }
        }

        if (task.Machine.MessageQueues.Remove(queue))
        {
            queue.Remove();
        }

        return Errno.None;
    }
}
