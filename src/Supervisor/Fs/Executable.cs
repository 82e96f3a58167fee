using System;
using System.Text;

using UmlHost.Kernel;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A file that execve has found, whatever it is: the loader judges.</summary>
/// <param name="file">Opened for reading or, where that is not possible, with O_PATH; its reference taken over.</param>
internal sealed class Executable(FileSystem fileSystem, OpenFile file) : IExecutableFile
{
    public MappedFile? Mapping => file.Mapping;

    public uint Mode => file.Stat(out stat status) == Errno.None ? status.st_mode : 0;

    public bool MayExecute => file.CheckAccess(X_OK, effective: true) == Errno.None;

    public string Path
    {
        get
        {
            Span<byte> path = stackalloc byte[PATH_MAX];
            Result length = fileSystem.PathOf(file, path);
            return length.Failed ? "" : Encoding.UTF8.GetString(path[..length.Int]);
        }
    }

    /// <summary>An <see cref="ExecutableOpener"/> for one process. A file that may be executed but not read is
    /// found, and has no mapping.</summary>
    public static Errno Open(FsContext fs, ReadOnlySpan<byte> path, out IExecutableFile? executable)
    {
        executable = null;
        if (path.IsEmpty)
        {
            return Errno.ENOENT;
        }
        using FileReference start = fs.WorkingDirectory;
        PathName name = new(start.File!, path);
        OpenFile? file = fs.FileSystem.Open(name, O_RDONLY, 0, out Errno error)
            ?? fs.FileSystem.Open(name, O_PATH, 0, out error);
        if (file is not null)
        {
            executable = new Executable(fs.FileSystem, file);
        }
        return error;
    }

    /// <summary>The file of execveat: relative to a descriptor, or the descriptor's own with AT_EMPTY_PATH.</summary>
    public static Errno OpenAt(GuestTask task, int directory, ReadOnlySpan<byte> path, int flags, out IExecutableFile? executable)
    {
        executable = null;
        using FileReference start = task.Fs.Start(task.Files, directory, path);
        if (start.File is not { } at)
        {
            return Errno.EBADF;
        }

        if (path.IsEmpty)
        {
            executable = new Executable(task.Fs.FileSystem, at.Acquire());
            return Errno.None;
        }

        int open = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
        PathName name = new(at, path);
        OpenFile? file = task.Fs.FileSystem.Open(name, O_RDONLY | open, 0, out Errno error)
            ?? task.Fs.FileSystem.Open(name, O_PATH | open, 0, out error);
        if (file is { Type: S_IFLNK })
        {
            file.Release();
            return Errno.ELOOP;
        }

        if (file is not null)
        {
            executable = new Executable(task.Fs.FileSystem, file);
        }
        return error;
    }

    /// <summary>EACCES for a file that cannot be read.</summary>
    public Result ReadAt(ulong offset, Span<byte> destination) =>
        Mapping?.ReadAt(offset, destination) ?? new Result(-(long)Errno.EACCES);

    public void Dispose() => file.Release();
}
