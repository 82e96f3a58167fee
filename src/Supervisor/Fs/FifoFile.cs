using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open end of a FIFO: a pipe that has a name.</summary>
internal sealed class FifoFile : OpenFile
{
    private readonly Pipe _pipe;

    private FifoFile(Pipe pipe, int flags)
        : base(flags)
    {
        _pipe = pipe;
        pipe.Open(CanRead, CanWrite);
    }

    public override bool CanPoll => true;

    public override bool CanSignal => true;

    public override Pipe? Pipe => _pipe;

    public override SyscallResult PipeSize => (long)_pipe.Size;

    /// <summary>Opens <paramref name="inode"/>, and waits until the other side is open, unless it is to be both or must
    /// not wait: ENXIO for a writer without a reader then. A pipe without a name, reached through /proc, has had both
    /// sides: nobody is waited for, and a reader finds its end.</summary>
    public static OpenFile? Open(GuestTask task, Inode inode, int flags, out Errno error)
    {
        error = Errno.None;
        Pipe pipe = inode.Fifo(task.Credentials);
        bool nonblocking = (flags & O_NONBLOCK) != 0;
        int access = flags & O_ACCMODE;
        bool named = inode is not LooseInode;
        if (access == O_WRONLY && nonblocking && named && !pipe.HasReaders)
        {
            error = Errno.ENXIO;
            return null;
        }

        (Pipe Pipe, bool Reading, uint Opened) state = (pipe, access == O_RDONLY, access == O_RDONLY ? pipe.WritersOpened : pipe.ReadersOpened);
        FifoFile file = new(pipe, flags);
        pipe.WakeOpeners();
        bool alone = access == O_RDONLY ? !pipe.HasWriters : access == O_WRONLY && !pipe.HasReaders;
        if (alone && named && !nonblocking)
        {
            // Somebody may come and go before this one looks: what counts is that one came.
            if (task.Wait(pipe.OpenWait, ref state, static (ref (Pipe Pipe, bool Reading, uint Opened) wait) =>
                (wait.Reading ? wait.Pipe.WritersOpened : wait.Pipe.ReadersOpened) != wait.Opened, Deadline.Never) == WaitResult.Interrupted)
            {
                file.Release();
                error = Errno.EINTR;
                return null;
            }
        }

        return file;
    }

    public override SyscallResult Read(GuestTask task, ref IovIter to) => _pipe.Read(task, ref to, IsNonblocking);

    public override SyscallResult Write(GuestTask task, ref IovIter from) => _pipe.Write(task, ref from, IsNonblocking, packet: false);

    public override uint Poll(PollTable? table) => _pipe.Poll(table, CanRead, CanWrite);

    public override SyscallResult SetPipeSize(GuestTask task, uint size) =>
        _pipe.Resize(size, privileged: task.Credentials.Has(CAP_SYS_RESOURCE));

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument) =>
        request != FIONREAD ? Errno.ENOTTY
        : task.Memory.Write(new GuestAddress(argument), _pipe.Available) ? SyscallResult.Zero
        : Errno.EFAULT;

    protected override void Close() => _pipe.Close(CanRead, CanWrite);
}
