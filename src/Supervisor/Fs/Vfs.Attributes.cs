using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

// Changing attributes: who may (Linux's setattr_prepare), and what else changes with them.
internal static partial class Vfs
{
    public static Errno SetMode(GuestTask task, in VfsPath place, uint mode)
    {
        Inode inode = place.Inode!;
        Credentials who = task.Credentials;
        if (place.Mount.IsReadOnly)
        {
            return Errno.EROFS;
        }

        if (inode.IsSymbolicLink)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!Permissions.IsOwner(inode, who))
        {
            return Errno.EPERM;
        }

        if (!who.IsInGroup(inode.Ownership.Gid) && !who.Has(CAP_FSETID))
        {
            mode &= ~(uint)S_ISGID;
        }

        AttributeChange change = new() { Fields = AttributeFields.Mode, Mode = mode };
        return Told(place, inode.SetAttributes(task, change), IN_ATTRIB);
    }

    /// <summary>uint.MaxValue leaves an id as it is.</summary>
    public static Errno SetOwner(GuestTask task, in VfsPath place, uint uid, uint gid)
    {
        Inode inode = place.Inode!;
        Credentials who = task.Credentials;
        if (place.Mount.IsReadOnly)
        {
            return Errno.EROFS;
        }

        Ownership old = inode.Ownership;
        AttributeChange change = new() { Uid = uid, Gid = gid };
        if (uid != uint.MaxValue)
        {
            if (!who.Has(CAP_CHOWN) && (who.FileUid != old.Uid || uid != old.Uid))
            {
                return Errno.EPERM;
            }

            change.Fields |= AttributeFields.Uid;
        }

        if (gid != uint.MaxValue)
        {
            if (!who.Has(CAP_CHOWN) && (who.FileUid != old.Uid || (gid != old.Gid && !who.IsInGroup(gid))))
            {
                return Errno.EPERM;
            }

            change.Fields |= AttributeFields.Gid;
        }

        uint mode = inode.IsDirectory ? old.Mode : Attributes.WithoutSetId(old.Mode);
        if (mode != old.Mode)
        {
            change.Fields |= AttributeFields.Mode;
            change.Mode = mode & 0xfff;
        }

        return Told(place, inode.SetAttributes(task, change), IN_ATTRIB);
    }

    /// <summary>utimensat; tv_nsec may be UTIME_NOW and UTIME_OMIT.</summary>
    public static Errno SetTimes(GuestTask task, in VfsPath place, in timespec accessed, in timespec modified)
    {
        Inode inode = place.Inode!;
        Credentials who = task.Credentials;
        if (place.Mount.IsReadOnly)
        {
            return Errno.EROFS;
        }

        bool bothNow = accessed.tv_nsec == UTIME_NOW && modified.tv_nsec == UTIME_NOW;
        if (!Permissions.IsOwner(inode, who))
        {
            if (!bothNow)
            {
                return Errno.EPERM;
            }

            Errno error = Permissions.Check(inode, who, W_OK);
            if (error != Errno.None)
            {
                return error;
            }
        }

        AttributeChange change = default;
        timespec now = Attributes.Now;
        if (accessed.tv_nsec != UTIME_OMIT)
        {
            change.Fields |= AttributeFields.Accessed;
            change.Accessed = accessed.tv_nsec == UTIME_NOW ? now : accessed;
        }

        if (modified.tv_nsec != UTIME_OMIT)
        {
            change.Fields |= AttributeFields.Modified;
            change.Modified = modified.tv_nsec == UTIME_NOW ? now : modified;
        }

        uint told = (change.Fields & (AttributeFields.Accessed | AttributeFields.Modified)) switch
        {
            AttributeFields.Accessed => IN_ACCESS,
            AttributeFields.Modified => IN_MODIFY,
            AttributeFields.None => 0,
            _ => IN_ATTRIB,
        };
        return Told(place, inode.SetAttributes(task, change), told);
    }

    /// <summary>truncate of a path.</summary>
    public static Errno Truncate(GuestTask task, in VfsPath place, long length)
    {
        Inode inode = place.Inode!;
        if (inode.Type != S_IFREG)
        {
            return inode.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
        }

        Errno error = Permissions.Check(place, task.Credentials, W_OK);
        if (error != Errno.None)
        {
            return error;
        }

        if (!inode.TryBeginWrite())
        {
            return Errno.ETXTBSY;
        }

        error = Told(place, Truncate(task, inode, length), IN_MODIFY);
        inode.EndWrite();
        return error;
    }

    /// <summary>ftruncate, and what O_TRUNC does: RLIMIT_FSIZE, and set-id bits go.</summary>
    public static Errno Truncate(GuestTask task, Inode inode, long length)
    {
        AttributeChange change = new() { Fields = AttributeFields.Size, Size = length };
        Ownership old = inode.Ownership;
        uint mode = Attributes.WithoutSetId(old.Mode);
        if (mode != old.Mode && !task.Credentials.Has(CAP_FSETID))
        {
            change.Fields |= AttributeFields.Mode;
            change.Mode = mode & 0xfff;
        }

        return inode.SetAttributes(task, change);
    }

    private static Errno Told(in VfsPath place, Errno result, uint mask)
    {
        if (result == Errno.None)
        {
            FsNotify.Changed(place, mask);
        }

        return result;
    }
}
