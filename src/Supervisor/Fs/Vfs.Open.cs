using System;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

// open.
internal static partial class Vfs
{
    /// <summary>O_TMPFILE without the O_DIRECTORY that belongs to it.</summary>
    private const int TemporaryFile = O_TMPFILE & ~O_DIRECTORY;

    /// <summary>open, openat2.</summary>
    /// <param name="flags">O_*, valid as a set.</param>
    /// <param name="mode">For a file that is created; the umask is applied here.</param>
    /// <param name="resolve">RESOLVE_*.</param>
    /// <returns>The file with one reference, or null and <paramref name="error"/>.</returns>
    public static OpenFile? Open(GuestTask task, in VfsPath start, ReadOnlySpan<byte> path, int flags, uint mode, out Errno error, ulong resolve = 0)
    {
        PathWalk walk = PathWalk.First;
        error = walk.Begin(task, start, path, resolve);
        if (error != Errno.None)
        {
            return null;
        }

        bool follow = (flags & O_NOFOLLOW) == 0;
        if ((flags & O_PATH) != 0)
        {
            error = walk.Resolve(follow, (flags & O_DIRECTORY) != 0);
            return error == Errno.None ? new PathFile(flags).Attach(walk.Place, walk.Place.Inode!) : null;
        }

        if ((flags & TemporaryFile) != 0)
        {
            return OpenNameless(task, walk, flags, mode, out error);
        }

        bool create = (flags & O_CREAT) != 0;
        while (true)
        {
            error = walk.ToParent();
            if (error != Errno.None)
            {
                return null;
            }

            if (walk.Kind != LastKind.Name)
            {
                error = create ? (flags & O_EXCL) != 0 ? Errno.EEXIST : Errno.EISDIR : walk.Kind == LastKind.DotDot ? walk.Up() : Errno.None;
                return error == Errno.None ? OpenPlace(task, walk.Place, flags, default, out error) : null;
            }

            if (create && walk.HasTrailingSlash)
            {
                error = Errno.EISDIR;
                return null;
            }

            VfsPath directory = walk.Place;
            error = walk.FindLast(out VfsPath found);
            if (error == Errno.None && found.Dentry.Inode is null)
            {
                if (!create)
                {
                    error = Errno.ENOENT;
                    return null;
                }

                OpenFile? made = CreateAndOpen(task, walk, directory, flags, mode, out found, out error);
                if (made is not null)
                {
                    return made;
                }
            }

            if (error != Errno.None)
            {
                return null;
            }

            if (create && (flags & O_EXCL) != 0)
            {
                error = Errno.EEXIST;
                return null;
            }

            if (found.Inode!.IsSymbolicLink && (follow || walk.HasTrailingSlash))
            {
                error = walk.FollowLast(found, out bool more);
                if (error != Errno.None)
                {
                    return null;
                }

                if (more)
                {
                    continue;
                }

                found = walk.Place;
                directory = default;
            }

            if (!found.Inode!.IsDirectory && (walk.HasTrailingSlash || (flags & O_DIRECTORY) != 0))
            {
                error = Errno.ENOTDIR;
                return null;
            }

            return OpenPlace(task, found, flags, create ? directory : default, out error);
        }
    }

    /// <summary>The end of an open of what is there, its checks in the order of Linux's do_open and may_open.</summary>
    /// <param name="directory">Where it was found by an open that would have created it; else none.</param>
    public static OpenFile? OpenPlace(GuestTask task, in VfsPath place, int flags, in VfsPath directory, out Errno error)
    {
        Inode inode = place.Inode!;
        Credentials who = task.Credentials;
        int access = AccessOf(flags);
        bool writes = (access & W_OK) != 0;
        if ((flags & O_CREAT) != 0 && inode.IsDirectory)
        {
            error = Errno.EISDIR;
            return null;
        }

        if (!directory.IsNone && !Permissions.MayOpenExisting(directory.Inode!, inode, who))
        {
            error = Errno.EACCES;
            return null;
        }

        error = inode.Type switch
        {
            S_IFLNK => Errno.ELOOP,
            S_IFDIR when writes => Errno.EISDIR,
            S_IFCHR or S_IFBLK when (place.Mount.Flags & MountFlags.NoDev) != 0 => Errno.EACCES,
            _ => Permissions.Check(place, who, access),
        };
        if (error == Errno.None && (flags & O_NOATIME) != 0 && !Permissions.IsOwner(inode, who))
        {
            error = Errno.EPERM;
        }

        return error == Errno.None ? OpenInode(task, place, flags, (flags & O_TRUNC) != 0, out error) : null;
    }

