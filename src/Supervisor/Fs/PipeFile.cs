using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open end of a pipe, or both ends of a FIFO opened with O_RDWR.</summary>
internal sealed class PipeFile : PseudoFile
{
    private readonly Pipe _pipe;

    public PipeFile(Pipe pipe, int flags)
        : base(pipe.Inode, flags)
    {
        _pipe = pipe;
        pipe.Open(CanRead, CanWrite);
    }

    public override bool CanPoll => true;

    public override bool CanSignal => true;

    public override Pipe? Pipe => _pipe;

    public override SyscallResult PipeSize => (long)_pipe.Size;

    public override SyscallResult Read(GuestTask task, ref IovIter to) => _pipe.Read(task, ref to, IsNonblocking);

    public override SyscallResult Write(GuestTask task, ref IovIter from) =>
        _pipe.Write(task, ref from, IsNonblocking, packet: (Flags & O_DIRECT) != 0);

    public override uint Poll(PollTable? table) => _pipe.Poll(table, CanRead, CanWrite);

    public override SyscallResult SetPipeSize(GuestTask task, uint size) =>
        _pipe.Resize(size, privileged: task.Credentials.Has(CAP_SYS_RESOURCE));

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument) =>
        request != FIONREAD ? Native.Errno.ENOTTY
        : task.Memory.Write(new GuestAddress(argument), _pipe.Available) ? SyscallResult.Zero
        : Native.Errno.EFAULT;

    public override Inode? Loose() => new LooseInode(this, _pipe);

    protected override void Close() => _pipe.Close(CanRead, CanWrite);
}
