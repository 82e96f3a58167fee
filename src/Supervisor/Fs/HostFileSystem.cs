using System;
using System.Runtime.CompilerServices;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Terminals;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>The host's files, as if mounted read-only. Every path is first opened with O_PATH, which touches
/// nothing, and judged by what it turned out to be: only regular files and directories are opened on the
/// host, devices are our own (<see cref="CharacterDevice"/>), anything else that would reach a host driver
/// or process gives ENXIO. Of a host procfs, which shows the supervisor rather than the guest, only the mount
/// point is there.</summary>
[SkipLocalsInit]
internal sealed unsafe partial class HostFileSystem : FileSystem
{
    private const ulong ProcRootInode = 1;
    private const ulong TtyDevice = 0x500, MasterDevice = 0x502;

    /// <summary>O_TMPFILE without the O_DIRECTORY that belongs to it.</summary>
    private const int TemporaryFile = O_TMPFILE & ~O_DIRECTORY;

    public HostMappedFiles MappedFiles { get; } = new();

    /// <summary>The supervisor's working directory and umask, for a guest to start with.</summary>
    public FsContext StartContext()
    {
        Result directory = HostPaths.Walk(AT_FDCWD, "."u8, O_DIRECTORY);
        if (directory.Failed)
        {
            directory = HostPaths.Walk(AT_FDCWD, "/"u8, O_DIRECTORY);
        }
        uint umask = LibC.umask(0);
        _ = LibC.umask(umask);
        return new FsContext(this, new HostPathFile(directory.Int, S_IFDIR, O_PATH | O_DIRECTORY), umask);
    }

    public override OpenFile? Open(in PathName name, int flags, uint mode, out Errno error)
    {
        bool create = (flags & O_CREAT) != 0;
        bool exclusive = create && (flags & O_EXCL) != 0;
        int walk = flags & (O_NOFOLLOW | O_DIRECTORY);
        Result place = create && EndsInSlash(name.Bytes)
            ? new Result(-(long)CreationError(StartOf(name), name.Bytes, follow: true))
            : HostPaths.Walk(StartOf(name), name.Bytes, exclusive ? walk | O_NOFOLLOW : walk);
        if (place.Failed)
        {
            error = create && place.Error == Errno.ENOENT
                ? CreationError(StartOf(name), name.Bytes, follow: !exclusive)
                : place.Error;
            return null;
        }
        OpenFile? file = OpenPlace(place.Int, flags, out error);
        if (file is null || (file as HostOpenFile)?.HostFd != place.Int)
        {
            _ = LibC.close(place.Int);
        }
        return file;
    }

    public override Errno Stat(in PathName name, bool follow, out stat status)
    {
        Errno error = Find(name, follow, out int place, out status);
        if (error == Errno.None)
        {
            _ = LibC.close(place);
        }
        return error;
    }

    public override Errno Statx(in PathName name, bool follow, uint flags, uint mask, out statx status)
    {
        status = default;
        Errno error = Find(name, follow, out int place, out _);
        if (error == Errno.None)
        {
            byte empty = 0;
            fixed (statx* at = &status)
            {
                error = LibC.statx(place, &empty, (int)flags | AT_EMPTY_PATH, mask, at).Error;
            }
            _ = LibC.close(place);
        }
        return error;
    }

    public override Errno StatFs(in PathName name, out statfs status)
    {
        status = default;
        Errno error = Find(name, follow: true, out int place, out _);
        if (error == Errno.None)
        {
            fixed (statfs* at = &status)
            {
                error = LibC.fstatfs(place, at).Error;
            }
            _ = LibC.close(place);
        }
        return error;
    }

    public override Result ReadLink(in PathName name, Span<byte> target)
    {
        Errno error = Find(name, follow: false, out int place, out stat status);
        if (error != Errno.None)
        {
            return new Result(-(long)error);
        }
        Result length = S_ISLNK(status.st_mode) ? HostPaths.ReadLink(place, target) : new(-(long)Errno.EINVAL);
        _ = LibC.close(place);
        return length;
    }

    public override Errno Access(in PathName name, int mode, bool effective, bool follow)
    {
        Errno error = Find(name, follow, out int place, out stat status);
        if (error != Errno.None)
        {
            return error;
        }
        error = HostPaths.Access(place, status.st_mode & S_IFMT, mode, effective);
        _ = LibC.close(place);
        return error;
    }