    private static int AccessOf(int flags)
    {
        int access = (flags & O_ACCMODE) switch
        {
            O_RDONLY => R_OK,
            O_WRONLY => W_OK,
            _ => R_OK | W_OK,
        };
        return (flags & O_TRUNC) != 0 ? access | W_OK : access;
    }

    private static OpenFile? OpenInode(GuestTask task, in VfsPath place, int flags, bool truncate, out Errno error)
    {
        Inode inode = place.Inode!;
        // Access mode 3 is for ioctl alone: neither read nor write.
        bool writes = inode.Type == S_IFREG && (flags & O_ACCMODE) is O_WRONLY or O_RDWR;
        if (writes && !inode.TryBeginWrite())
        {
            error = Errno.ETXTBSY;
            return null;
        }

        flags |= O_LARGEFILE;
        OpenFile? file;
        switch (inode.OpensItself ? 0 : inode.Type)
        {
            case S_IFCHR or S_IFBLK:
                file = Devices.Open(task, inode, flags, out error);
                break;
            case S_IFIFO:
                file = FifoFile.Open(task, inode, flags, out error);
                break;
            default:
                file = inode.Open(task, flags, out error);
                break;
        }

        if (file is null)
        {
            if (writes)
            {
                inode.EndWrite();
            }

            return null;
        }

        file.Attach(place, inode);
        FsNotify.Opened(place);
        if (truncate && inode.Type == S_IFREG)
        {
            error = Truncate(task, inode, 0);
            if (error != Errno.None)
            {
                file.Release();
                return null;
            }

            FsNotify.Modified(file);
        }

        return file;
    }

    /// <returns>The file; null where there is an error, or where somebody else has made it meanwhile:
    /// <paramref name="found"/> is it then.</returns>
    private static OpenFile? CreateAndOpen(GuestTask task, PathWalk walk, in VfsPath directory, int flags, uint mode, out VfsPath found, out Errno error)
    {
        found = default;
        Dentry parent = directory.Dentry;
        lock (parent.FileSystem.TreeLock)
        {
            error = parent.LookupLocked(walk.Last, out Dentry child);
            if (error != Errno.None)
            {
                return null;
            }

            found = new VfsPath(directory.Mount, child);
            if (child.Inode is not null)
            {
                return null;
            }

            error = directory.Mount.IsReadOnly ? Errno.EROFS : Permissions.MayCreate(parent, task.Credentials);
            if (error != Errno.None)
            {
                return null;
            }

            NewNode node = Permissions.NewNode(parent.Inode!, task.Credentials, S_IFREG | (mode & 0xfff & ~task.Fs.Umask));
            error = parent.Inode!.Create(walk.Last, node, out Inode? inode);
            if (error != Errno.None)
            {
                return null;
            }

            child.Instantiate(inode!);
            FsNotify.Created(parent, child);
        }

        return OpenInode(task, found, flags, truncate: false, out error);
    }

    private static OpenFile? OpenNameless(GuestTask task, PathWalk walk, int flags, uint mode, out Errno error)
    {
        error = walk.Resolve(follow: (flags & O_NOFOLLOW) == 0, directory: true);
        if (error != Errno.None)
        {
            return null;
        }

        VfsPath directory = walk.Place;
        error = directory.Mount.IsReadOnly ? Errno.EROFS : Permissions.Check(directory.Inode!, task.Credentials, W_OK | X_OK);
        if (error != Errno.None)
        {
            return null;
        }

        NewNode node = Permissions.NewNode(directory.Inode!, task.Credentials, S_IFREG | (mode & 0xfff & ~task.Fs.Umask));
        error = directory.Inode!.CreateNameless(node, out Inode? inode);
        if (error != Errno.None)
        {
            return null;
        }

        byte[] name = System.Text.Encoding.ASCII.GetBytes($"#{Number(inode!)}");
        return OpenInode(task, new VfsPath(directory.Mount, Dentry.NewNameless(directory.Dentry, name, inode!)), flags & ~O_TRUNC, truncate: false, out error);
    }

    private static ulong Number(Inode inode) => inode.Stat(out stat status) == Errno.None ? status.st_ino : 0;
}
