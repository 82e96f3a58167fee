using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

/// <summary>What unix sockets need of the file system: an inode made by bind, and found again by connect. All that
/// depends on it is here.</summary>
internal static class UnixPaths
{
    /// <summary>bind: makes an inode at a path. EADDRINUSE where there is something.</summary>
    /// <param name="isBound">The socket has a name already: EINVAL, but not where the path is in use.</param>
    /// <param name="inode">Equal to what <see cref="Find"/> gives for the same inode; null for an error.</param>
    public static Errno Create(GuestTask task, ReadOnlySpan<byte> path, bool isBound, out object? inode)
    {
        inode = null;
        using FileReference start = task.Fs.Start(task.Files, AT_FDCWD, path);
        PathName name = new(start.File!, path);
        FileSystem files = task.Fs.FileSystem;
        if (isBound)
        {
            return files.Stat(name, follow: false, out _) == Errno.None ? Errno.EADDRINUSE : Errno.EINVAL;
        }

        const uint Mode = S_IFSOCK | S_IRWXU | S_IRWXG | S_IRWXO;
        Errno error = files.MakeNode(name, Mode & ~task.Fs.Umask, 0);
        if (error == Errno.None)
        {
            error = files.Stat(name, follow: false, out stat status);
            inode = error == Errno.None ? (status.st_dev, status.st_ino) : null;
        }

        return error == Errno.EEXIST ? Errno.EADDRINUSE : error;
    }

    /// <summary>connect, sendto: the inode at a path, null where it is no socket.</summary>
    public static Errno Find(GuestTask task, ReadOnlySpan<byte> path, out object? inode)
    {
        inode = null;
        using FileReference start = task.Fs.Start(task.Files, AT_FDCWD, path);
        PathName name = new(start.File!, path);
        FileSystem files = task.Fs.FileSystem;
        Errno error = files.Stat(name, follow: true, out stat status);
        if (error == Errno.None)
        {
            error = files.Access(name, W_OK, effective: true, follow: true);
        }

        // A read-only file system says so for files, not for sockets.
        if (error is Errno.None or Errno.EROFS && S_ISSOCK(status.st_mode))
        {
            inode = (status.st_dev, status.st_ino);
        }

        return error == Errno.EROFS ? Errno.None : error;
    }
}
