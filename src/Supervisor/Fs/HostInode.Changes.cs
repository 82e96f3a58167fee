using System;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

// What a guest changes on the host, in a tree bound with --bind-rw. The mount of any other is read-only, so that none of
// this is called. What is made belongs to the guest's user where the supervisor may give it away.
internal sealed unsafe partial class HostInode
{
    public override Errno SetAttributes(GuestTask task, in AttributeChange change)
    {
        if (!_tree.IsWritable)
        {
            return Errno.EROFS;
        }

        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        byte* name = stackalloc byte[16];
        HostPaths.NameOf(use.Fd, name);
        byte empty = 0;
        if (change.Has(AttributeFields.Size))
        {
            error = Resize(task, use.Fd, change.Size);
        }

        if (error == Errno.None && (change.Fields & (AttributeFields.Uid | AttributeFields.Gid)) != 0)
        {
            error = LibC.fchownat(
                use.Fd, &empty, change.Has(AttributeFields.Uid) ? change.Uid : uint.MaxValue, change.Has(AttributeFields.Gid) ? change.Gid : uint.MaxValue, AT_EMPTY_PATH).Error;
        }

        if (error == Errno.None && change.Has(AttributeFields.Mode))
        {
            error = LibC.fchmodat(HostPaths.Descriptors, name, change.Mode, 0).Error;
        }

        if (error == Errno.None && (change.Fields & (AttributeFields.Accessed | AttributeFields.Modified)) != 0)
        {
            timespec omit = new() { tv_nsec = UTIME_OMIT };
            timespec* times = stackalloc timespec[2];
            times[0] = change.Has(AttributeFields.Accessed) ? change.Accessed : omit;
            times[1] = change.Has(AttributeFields.Modified) ? change.Modified : omit;
            error = LibC.utimensat(use.Fd, &empty, times, AT_EMPTY_PATH).Error;
        }

        if (HostPaths.Stat(use.Fd, out stat status) is { Failed: false })
        {
            Learn(status);
        }

        return error;
    }

    public override Errno Create(ReadOnlySpan<byte> name, in NewNode node, out Inode? inode)
    {
        inode = null;
        if (!_tree.IsWritable)
        {
            return Errno.EROFS;
        }

        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> terminated = stackalloc byte[NAME_MAX + 1];
        fixed (byte* at = Terminate(name, terminated))
        {
            uint permission = node.Mode & 0xfff;
            switch (node.Mode & S_IFMT)
            {
                case S_IFDIR:
                    error = LibC.mkdirat(use.Fd, at, permission).Error;
                    break;
                case S_IFREG:
                    Result made = LibC.openat(use.Fd, at, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, permission);
                    error = made.Error;
                    _ = made.Failed ? made : LibC.close(made.Int);
                    break;
                case S_IFLNK:
                    fixed (byte* target = (byte[])[.. node.Target!, 0])
                    {
                        error = LibC.symlinkat(target, use.Fd, at).Error;
                    }

                    break;
                default:
                    return Errno.EPERM;
            }

            if (error != Errno.None)
            {
                return error;
            }

            error = Lookup(name, out inode);
            if (error == Errno.None)
            {
                ((HostInode)inode!).BeMade(node);
            }
        }

        return error;
    }

    public override Errno Link(ReadOnlySpan<byte> name, Inode inode)
    {
        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        using Use existing = ((HostInode)inode).Open(out error);
        if (error != Errno.None)
        {
            return error;
        }

        byte* source = stackalloc byte[16];
        HostPaths.NameOf(existing.Fd, source);
        Span<byte> terminated = stackalloc byte[NAME_MAX + 1];
        fixed (byte* at = Terminate(name, terminated))
        {
            error = LibC.linkat(HostPaths.Descriptors, source, use.Fd, at, AT_SYMLINK_FOLLOW).Error;
        }

        if (error == Errno.None)
        {
            _tree.AddLinked((HostInode)inode);
        }

        return error;
    }

    public override Errno Unlink(ReadOnlySpan<byte> name, Inode inode)
    {
        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> terminated = stackalloc byte[NAME_MAX + 1];
        fixed (byte* at = Terminate(name, terminated))
        {
            return LibC.unlinkat(use.Fd, at, inode.IsDirectory ? AT_REMOVEDIR : 0).Error;
        }
    }

    public override Errno Rename(ReadOnlySpan<byte> name, Inode inode, Inode newDirectory, ReadOnlySpan<byte> newName, Inode? replaced, uint flags)
    {
        HostInode to = (HostInode)newDirectory;
        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        using Use toUse = to.Open(out error);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> terminated = stackalloc byte[NAME_MAX + 1], toTerminated = stackalloc byte[NAME_MAX + 1];
        fixed (byte* at = Terminate(name, terminated), toAt = Terminate(newName, toTerminated))
        {
            error = LibC.renameat2(use.Fd, at, toUse.Fd, toAt, flags).Error;
        }

        if (error == Errno.None)
        {
            ((HostInode)inode).Move(to, newName);
            if ((flags & RENAME_EXCHANGE) != 0)
            {
                ((HostInode)replaced!).Move(this, name);
            }
        }

        return error;
    }

    private void Move(HostInode parent, ReadOnlySpan<byte> name)
    {
        lock (HostDescriptors.Lock)
        {
            _parent = parent;
            _name = name.ToArray();
        }
    }

    private Errno Resize(GuestTask task, int fd, long size)
    {
        Errno error = HostPaths.Stat(fd, out stat status).Error;
        if (error != Errno.None)
        {
            return error;
        }

        if (size > status.st_size && !FileLimit.Allows(task, size))
        {
            return Errno.EFBIG;
        }

        Result file = HostPaths.Reopen(fd, O_WRONLY | O_NONBLOCK);
        if (file.Failed)
        {
            return file.Error;
        }

        error = LibC.ftruncate(file.Int, size).Error;
        _ = LibC.close(file.Int);
        if (error == Errno.None)
        {
            if (size < status.st_size)
            {
                HostFileSystem.MappedFiles.Find(Device, Number)?.Truncate((ulong)size);
            }
        }

        return error;
    }

    /// <summary>Permission as asked for, whatever the supervisor's umask, and the owner.</summary>
    private void BeMade(in NewNode node)
    {
        using Use use = Open(out Errno error);
        if (error != Errno.None || HostPaths.Stat(use.Fd, out stat status).Failed)
        {
            return;
        }

        byte empty = 0;
        if (status.st_uid != node.Uid || status.st_gid != node.Gid)
        {
            _ = LibC.fchownat(use.Fd, &empty, node.Uid, node.Gid, AT_EMPTY_PATH);
        }

        if (!IsSymbolicLink && (status.st_mode & 0xfff) != (node.Mode & 0xfff))
        {
            byte* name = stackalloc byte[16];
            HostPaths.NameOf(use.Fd, name);
            _ = LibC.fchmodat(HostPaths.Descriptors, name, node.Mode & 0xfff, 0);
        }

        if (!HostPaths.Stat(use.Fd, out status).Failed)
        {
            Learn(status);
        }
    }
}
