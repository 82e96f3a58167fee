using System;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open file description (Linux's struct file): position, status flags and operations. Shared by
/// dup and fork; counted, and closed with the last reference. Created with one reference, its creator's.</summary>
internal abstract class OpenFile(int flags)
{
    private int _references = 1;
    private EpollLinks? _epollLinks;
    private FileLocks? _locks;
    private FileOwner? _owner;
    private int _flags = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);

    /// <summary>Where it was opened (f_path); none for a file that has no name.</summary>
    public VfsPath Place { get; private set; }

    /// <summary>What it is of; null for a file that has none of its own (pipes, anonymous files), which answers stat and
    /// changes of attributes itself.</summary>
    public Inode? Inode { get; private set; }

    /// <summary>O_* status flags (access mode, O_APPEND, O_NONBLOCK …), as F_GETFL shows them.</summary>
    public int Flags
    {
        get => Volatile.Read(ref _flags);
        protected set => Volatile.Write(ref _flags, value);
    }

    /// <summary>Opened with O_PATH: names a place and is good for little else.</summary>
    public bool IsPath => (Flags & O_PATH) != 0;

    /// <summary>FMODE_READ.</summary>
    public bool CanRead => (Flags & (O_ACCMODE | O_PATH)) is O_RDONLY or O_RDWR;

    /// <summary>FMODE_WRITE.</summary>
    public bool CanWrite => (Flags & (O_ACCMODE | O_PATH)) is O_WRONLY or O_RDWR;

    public bool IsNonblocking => (Flags & O_NONBLOCK) != 0;

    /// <summary>Has positions: lseek, pread and pwrite work (FMODE_LSEEK, FMODE_PREAD).</summary>
    public virtual bool CanSeek => false;

    /// <summary>The type bits of st_mode; 0 for a file that has none (an anonymous inode).</summary>
    public virtual uint Type => Inode?.Type ?? 0;

    public bool IsDirectory => Type == S_IFDIR;

    /// <summary>What mmap maps; null gives ENODEV. The same object for every opening of one inode.</summary>
    public virtual MappedFile? Mapping => null;

    /// <summary>Reads at the file's position, and moves it. A short count is what there was.</summary>
    public virtual SyscallResult Read(GuestTask task, ref IovIter to) => Errno.EINVAL;

    /// <summary>Reads at <paramref name="offset"/>, not negative; the position stays.</summary>
    public virtual SyscallResult ReadAt(GuestTask task, ref IovIter to, long offset) => Errno.ESPIPE;

    /// <summary>Whether SIGPIPE comes with EPIPE; for datagrams it does not.</summary>
    public virtual bool SignalsBrokenPipe => true;

    /// <summary>Writes at the file's position, and moves it. EPIPE is for the caller to add SIGPIPE to.</summary>
    public virtual SyscallResult Write(GuestTask task, ref IovIter from) => Errno.EINVAL;

    public virtual SyscallResult WriteAt(GuestTask task, ref IovIter from, long offset) => Errno.ESPIPE;

    /// <summary>lseek; <paramref name="whence"/> is one that Linux knows.</summary>
    public virtual SyscallResult Seek(long offset, int whence) => Errno.ESPIPE;

    /// <summary>getdents64, or getdents with its records where <paramref name="legacy"/> is set.</summary>
    public virtual SyscallResult ReadDirectory(GuestTask task, GuestAddress buffer, uint count, bool legacy) => Errno.ENOTDIR;

    public virtual SyscallResult Ioctl(GuestTask task, uint request, ulong argument) => Errno.ENOTTY;

    public virtual Errno Stat(out stat status)
    {
        status = default;
        return Inode is { } inode ? inode.Stat(out status) : Errno.EBADF;
    }

    public virtual Errno Statx(uint flags, uint mask, out statx status)
    {
        status = default;
        return Inode is { } inode ? inode.Statx(flags, mask, out status) : Errno.EBADF;
    }

    public virtual Errno StatFs(out statfs status)
    {
        status = default;
        return !Place.IsNone ? Vfs.StatFs(Place, out status)
            : Inode is { } inode ? inode.FileSystem.StatFs(inode, out status)
            : Errno.EBADF;
    }

    /// <summary>access on the file itself: R_OK, W_OK, X_OK, or F_OK.</summary>
    public virtual Errno CheckAccess(Credentials who, int mode) =>
        !Place.IsNone ? Vfs.Access(Place, who, mode) : Inode is { } inode ? Permissions.Check(inode, who, mode) : Errno.EBADF;

    /// <summary>What /proc/self/fd shows.</summary>
    /// <returns>Its length, cut off at the end of <paramref name="text"/>.</returns>
    public virtual Result Describe(GuestTask task, Span<byte> text)
    {
        if (!Place.IsNone)
        {
            return Vfs.PathOf(Place, task.Fs.Root, text);
        }

        byte[] name = System.Text.Encoding.ASCII.GetBytes(
            Stat(out stat status) != Errno.None || (status.st_mode & S_IFMT) == 0 ? "anon_inode:[file]"
            : S_ISFIFO(status.st_mode) ? $"pipe:[{status.st_ino}]"
            : S_ISSOCK(status.st_mode) ? $"socket:[{status.st_ino}]"
            : "/");
        int length = Math.Min(name.Length, text.Length);
        name.AsSpan(0, length).CopyTo(text);
        return new Result(length);
    }

    /// <summary>The lines that /proc/self/fdinfo has for files of its kind (f_op->show_fdinfo).</summary>
    public virtual void DescribeMore(TextBuffer text)
    {
    }

    /// <summary>An inode through which /proc/self/fd opens a file without a place once more; null where that cannot be
    /// (ENXIO).</summary>
    public virtual Inode? Loose() => Inode ?? (Type == S_IFCHR ? new LooseInode(this) : null);

    /// <summary>The pipe that it is an end of; null for other files.</summary>
    public virtual Pipe? Pipe => null;

    /// <summary>F_GETPIPE_SZ.</summary>
    public virtual SyscallResult PipeSize => Errno.EBADF;

    /// <summary>F_SETPIPE_SZ.</summary>
    public virtual SyscallResult SetPipeSize(GuestTask task, uint size) => Errno.EBADF;

    /// <summary>Has a state that poll asks for: epoll takes no other files (EPERM).</summary>
    public virtual bool CanPoll => false;

    /// <summary>What the file is ready for (Linux's f_op->poll). Waits for nothing; may take the file's own locks,
    /// so callers hold none but an epoll instance's.</summary>
    /// <param name="table">Gets the queues that are woken when that changes, before the state is looked at;
    /// null where the caller only asks.</param>
    /// <returns>POLL* bits.</returns>
    public virtual uint Poll(PollTable? table) => PollTable.AlwaysReady;

    /// <summary>fsync, or fdatasync.</summary>
    public virtual Errno Sync(bool dataOnly) => Errno.EINVAL;

    /// <summary>posix_fadvise, its arguments checked.</summary>
    public virtual Errno Advise(long offset, long length, int advice) => Errno.None;

    public virtual Errno Truncate(GuestTask task, long length) => Errno.EINVAL;

    /// <summary>fallocate; arguments and access mode are checked.</summary>
    /// <param name="mode">FALLOC_FL_*.</param>
    public virtual Errno Allocate(GuestTask task, int mode, long offset, long length) => Errno.ENODEV;

    /// <summary>F_GET_SEALS; -EINVAL for what cannot be sealed.</summary>
    public virtual SyscallResult Seals => Errno.EINVAL;

    /// <summary>F_ADD_SEALS.</summary>
    public virtual Errno AddSeals(uint seals) => Errno.EINVAL;

    // Changes of attributes of a file without an inode; all others go to the inode (Vfs.SetMode and its like).
    public virtual Errno SetMode(uint mode) => Errno.EROFS;

    public virtual Errno SetOwner(uint user, uint group) => Errno.EROFS;

    /// <summary>utimensat on the file itself; the times are checked.</summary>
    public virtual Errno SetTimes(in timespec accessed, in timespec modified) => Errno.EROFS;

    /// <summary>F_SETFL: the settable ones of <paramref name="flags"/> replace their like.</summary>
    public virtual Errno SetStatusFlags(int flags)
    {
        const int Settable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
        int old, changed;
        do
        {
            old = Flags;
            changed = (old & ~Settable) | (flags & Settable);
        }
        while (Interlocked.CompareExchange(ref _flags, changed, old) != old);
        return Errno.None;
    }

    /// <summary>The locks on what it is of; null where there never was one. A file without an inode has its own.</summary>
    public FileLocks? Locks => Inode is { } inode ? inode.Locks : Volatile.Read(ref _locks);

    public FileLocks MakeLocks() =>
        Inode is { } inode ? inode.MakeLocks() : Locks ?? Interlocked.CompareExchange(ref _locks, new FileLocks(null), null) ?? _locks!;

    /// <summary>Knows signals for its readiness (f_op->fasync).</summary>
    public virtual bool CanSignal => false;

    /// <summary>Who gets them; null where nobody ever asked.</summary>
    public FileOwner? Owner => Volatile.Read(ref _owner);

    public FileOwner MakeOwner() => Owner ?? Interlocked.CompareExchange(ref _owner, new FileOwner(), null) ?? _owner!;

    /// <summary>FASYNC by fcntl and FIOASYNC, where it changes.</summary>
    /// <param name="fd">What si_fd will say.</param>
    /// <returns>ENOTTY for a file that knows no signals.</returns>
    public Errno SetAsync(int fd, bool on)
    {
        if (!CanSignal)
        {
            return Errno.ENOTTY;
        }

        if (on)
        {
            _ = Interlocked.Or(ref _flags, FASYNC);
            MakeOwner().Start(this, fd);
        }
        else
        {
            _ = Interlocked.And(ref _flags, ~FASYNC);
            Owner?.Stop();
        }

        return Errno.None;
    }

    /// <summary>References at this moment: descriptors, calls under way, messages on their way.</summary>
    public int References => Volatile.Read(ref _references);

    /// <summary>The epoll items on this file; null if there never was one.</summary>
    public EpollLinks? EpollLinks => Volatile.Read(ref _epollLinks);

    /// <summary>An epoll instance watches this file from now on.</summary>
    public void LinkEpoll(EpollItem item) =>
        (EpollLinks ?? Interlocked.CompareExchange(ref _epollLinks, new EpollLinks(), null) ?? _epollLinks!).Add(item);

    /// <summary>One reference more; the caller has one already.</summary>
    public OpenFile Acquire()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    /// <summary>One reference more, unless the last is gone already.</summary>
    public bool TryAcquire()
    {
        int seen = Volatile.Read(ref _references);
        while (seen != 0)
        {
            int before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }
            seen = before;
        }
        return false;
    }

    /// <summary>Says where a file that was just opened is; before anybody else sees it. Keeps place and inode until the
    /// file is closed; of a regular file open for writing it ends the inode's count of writers then.</summary>
    /// <param name="place">None for a file that is in no tree.</param>
    public OpenFile Attach(in VfsPath place, Inode inode)
    {
        Place = place.Pin();
        Inode = inode;
        inode.AddUser();
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            _epollLinks?.FileClosed();
            Locks?.Forget(this);
            FsNotify.Closed(this);
            _owner?.Stop();
            Close();
            Place.Unpin();
            if (Inode is { } inode)
            {
                if (CanWrite && inode.Type == S_IFREG)
                {
                    inode.EndWrite();
                }

                inode.RemoveUser();
                FsNotify.MayBeGone(inode, !Place.IsNone && Place.Dentry.IsRemoved);
            }
        }
    }

    /// <summary>Called once, when the last reference is gone.</summary>
    protected abstract void Close();
}

/// <summary>A reference to an open file for as long as one call needs it (Linux's fdget and fdput).</summary>
/// <param name="file">Acquired for this reference; null where the descriptor is not open.</param>
internal readonly ref struct FileReference(OpenFile? file)
{
    public OpenFile? File { get; } = file;

    public void Dispose() => File?.Release();
}
