using System;
using System.Text;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Ipc;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>POSIX message queues.</summary>
internal static unsafe class MqCalls
{
    public static readonly Syscall[] Calls =
    [
        new(240, "mq_open", &Open, K.String, K.OpenFlags, K.Mode, K.Pointer),
        new(241, "mq_unlink", &Unlink, K.String),
        new(242, "mq_timedsend", &Send, K.Fd, K.InBuffer, K.Size, K.UInt, K.InTimespec),
        new(243, "mq_timedreceive", &Receive, K.Fd, K.OutBuffer, K.Size, K.OutInt, K.InTimespec),
        new(244, "mq_notify", &Notify, K.Fd, K.InSigEvent)
        {
            Support = Support.Partial,
            Caveat = "SIGEV_THREAD needs AF_NETLINK, which there is not",
        },
        new(245, "mq_getsetattr", &GetSetAttributes, K.Fd, K.Pointer, K.Pointer),
    ];

    private const int MaxPriority = 32768, MaxName = 255;

    private static SyscallResult Open(GuestTask task, in SyscallArguments args)
    {
        mq_attr? wanted = null;
        if (!args.Address(3).IsNull)
        {
            if (!task.Memory.Read(args.Address(3), out mq_attr given))
            {
                return Errno.EFAULT;
            }

            wanted = given;
        }

        Errno error = ReadName(task, args.Address(0), out string name);
        if (error != Errno.None && error is not (Errno.EACCES or Errno.ENAMETOOLONG))
        {
            return error;
        }

        int flags = args.Int(1);
        int fd = task.Files.Reserve(closeOnExec: true);
        if (fd < 0)
        {
            return (long)fd;
        }

        PosixQueue? queue = null;
        if (error == Errno.None)
        {
            error = task.Machine.PosixQueues.Open(task, name, flags, args.UInt(2), wanted, out queue);
        }

        if (queue is null)
        {
            task.Files.Unreserve(fd);
            return error;
        }

        task.Files.Install(fd, new PosixQueueFile(queue, task.Group, flags));
        return (long)fd;
    }

    private static SyscallResult Unlink(GuestTask task, in SyscallArguments args)
    {
        Errno error = ReadName(task, args.Address(0), out string name);
        return error != Errno.None ? error : task.Machine.PosixQueues.Unlink(task, name);
    }

    /// <summary>A name without its slash, as the C library hands it on.</summary>
    private static Errno ReadName(GuestTask task, GuestAddress at, out string name)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int length = task.Memory.ReadString(at, buffer);
        name = length < 0 ? "" : Encoding.Latin1.GetString(buffer[..length]);
        return length < 0 ? (Errno)(-length)
            : length == 0 ? Errno.ENOENT
            : name is "." or ".." || name.Contains('/', StringComparison.Ordinal) ? Errno.EACCES
            : length > MaxName ? Errno.ENAMETOOLONG
            : Errno.None;
    }

    private static Errno ReadTimeout(GuestTask task, GuestAddress at, out Deadline deadline)
    {
        deadline = Deadline.Never;
        if (at.IsNull)
        {
            return Errno.None;
        }

        if (!task.Memory.Read(at, out timespec time))
        {
            return Errno.EFAULT;
        }

        deadline = new Deadline(CLOCK_REALTIME, Deadline.ToNanoseconds(time));
        return time.tv_sec < 0 || (ulong)time.tv_nsec >= Deadline.NanosecondsPerSecond ? Errno.EINVAL : Errno.None;
    }

    private static SyscallResult Send(GuestTask task, in SyscallArguments args)
    {
        Errno error = ReadTimeout(task, args.Address(4), out Deadline deadline);
        if (error != Errno.None)
        {
            return error;
        }

        if (args.UInt(3) >= MaxPriority)
        {
            return Errno.EINVAL;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not PosixQueueFile { CanWrite: true } file)
        {
            return Errno.EBADF;
        }

        if (args.ULong(2) > (ulong)file.Queue.MessageSize)
        {
            return Errno.EMSGSIZE;
        }

        byte[] bytes = new byte[args.Int(2)];
        return task.Memory.CopyIn(args.Address(1), bytes) < bytes.Length ? Errno.EFAULT
            : file.Queue.Send(task, bytes, args.UInt(3), file.IsNonblocking, deadline);
    }

    private static SyscallResult Receive(GuestTask task, in SyscallArguments args)
    {
        Errno error = ReadTimeout(task, args.Address(4), out Deadline deadline);
        if (error != Errno.None)
        {
            return error;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not PosixQueueFile { CanRead: true } file)
        {
            return Errno.EBADF;
        }

        if (args.ULong(2) < (ulong)file.Queue.MessageSize)
        {
            return Errno.EMSGSIZE;
        }

        SyscallResult result = file.Queue.Receive(task, file.IsNonblocking, deadline, out byte[] bytes, out uint priority);
        return result.Failed ? result
            : !args.Address(3).IsNull && !task.Memory.Write(args.Address(3), priority) ? Errno.EFAULT
            : task.Memory.CopyOut(args.Address(1), bytes) < bytes.Length ? Errno.EFAULT
            : result;
    }

    private static SyscallResult Notify(GuestTask task, in SyscallArguments args)
    {
        sigevent? notify = null;
        if (!args.Address(1).IsNull)
        {
            if (!task.Memory.Read(args.Address(1), out sigevent given))
            {
                return Errno.EFAULT;
            }

            if (given.sigev_notify is not (SIGEV_NONE or SIGEV_SIGNAL or SIGEV_THREAD)
                || (given.sigev_notify == SIGEV_SIGNAL && given.sigev_signo is < 0 or > 64))
            {
                return Errno.EINVAL;
            }

            if (given.sigev_notify == SIGEV_THREAD)
            {
                // The signal number is the descriptor of a netlink socket: no descriptor is one.
                using FileReference socket = task.Files.Get(given.sigev_signo);
                return socket.File is null ? Errno.EBADF : socket.File is Sockets.Socket ? Errno.EINVAL : Errno.ENOTSOCK;
            }

            notify = given;
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        return reference.File is PosixQueueFile file ? file.Queue.Register(task, notify) : Errno.EBADF;
    }

    private static SyscallResult GetSetAttributes(GuestTask task, in SyscallArguments args)
    {
        mq_attr wanted = default;
        if (!args.Address(1).IsNull)
        {
            if (!task.Memory.Read(args.Address(1), out wanted))
            {
                return Errno.EFAULT;
            }

            if ((wanted.mq_flags & ~O_NONBLOCK) != 0)
            {
                return Errno.EINVAL;
            }
        }

        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not PosixQueueFile file)
        {
            return Errno.EBADF;
        }

        mq_attr old = new()
        {
            mq_flags = file.Flags & O_NONBLOCK,
            mq_maxmsg = file.Queue.MaxMessages,
            mq_msgsize = file.Queue.MessageSize,
            mq_curmsgs = file.Queue.Count,
        };
        if (!args.Address(1).IsNull)
        {
            file.SetStatusFlags((file.Flags & ~O_NONBLOCK) | ((int)wanted.mq_flags & O_NONBLOCK));
        }

        return args.Address(2).IsNull || task.Memory.Write(args.Address(2), old) ? Errno.None : Errno.EFAULT;
    }
}
