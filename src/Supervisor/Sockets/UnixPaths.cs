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
    /// <param name="inode">What <see cref="Find"/> gives for the same inode; null for an error.</param>
    public static Errno Create(GuestTask task, ReadOnlySpan<byte> path, bool isBound, out object? inode)
    {
        inode = null;
        VfsPath start = task.Fs.WorkingDirectory;
        if (isBound)
        {
            return Vfs.Find(task, start, path, follow: false, out _) == Errno.None ? Errno.EADDRINUSE : Errno.EINVAL;
        }

        Errno error = Vfs.MakeNode(task, start, path, S_IFSOCK | S_IRWXU | S_IRWXG | S_IRWXO);
        if (error == Errno.None)
        {
            error = Vfs.Find(task, start, path, follow: false, out VfsPath place);
            inode = error == Errno.None ? place.Inode : null;
        }

        return error == Errno.EEXIST ? Errno.EADDRINUSE : error;
    }

    /// <summary>connect, sendto: the inode at a path that may be written, null where it is no socket.</summary>
    public static Errno Find(GuestTask task, ReadOnlySpan<byte> path, out object? inode)
    {
        inode = null;
        Errno error = Vfs.Find(task, task.Fs.WorkingDirectory, path, follow: true, out VfsPath place);
        if (error == Errno.None)
        {
            // A read-only mount forbids nothing here.
            error = Permissions.Check(place.Inode!, task.Credentials, W_OK);
        }

        inode = error == Errno.None && place.Inode!.Type == S_IFSOCK ? place.Inode : null;
        return error;
    }
}
