using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

namespace UmlHost.Fs;

/// <summary>An open file description (Linux's struct file): position, status flags and operations. Shared by
/// dup and fork; counted, and closed with the last reference.</summary>
internal abstract class OpenFile
{
    /// <summary>O_* status flags (access mode, O_APPEND, O_NONBLOCK …).</summary>
    public int Flags { get; set; }

    /// <summary>Reads at the file's position into guest memory and moves it.</summary>
    public virtual SyscallResult Read(GuestTask task, GuestAddress buffer, ulong count) => Errno.EINVAL;

    public virtual SyscallResult ReadAt(GuestTask task, GuestAddress buffer, ulong count, long offset) => Errno.ESPIPE;

    public virtual SyscallResult Write(GuestTask task, GuestAddress buffer, ulong count) => Errno.EINVAL;

    public virtual SyscallResult WriteAt(GuestTask task, GuestAddress buffer, ulong count, long offset) => Errno.ESPIPE;

    public virtual SyscallResult Seek(long offset, int whence) => Errno.ESPIPE;

    public virtual SyscallResult GetDents64(GuestTask task, GuestAddress buffer, uint count) => Errno.ENOTDIR;

    public virtual SyscallResult Ioctl(GuestTask task, uint request, ulong argument) => Errno.ENOTTY;

    /// <summary>What mmap maps; null gives ENODEV.</summary>
    public virtual MappedFile? Mapping => null;

    /// <summary>Called once, when the last descriptor is gone.</summary>
    protected abstract void Close();
}
