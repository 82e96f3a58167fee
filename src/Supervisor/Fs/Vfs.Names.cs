using System;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

// Making, removing and changing names.
internal static partial class Vfs
{
    /// <summary>mknod, mkdir with S_IFDIR as the type, symlink with S_IFLNK.</summary>
    /// <param name="mode">Type and permission; the umask is applied here.</param>
    public static Errno MakeNode(GuestTask task, in VfsPath start, ReadOnlySpan<byte> path, uint mode, ulong device = 0, byte[]? target = null)
    {
        uint type = mode & S_IFMT;
        if (type != S_IFLNK)
        {
            mode &= ~task.Fs.Umask;
        }

        PathWalk walk = PathWalk.First;
        Errno error = ToNewName(task, walk, start, path);
        if (error != Errno.None)
        {
            return error;
        }

        Dentry parent = walk.Place.Dentry;
        lock (parent.FileSystem.TreeLock)
        {
            error = FindNew(walk, type == S_IFDIR, out Dentry child);
            if (error == Errno.None)
            {
                error = Permissions.MayCreate(parent, task.Credentials);
            }

            if (error == Errno.None && type is S_IFCHR or S_IFBLK && !task.Credentials.Has(CAP_MKNOD))
            {
                error = Errno.EPERM;
            }

            if (error == Errno.None)
            {
                NewNode node = Permissions.NewNode(parent.Inode!, task.Credentials, mode, device, target);
                error = parent.Inode!.Create(child.Name, node, out Inode? inode);
                if (error == Errno.None)
                {
                    child.Instantiate(inode!);
                    FsNotify.Created(parent, child);
                }
            }

            return error;
        }
    }

    /// <summary>link.</summary>
    /// <param name="existing">What is to get one more name.</param>
    public static Errno Link(GuestTask task, in VfsPath existing, in VfsPath start, ReadOnlySpan<byte> path)
    {
        PathWalk walk = PathWalk.First;
        Errno error = ToNewName(task, walk, start, path);
        if (error != Errno.None)
        {
            return error;
        }

        Inode inode = existing.Inode!;
        Dentry parent = walk.Place.Dentry;
        lock (parent.FileSystem.TreeLock)
        {
            error = FindNew(walk, directory: false, out Dentry child);
            if (error != Errno.None)
            {
                return error;
            }

            if (walk.Place.Mount != existing.Mount)
            {
                return Errno.EXDEV;
            }

            if (!Permissions.MayLink(inode, task.Credentials))
            {
                return Errno.EPERM;
            }

            error = Permissions.MayCreate(parent, task.Credentials);
            if (error == Errno.None)
            {
                error = inode.IsDirectory ? Errno.EPERM : parent.Inode!.Link(child.Name, inode);
            }

            if (error == Errno.None)
            {
                child.Instantiate(inode);
                FsNotify.LinksChanged(inode);
                FsNotify.Created(parent, child);
            }

            return error;
        }
    }

    /// <summary>unlink, or rmdir.</summary>
    public static Errno Remove(GuestTask task, in VfsPath start, ReadOnlySpan<byte> path, bool directory)
    {
        PathWalk walk = PathWalk.First;
        Errno error = walk.Begin(task, start, path);
        if (error == Errno.None)
        {
            error = walk.ToParent();
        }

        if (error != Errno.None)
        {
            return error;
        }

        if (walk.Kind != LastKind.Name)
        {
            return !directory ? Errno.EISDIR : walk.Kind switch
            {
                LastKind.Root => Errno.EBUSY,
                LastKind.Dot => Errno.EINVAL,
                _ => Errno.ENOTEMPTY,
            };
        }

        Inode victim;
        byte[] name;
        Dentry parent = walk.Place.Dentry;
        lock (parent.FileSystem.TreeLock)
        {
            if (walk.Place.Mount.IsReadOnly)
            {
                return Errno.EROFS;
            }

            error = parent.LookupLocked(walk.Last, out Dentry child);
            if (error != Errno.None)
            {
                return error;
            }

            if (child.Inode is null)
            {
                return Errno.ENOENT;
            }

            victim = child.Inode;
            if (!directory && walk.HasTrailingSlash)
            {
                return victim.IsDirectory ? Errno.EISDIR : Errno.ENOTDIR;
            }

            error = Permissions.MayRemove(parent, child, task.Credentials, directory);
            if (error == Errno.None)
            {
                error = child.IsMountPoint ? Errno.EBUSY : parent.Inode!.Unlink(child.Name, victim);
            }

            if (error != Errno.None)
            {
                return error;
            }

            child.Remove();
            name = child.Name;
        }

        if (!directory)
        {
            FsNotify.LinksChanged(victim);
        }

        FsNotify.MayBeGone(victim, isRemoved: true);
        FsNotify.Removed(parent, name, victim);
        victim.NameGone();
        return Errno.None;
    }

