using System;
using System.Text;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

/// <summary>A descriptor of a POSIX message queue.</summary>
/// <param name="opener">Its registration for a notice ends with the descriptor.</param>
internal sealed class PosixQueueFile(PosixQueue queue, ThreadGroup opener, int flags) : OpenFile(flags)
{
    private const int StatSize = 80;

    private int _position;

    public PosixQueue Queue => queue;

    public override uint Type => S_IFREG;

    public override bool CanPoll => true;

    public override uint Poll(PollTable? table) => queue.Poll(table);

    /// <summary>What mqueue's files say of themselves, in text.</summary>
    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        (long bytes, int how, int signal, int pid) = queue.State;
        byte[] text = Encoding.ASCII.GetBytes($"QSIZE:{bytes,-10} NOTIFY:{how,-5} SIGNO:{signal,-5} NOTIFY_PID:{pid,-6}\n");
        int from = int.Min(_position, text.Length);
        int wanted = (int)ulong.Min(to.Count, (ulong)(text.Length - from));
        int done = to.CopyOut(task.Memory, text.AsSpan(from, wanted));
        _position = from + done;
        return done < wanted && done == 0 ? Errno.EFAULT : done;
    }

    public override SyscallResult Seek(long offset, int whence)
    {
        long position = whence switch { SEEK_SET => offset, SEEK_CUR => _position + offset, SEEK_END => StatSize + offset, _ => -1 };
        if (position is < 0 or > int.MaxValue)
        {
            return Errno.EINVAL;
        }

        _position = (int)position;
        return position;
    }

    public override Errno Stat(out stat status)
    {
        status = new stat { st_mode = S_IFREG | queue.Mode, st_nlink = 1, st_uid = queue.Uid, st_gid = queue.Gid, st_size = StatSize, st_blksize = 4096 };
        return Errno.None;
    }

    public override Errno Statx(uint flags, uint mask, out statx status)
    {
        status = new statx
        {
            stx_mode = (ushort)(S_IFREG | queue.Mode),
            stx_nlink = 1,
            stx_uid = queue.Uid,
            stx_gid = queue.Gid,
            stx_size = StatSize,
            stx_blksize = 4096,
            stx_mask = STATX_BASIC_STATS,
        };
        return Errno.None;
    }

    public override Errno StatFs(out statfs status)
    {
        status = new statfs { f_type = 0x19800202, f_bsize = 4096, f_frsize = 4096, f_namelen = 255 };
        return Errno.None;
    }

    protected override void Close() => queue.Forget(opener);
}
