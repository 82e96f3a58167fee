using System;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>What system calls with a path do (Linux's namei.c and open.c): walk, check, and let the inode act. Paths are
/// not empty and without their NUL; a relative one begins at <c>start</c>. Errors are Linux's, in its order.</summary>
internal static partial class Vfs
{
    /// <summary>Finds what a path leads to.</summary>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    public static Errno Find(GuestTask task, in VfsPath start, ReadOnlySpan<byte> path, bool follow, out VfsPath place, Credentials? who = null)
    {
        PathWalk walk = PathWalk.First;
        Errno error = walk.Begin(task, start, path, 0, who);
        if (error == Errno.None)
        {
            error = walk.Resolve(follow);
        }

        place = error == Errno.None ? walk.Place : default;
        return error;
    }

    /// <summary>access: EROFS for a write to a read-only mount, but not for devices and pipes.</summary>
    /// <param name="mode">R_OK, W_OK, X_OK, or F_OK.</param>
    public static Errno Access(in VfsPath place, Credentials who, int mode) =>
        (mode & X_OK) != 0 && place.Inode!.Type == S_IFREG && (place.Mount.Flags & MountFlags.NoExec) != 0
            ? Errno.EACCES
            : Permissions.Check(place, who, mode);

    /// <summary>The credentials that access judges by: the real ids, with the capabilities of a real root.</summary>
    public static Credentials ForAccess(Credentials who, bool effective) =>
        effective || (who.FileUid == who.Uid && who.FileGid == who.Gid && (who.Uid == 0 ? who.Effective == who.Permitted : who.Effective == 0))
            ? who
            : who with { FileUid = who.Uid, FileGid = who.Gid, Effective = who.Uid == 0 ? who.Permitted : 0 };

    /// <summary>statfs, with the mount's flags.</summary>
    public static Errno StatFs(in VfsPath place, out statfs status)
    {
        Errno error = place.Dentry.FileSystem.StatFs(place.Inode!, out status);
        MountFlags flags = place.Mount.Flags;
        status.f_flags = ST_VALID | ST_RELATIME
            | ((flags & MountFlags.ReadOnly) != 0 ? ST_RDONLY : 0)
            | ((flags & MountFlags.NoSuid) != 0 ? ST_NOSUID : 0)
            | ((flags & MountFlags.NoDev) != 0 ? ST_NODEV : 0)
            | ((flags & MountFlags.NoExec) != 0 ? ST_NOEXEC : 0);
        return error;
    }

    /// <summary>The path of a place, as seen from <paramref name="root"/> (d_path), without a NUL; " (deleted)" follows
    /// where the name is gone.</summary>
    /// <param name="reachable">False for a place outside of the root: its path is from the root of all then.</param>
    /// <returns>The part of <paramref name="buffer"/>, at its end, that holds the path; empty where it does not fit.</returns>
    public static ReadOnlySpan<byte> PathOf(VfsPath place, VfsPath root, Span<byte> buffer, out bool reachable)
    {
        int at = buffer.Length;
        reachable = true;
        if (place.Dentry.IsRemoved && place.Dentry.Parent is not null)
        {
            if (!Put(buffer, ref at, " (deleted)"u8))
            {
                return default;
            }
        }

        int end = at;
        while (place != root)
        {
            if (place.Dentry == place.Mount.Root || place.Dentry.Parent is null)
            {
                if (place.Mount.Point.IsNone || place.Dentry != place.Mount.Root)
                {
                    reachable = place.Dentry != place.Mount.Root && place.Dentry.IsRemoved;
                    break;
                }

                place = place.Mount.Point;
                continue;
            }

            if (!Put(buffer, ref at, place.Dentry.Name) || !Put(buffer, ref at, "/"u8))
            {
                return default;
            }

            place = new VfsPath(place.Mount, place.Dentry.Parent);
        }

        return at == end && !Put(buffer, ref at, "/"u8) ? default : buffer[at..];
    }

    /// <summary>As above, at the front of a buffer.</summary>
    /// <returns>Its length, cut off at the buffer's end.</returns>
    public static Result PathOf(in VfsPath place, in VfsPath root, Span<byte> buffer)
    {
        Span<byte> whole = stackalloc byte[PATH_MAX];
        ReadOnlySpan<byte> path = PathOf(place, root, whole, out _);
        if (path.IsEmpty)
        {
            return new Result(-(long)Errno.ENAMETOOLONG);
        }

        path = path[..Math.Min(path.Length, buffer.Length)];
        path.CopyTo(buffer);
        return new Result(path.Length);
    }

    /// <summary>A path for people, from the root of all.</summary>
    public static string TextOf(in VfsPath place)
    {
        Span<byte> buffer = stackalloc byte[PATH_MAX];
        return System.Text.Encoding.UTF8.GetString(PathOf(place, default, buffer, out _));
    }

    private static bool Put(Span<byte> buffer, ref int at, ReadOnlySpan<byte> text)
    {
        if (at < text.Length)
        {
            return false;
        }

        at -= text.Length;
        text.CopyTo(buffer[at..]);
        return true;
    }
}