    /// <param name="flags">RENAME_*, valid as a set.</param>
    public static Errno Rename(GuestTask task, in VfsPath oldStart, ReadOnlySpan<byte> oldPath, in VfsPath newStart, ReadOnlySpan<byte> newPath, uint flags)
    {
        PathWalk old = PathWalk.First, @new = PathWalk.Second;
        Errno error = old.Begin(task, oldStart, oldPath);
        if (error == Errno.None)
        {
            error = old.ToParent();
        }

        if (error == Errno.None)
        {
            error = @new.Begin(task, newStart, newPath);
        }

        if (error == Errno.None)
        {
            error = @new.ToParent();
        }

        if (error != Errno.None)
        {
            return error;
        }

        if (old.Place.Mount != @new.Place.Mount)
        {
            return Errno.EXDEV;
        }

        if (old.Kind != LastKind.Name)
        {
            return Errno.EBUSY;
        }

        if (@new.Kind != LastKind.Name)
        {
            return (flags & RENAME_NOREPLACE) != 0 ? Errno.EEXIST : Errno.EBUSY;
        }

        Inode? replaced;
        lock (old.Place.Dentry.FileSystem.TreeLock)
        {
            if (old.Place.Mount.IsReadOnly)
            {
                return Errno.EROFS;
            }

            error = old.Place.Dentry.LookupLocked(old.Last, out Dentry source);
            if (error == Errno.None)
            {
                error = source.Inode is null ? Errno.ENOENT : Errno.None;
            }

            Dentry? target = null;
            if (error == Errno.None)
            {
                error = @new.Place.Dentry.LookupLocked(@new.Last, out target);
            }

            if (error == Errno.None)
            {
                error = MayRename(task.Credentials, old, @new, source, target!, flags);
            }

            if (error != Errno.None || source.Inode == target!.Inode)
            {
                return error;
            }

            replaced = target.Inode;
            byte[] oldName = source.Name, newName = target.Name;
            error = old.Place.Inode!.Rename(source.Name, source.Inode!, @new.Place.Inode!, target.Name, replaced, flags & ~(uint)RENAME_NOREPLACE);
            if (error != Errno.None)
            {
                return error;
            }

            if ((flags & RENAME_EXCHANGE) != 0)
            {
                source.Exchange(target);
                FsNotify.Moved(old.Place.Dentry, oldName, @new.Place.Dentry, newName, source.Inode!, null);
                FsNotify.Moved(@new.Place.Dentry, newName, old.Place.Dentry, oldName, target.Inode!, null);
                return Errno.None;
            }

            source.Move(@new.Place.Dentry, target);
            FsNotify.Moved(old.Place.Dentry, oldName, @new.Place.Dentry, newName, source.Inode!, replaced);
        }

        if (replaced is not null)
        {
            FsNotify.MayBeGone(replaced, isRemoved: true);
            replaced.NameGone();
        }

        return Errno.None;
    }

    /// <summary>The checks of do_renameat2 and vfs_rename, once both names are found.</summary>
    private static Errno MayRename(Credentials who, PathWalk old, PathWalk @new, Dentry source, Dentry target, uint flags)
    {
        bool exchange = (flags & RENAME_EXCHANGE) != 0;
        if ((flags & RENAME_NOREPLACE) != 0 && target.Inode is not null)
        {
            return Errno.EEXIST;
        }

        if (exchange)
        {
            if (target.Inode is null)
            {
                return Errno.ENOENT;
            }

            if (!target.Inode.IsDirectory && @new.HasTrailingSlash)
            {
                return Errno.ENOTDIR;
            }
        }

        if (!source.Inode!.IsDirectory && (old.HasTrailingSlash || (!exchange && @new.HasTrailingSlash)))
        {
            return Errno.ENOTDIR;
        }

        Dentry oldParent = old.Place.Dentry, newParent = @new.Place.Dentry;
        if (newParent.IsWithin(source))
        {
            return Errno.EINVAL;
        }

        if (oldParent.IsWithin(target))
        {
            return exchange ? Errno.EINVAL : Errno.ENOTEMPTY;
        }

        if (source.Inode == target.Inode)
        {
            return Errno.None;
        }

        bool directory = source.Inode.IsDirectory;
        Errno error = Permissions.MayRemove(oldParent, source, who, directory);
        if (error == Errno.None)
        {
            error = target.Inode is null ? Permissions.MayCreate(newParent, who)
                : Permissions.MayRemove(newParent, target, who, exchange ? target.Inode.IsDirectory : directory);
        }

        if (error != Errno.None)
        {
            return error;
        }

        // A directory that moves gets another "..".
        if (oldParent != newParent)
        {
            if (directory && Permissions.Check(source.Inode, who, W_OK) != Errno.None)
            {
                return Errno.EACCES;
            }

            if (exchange && target.Inode!.IsDirectory && Permissions.Check(target.Inode, who, W_OK) != Errno.None)
            {
                return Errno.EACCES;
            }
        }

        return source.IsMountPoint || target.IsMountPoint ? Errno.EBUSY
            : (flags & RENAME_WHITEOUT) != 0 && !who.Has(CAP_MKNOD) ? Errno.EPERM
            : Errno.None;
    }

    private static Errno ToNewName(GuestTask task, PathWalk walk, in VfsPath start, ReadOnlySpan<byte> path)
    {
        Errno error = walk.Begin(task, start, path);
        if (error == Errno.None)
        {
            error = walk.ToParent();
        }

        return error != Errno.None ? error : walk.Kind != LastKind.Name ? Errno.EEXIST : Errno.None;
    }

    /// <summary>The negative dentry of a name to be made (filename_create). Tree lock.</summary>
    private static Errno FindNew(PathWalk walk, bool directory, out Dentry child)
    {
        Errno error = walk.Place.Dentry.LookupLocked(walk.Last, out child);
        return error != Errno.None ? error
            : child.Inode is not null ? Errno.EEXIST
            : walk.HasTrailingSlash && !directory ? Errno.ENOENT
            : walk.Place.Mount.IsReadOnly ? Errno.EROFS
            : Errno.None;
    }
}
