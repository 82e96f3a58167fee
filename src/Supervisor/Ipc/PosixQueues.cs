using System.Collections.Generic;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

/// <summary>POSIX message queues by name (the mqueue file system), and what they cost their users. Lock: <c>posix
/// queues lock</c>, outside of the queues' own.</summary>
internal sealed class PosixQueues
{
    /// <summary>/proc/sys/fs/mqueue/*.</summary>
    private const int MaxQueues = 256, DefaultMessages = 10, DefaultMessageSize = 8192, MaxMessages = 10, MaxMessageSize = 8192;

    private const int HardMaxMessages = 65536, HardMaxMessageSize = 16 * 1024 * 1024;

    private readonly Lock _queuesLock = new();
    private readonly Dictionary<string, PosixQueue> _queues = [];
    private readonly Dictionary<uint, ulong> _bytesOfUsers = [];

    /// <summary>mq_open, name checked.</summary>
    /// <param name="wanted">Null for the defaults.</param>
    public Errno Open(GuestTask task, string name, int flags, uint mode, mq_attr? wanted, out PosixQueue? queue)
    {
        lock (_queuesLock)
        {
            if (!_queues.TryGetValue(name, out queue))
            {
                return (flags & O_CREAT) == 0 ? Errno.ENOENT : Create(task, name, mode, wanted, out queue);
            }

            Errno error = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ? Errno.EEXIST
                : (flags & O_ACCMODE) == (O_RDWR | O_WRONLY) ? Errno.EINVAL
                : MayOpen(task.Credentials, queue, flags) ? Errno.None
                : Errno.EACCES;
            queue = error == Errno.None ? queue : null;
            return error;
        }
    }

    /// <summary>mq_unlink: of another's queue only with privilege, as in any directory that is sticky.</summary>
    public Errno Unlink(GuestTask task, string name)
    {
        lock (_queuesLock)
        {
            if (!_queues.TryGetValue(name, out PosixQueue? queue))
            {
                return Errno.ENOENT;
            }

            if (queue.Uid != task.Credentials.FileUid && task.Credentials.FileUid != 0 && !task.Credentials.Has(CAP_FOWNER))
            {
                return Errno.EPERM;
            }

            _queues.Remove(name);
            _bytesOfUsers[queue.Uid] = _bytesOfUsers.GetValueOrDefault(queue.Uid) - BytesOf(queue.MaxMessages, queue.MessageSize);
            return Errno.None;
        }
    }

    private static bool MayOpen(Credentials credentials, PosixQueue queue, int flags)
    {
        uint wanted = (flags & O_ACCMODE) switch { O_RDONLY => 4u, O_WRONLY => 2u, _ => 6u };
        uint granted = credentials.FileUid == queue.Uid ? queue.Mode >> 6 : credentials.IsInGroup(queue.Gid) ? queue.Mode >> 3 : queue.Mode;
        return (wanted & ~granted) == 0 || credentials.Has(CAP_DAC_OVERRIDE);
    }

    /// <summary>What RLIMIT_MSGQUEUE counts.</summary>
    private static ulong BytesOf(long messages, long size) => ((ulong)messages * (ulong)(size + 48)) + (ulong.Min((ulong)messages, 32768) * 48);

    private Errno Create(GuestTask task, string name, uint mode, mq_attr? wanted, out PosixQueue? queue)
    {
        queue = null;
        bool privileged = task.Credentials.Has(CAP_SYS_RESOURCE);
        if (_queues.Count >= MaxQueues && !privileged)
        {
            return Errno.ENOSPC;
        }

        long messages = wanted?.mq_maxmsg ?? DefaultMessages, size = wanted?.mq_msgsize ?? DefaultMessageSize;
        if (messages <= 0 || size <= 0 || messages > (privileged ? HardMaxMessages : MaxMessages) || size > (privileged ? HardMaxMessageSize : MaxMessageSize))
        {
            return Errno.EINVAL;
        }

        uint user = task.Credentials.FileUid;
        ulong bytes = _bytesOfUsers.GetValueOrDefault(user) + BytesOf(messages, size);
        if (bytes > task.Group.Limits[RLIMIT_MSGQUEUE].rlim_cur)
        {
            return Errno.EMFILE;
        }

        _bytesOfUsers[user] = bytes;
        queue = new PosixQueue(user, task.Credentials.FileGid, mode & ~task.Fs.Umask & (S_IRWXU | S_IRWXG | S_IRWXO), messages, size);
        _queues.Add(name, queue);
        return Errno.None;
    }
}