    public override Result PathOf(OpenFile file, Span<byte> path)
    {
        if (file is not HostOpenFile host || HostPaths.Stat(host.HostFd, out stat status).Failed || status.st_nlink == 0)
        {
            return new Result(-(long)Errno.ENOENT);
        }
        return HostPaths.PathOf(host.HostFd, path);
    }

    /// <summary>Where a walk starts on the host. A file of another kind is no directory, which a walk from the
    /// supervisor's own O_PATH descriptor of a non-directory tells.</summary>
    private static int StartOf(in PathName name) => name.Start is HostOpenFile host ? host.HostFd : -1;

    private static bool EndsInSlash(ReadOnlySpan<byte> path)
    {
        HostPaths.Split(path, out _, out ReadOnlySpan<byte> last, out bool trailingSlash);
        return trailingSlash && IsName(last);
    }

    /// <summary>Linux's LAST_NORM: something that can be created.</summary>
    private static bool IsName(ReadOnlySpan<byte> last) => !last.IsEmpty && !last.SequenceEqual("."u8) && !last.SequenceEqual(".."u8);

    /// <summary>Walks to <paramref name="name"/>; the caller closes <paramref name="place"/> on success.</summary>
    private static Errno Find(in PathName name, bool follow, out int place, out stat status)
    {
        status = default;
        Result walked = HostPaths.Walk(StartOf(name), name.Bytes, follow ? 0 : O_NOFOLLOW);
        place = walked.Int;
        if (walked.Failed)
        {
            return walked.Error;
        }
        Errno error = StatVisible(place, out status);
        if (error != Errno.None)
        {
            _ = LibC.close(place);
        }
        return error;
    }

    private static Errno StatVisible(int place, out stat status)
    {
        Result result = HostPaths.Stat(place, out status);
        return result.Failed ? result.Error
            : IsProc(place, status) && status.st_ino != ProcRootInode ? Errno.ENOENT
            : Errno.None;
    }

    private static bool IsProc(int place, in stat status)
    {
        // File systems without a device have major number 0: for the others one look at it is enough.
        statfs fileSystem;
        return major(status.st_dev) == 0 && !LibC.fstatfs(place, &fileSystem).Failed && fileSystem.f_type == PROC_SUPER_MAGIC;
    }

    /// <summary>The end of an open, its checks in the order of Linux's do_open and may_open. The file keeps
    /// <paramref name="place"/> as its host descriptor, or has opened its own.</summary>
    private OpenFile? OpenPlace(int place, int flags, out Errno error)
    {
        error = StatVisible(place, out stat status);
        if (error != Errno.None)
        {
            return null;
        }
        uint type = status.st_mode & S_IFMT;
        if ((flags & O_PATH) != 0)
        {
            return new HostPathFile(place, type, flags);
        }
        bool writes = (flags & (O_ACCMODE | O_TRUNC)) != 0;
        error = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ? Errno.EEXIST : type switch
        {
            S_IFLNK => Errno.ELOOP,
            S_IFDIR when (flags & TemporaryFile) != 0 => Errno.EROFS,
            S_IFDIR when writes || (flags & O_CREAT) != 0 => Errno.EISDIR,
            S_IFDIR when IsProc(place, status) => Errno.EACCES,
            S_IFREG when writes => Errno.EROFS,
            S_IFREG or S_IFDIR or S_IFCHR => Errno.None,
            _ => Errno.ENXIO,
        };
        if (error != Errno.None)
        {
            return null;
        }
        if (type == S_IFCHR && status.st_rdev is TtyDevice or MasterDevice)
        {
            GuestTask task = GuestTask.Current;
            return status.st_rdev == TtyDevice ? PseudoTerminals.OpenControlling(task, flags, out error) : task.Machine.Terminals.OpenMaster(task, flags, out error);
        }
        if (type == S_IFCHR)
        {
            return CharacterDevice.Open(place, status.st_rdev, flags, out error);
        }
        Result opened = HostPaths.Reopen(place, O_RDONLY | O_NONBLOCK | (flags & (O_NOATIME | O_DIRECTORY)));
        if (opened.Failed)
        {
            error = opened.Error;
            return null;
        }
        flags |= O_LARGEFILE;
        return type == S_IFREG ? new HostFile(MappedFiles, opened.Int, flags) : new HostDirectory(opened.Int, flags);
    }
}
