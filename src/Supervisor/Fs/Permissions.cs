using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Who may do what with a file, by the guest's credentials.</summary>
internal static class Permissions
{
    /// <summary>Linux's generic_permission: EACCES, or None.</summary>
    /// <param name="mask">R_OK, W_OK, X_OK.</param>
    public static Errno Check(Inode inode, Credentials who, int mask)
    {
        if (mask == 0)
        {
            return Errno.None;
        }

        Ownership file = inode.Ownership;
        uint bits = who.FileUid == file.Uid ? file.Mode >> 6
            : ((file.Mode ^ (file.Mode >> 3)) & 7) != 0 && who.IsInGroup(file.Gid) ? file.Mode >> 3
            : file.Mode;
        if ((bits & (uint)mask) == (uint)mask)
        {
            return Errno.None;
        }

        if (inode.IsDirectory)
        {
            return ((mask & W_OK) == 0 && who.Has(CAP_DAC_READ_SEARCH)) || who.Has(CAP_DAC_OVERRIDE) ? Errno.None : Errno.EACCES;
        }

        return (mask == R_OK && who.Has(CAP_DAC_READ_SEARCH))
            || (((mask & X_OK) == 0 || (file.Mode & 0x49) != 0) && who.Has(CAP_DAC_OVERRIDE))
            ? Errno.None
            : Errno.EACCES;
    }

    /// <summary>As above, and EROFS for a write to what lies on a read-only mount.</summary>
    public static Errno Check(in VfsPath place, Credentials who, int mask) =>
        (mask & W_OK) != 0 && place.Mount.IsReadOnly && place.Inode!.Type is S_IFREG or S_IFDIR or S_IFLNK
            ? Errno.EROFS
            : Check(place.Inode!, who, mask);

    /// <summary>The owner, or privileged (inode_owner_or_capable).</summary>
    public static bool IsOwner(Inode inode, Credentials who) => who.FileUid == inode.Ownership.Uid || who.Has(CAP_FOWNER);

    /// <summary>A sticky directory keeps others' files from <paramref name="who"/> (check_sticky).</summary>
    public static bool IsSticky(Inode directory, Inode victim, Credentials who)
    {
        Ownership owner = directory.Ownership;
        return (owner.Mode & S_ISVTX) != 0 && victim.Ownership.Uid != who.FileUid && owner.Uid != who.FileUid && !who.Has(CAP_FOWNER);
    }

    /// <summary>Linux's may_delete, after the name was found. Tree lock.</summary>
    /// <param name="directory">rmdir, or a rename of a directory.</param>
    public static Errno MayRemove(Dentry parent, Dentry victim, Credentials who, bool directory)
    {
        Errno error = Check(parent.Inode!, who, W_OK | X_OK);
        return error != Errno.None ? error
            : IsSticky(parent.Inode!, victim.Inode!, who) ? Errno.EPERM
            : directory && !victim.Inode!.IsDirectory ? Errno.ENOTDIR
            : !directory && victim.Inode!.IsDirectory ? Errno.EISDIR
            : parent.IsRemoved ? Errno.ENOENT
            : Errno.None;
    }

    /// <summary>Linux's may_create.</summary>
    public static Errno MayCreate(Dentry parent, Credentials who) =>
        parent.IsRemoved ? Errno.ENOENT : Check(parent.Inode!, who, W_OK | X_OK);

    /// <summary>fs.protected_symlinks: a link in a sticky directory that all may write is followed only by its owner, or
    /// where the directory is the owner's too.</summary>
    public static bool MayFollow(Inode directory, Inode link, Credentials who)
    {
        Ownership owner = directory.Ownership;
        uint linkUid = link.Ownership.Uid;
        return linkUid == who.FileUid || (owner.Mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH) || owner.Uid == linkUid;
    }

    /// <summary>fs.protected_hardlinks: only one's own files, or such as one could write anyway.</summary>
    public static bool MayLink(Inode inode, Credentials who)
    {
        Ownership file = inode.Ownership;
        bool safe = inode.Type == S_IFREG && (file.Mode & S_ISUID) == 0 && (file.Mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP)
            && Check(inode, who, R_OK | W_OK) == Errno.None;
        return safe || IsOwner(inode, who);
    }

    /// <summary>fs.protected_regular and protected_fifos (both 1): O_CREAT in a sticky directory that all may write does
    /// not open somebody else's file.</summary>
    public static bool MayOpenExisting(Inode directory, Inode file, Credentials who)
    {
        Ownership owner = directory.Ownership;
        uint uid = file.Ownership.Uid;
        return file.Type is not (S_IFREG or S_IFIFO) || (owner.Mode & S_ISVTX) == 0 || uid == owner.Uid || uid == who.FileUid || (owner.Mode & S_IWOTH) == 0;
    }

    /// <summary>Whose a new file is (inode_init_owner): a set-group-ID directory hands on its group.</summary>
    public static NewNode NewNode(Inode directory, Credentials who, uint mode, ulong device = 0, byte[]? target = null)
    {
        Ownership parent = directory.Ownership;
        uint gid = who.FileGid;
        if ((parent.Mode & S_ISGID) != 0)
        {
            gid = parent.Gid;
            if ((mode & S_IFMT) == S_IFDIR)
            {
                mode |= S_ISGID;
            }
            else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && !who.IsInGroup(gid) && !who.Has(CAP_FSETID))
            {
                mode &= ~(uint)S_ISGID;
            }
        }

        return new NewNode(mode, who.FileUid, gid, device, target);
    }
}
