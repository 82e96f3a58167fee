using System;

using UmlHost.Kernel;
using UmlHost.Loader;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A file that execve has found, whatever it is: the loader judges. As long as it is one, nobody can open it for
/// writing.</summary>
/// <param name="file">Opened for reading or, where that is not possible, with O_PATH; its reference taken over.</param>
internal sealed class Executable(OpenFile file, Credentials who) : IExecutableFile
{
    public MappedFile? Mapping => file.Mapping;

    public uint Mode => file.Stat(out stat status) == Errno.None ? status.st_mode : 0;

    public bool MayExecute => file.CheckAccess(who, X_OK) == Errno.None;

    public string Path => Vfs.TextOf(file.Place);

    public OpenFile File => file;

    /// <summary>An <see cref="ExecutableOpener"/> for one process. A file that may be executed but not read is
    /// found, and has no mapping.</summary>
    public static Errno Open(GuestTask task, ReadOnlySpan<byte> path, out IExecutableFile? executable)
    {
        executable = null;
        return path.IsEmpty ? Errno.ENOENT : Open(task, task.Fs.WorkingDirectory, path, follow: true, out executable);
    }

    /// <summary>What execve would say of the file itself, but EISDIR for a directory.</summary>
    public static Errno Check(GuestTask task, ReadOnlySpan<byte> path)
    {
        Errno error = Vfs.Find(task, task.Fs.WorkingDirectory, path, follow: true, out VfsPath place);
        return error != Errno.None ? error
            : place.Inode!.IsDirectory ? Errno.EISDIR
            : place.Inode.Type != S_IFREG ? Errno.EACCES
            : Vfs.Access(place, task.Credentials, X_OK);
    }

    /// <summary>The file of execveat: relative to a descriptor, or the descriptor's own with AT_EMPTY_PATH.</summary>
    public static Errno OpenAt(GuestTask task, int directory, ReadOnlySpan<byte> path, int flags, out IExecutableFile? executable)
    {
        executable = null;
        Errno error = Paths.Start(task, directory, path, out VfsPath start);
        if (error != Errno.None)
        {
            return error;
        }

        if (path.IsEmpty)
        {
            return start.IsNone ? Errno.EACCES : OpenPlace(task, start, out executable);
        }

        return Open(task, start, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, out executable);
    }

    /// <summary>EACCES for a file that cannot be read.</summary>
    public Result ReadAt(ulong offset, Span<byte> destination) =>
        Mapping?.ReadAt(offset, destination) ?? new Result(-(long)Errno.EACCES);

    public void Dispose()
    {
        file.Inode!.EndExecute();
        file.Release();
    }

    private static Errno Open(GuestTask task, in VfsPath start, ReadOnlySpan<byte> path, bool follow, out IExecutableFile? executable)
    {
        executable = null;
        Errno error = Vfs.Find(task, start, path, follow, out VfsPath place);
        return error != Errno.None ? error
            : place.Inode!.IsSymbolicLink ? Errno.ELOOP
            : OpenPlace(task, place, out executable);
    }

    private static Errno OpenPlace(GuestTask task, in VfsPath place, out IExecutableFile? executable)
    {
        executable = null;
        Inode inode = place.Inode!;
        if (inode.Type != S_IFREG)
        {
            return Errno.EACCES;
        }

        if (!inode.TryBeginExecute())
        {
            return Errno.ETXTBSY;
        }

        OpenFile? file = Permissions.Check(inode, task.Credentials, R_OK) == Errno.None ? inode.Open(task, O_RDONLY | O_LARGEFILE, out _) : null;
        executable = new Executable((file ?? new PathFile(O_PATH)).Attach(place, inode), task.Credentials);
        FsNotify.Opened(place);
        return Errno.None;
    }
}
