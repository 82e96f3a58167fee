using System;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An eventfd: a counter that writes add to and reads take. Lock: <c>eventfd lock</c>, an object lock.
/// </summary>
internal sealed unsafe class EventFd(ulong count, bool semaphore, int flags) : AnonymousFile(flags)
{
    private static int s_lastId = -1;

    private readonly int _id = Interlocked.Increment(ref s_lastId);
    private readonly Lock _eventLock = new();
    private readonly WaitQueue _wait = new();
    private ulong _count = count;

    protected override ReadOnlySpan<byte> Name => "anon_inode:[eventfd]"u8;

    public override bool CanPoll => true;

    public override void DescribeMore(TextBuffer text) =>
        text.Append("eventfd-count: "u8).AppendSpacedHex(Volatile.Read(ref _count), 16).Append("\neventfd-id: "u8).Append(_id)
            .Append("\neventfd-semaphore: "u8).Append(semaphore ? 1 : 0).Append("\n"u8);

    public override SyscallResult Read(GuestTask task, ref IovIter to)
    {
        if (to.Count < sizeof(ulong))
        {
            return Errno.EINVAL;
        }
        ulong taken;
        while ((taken = Take()) == 0)
        {
            if (IsNonblocking)
            {
                return Errno.EAGAIN;
            }
            EventFd self = this;
            if (task.Wait(_wait, ref self, static (ref EventFd file) => Volatile.Read(ref file._count) != 0, Deadline.Never) == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }
        _wait.Wake(POLLOUT);
        return to.CopyOut(task.Memory, new ReadOnlySpan<byte>(&taken, sizeof(ulong))) == sizeof(ulong) ? sizeof(ulong) : Errno.EFAULT;
    }

    public override SyscallResult Write(GuestTask task, ref IovIter from)
    {
        if (from.Count != sizeof(ulong))
        {
            return Errno.EINVAL;
        }
        ulong added;
        if (from.CopyIn(task.Memory, new Span<byte>(&added, sizeof(ulong))) < sizeof(ulong))
        {
            return Errno.EFAULT;
        }
        if (added == ulong.MaxValue)
        {
            return Errno.EINVAL;
        }
        while (!TryAdd(added))
        {
            if (IsNonblocking)
            {
                return Errno.EAGAIN;
            }
            (EventFd File, ulong Added) wait = (this, added);
            if (task.Wait(_wait, ref wait, static (ref (EventFd File, ulong Added) wait) => wait.File.HasRoom(wait.Added), Deadline.Never)
                == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }
        // Each write is an event, also where the counter was not 0.
        _wait.Wake(POLLIN);
        return sizeof(ulong);
    }

    public override uint Poll(PollTable? table)
    {
        table?.Add(_wait);
        ulong count = Volatile.Read(ref _count);
        return (count > 0 ? POLLIN : 0u) | (count == ulong.MaxValue ? POLLERR : 0u) | (count < ulong.MaxValue - 1 ? POLLOUT : 0u);
    }

    protected override void Close()
    {
    }

    private bool HasRoom(ulong added) => added < ulong.MaxValue - Volatile.Read(ref _count);

    private ulong Take()
    {
        lock (_eventLock)
        {
            ulong taken = semaphore ? Math.Min(_count, 1) : _count;
            Volatile.Write(ref _count, _count - taken);
            return taken;
        }
    }

    private bool TryAdd(ulong added)
    {
        lock (_eventLock)
        {
            if (!HasRoom(added))
            {
                return false;
            }
            Volatile.Write(ref _count, _count + added);
            return true;
        }
    }
}
