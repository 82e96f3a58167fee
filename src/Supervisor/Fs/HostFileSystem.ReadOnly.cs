using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Everything that would change a file: the checks that Linux makes before it finds that the file system
/// is read-only, and EROFS.</summary>
internal sealed unsafe partial class HostFileSystem
{
    /// <summary>MAXSYMLINKS.</summary>
    private const int MaxLinks = 40;

    public override Errno MakeNode(in PathName name, uint mode, ulong device) =>
        NewNameError(name, (mode & S_IFMT) == S_IFDIR);

    public override Errno SymbolicLink(ReadOnlySpan<byte> target, in PathName name) => NewNameError(name, directory: false);

    public override Errno Link(in PathName existing, bool follow, in PathName name)
    {
        Errno error = ChangeError(existing, follow);
        return error == Errno.EROFS ? NewNameError(name, directory: false) : error;
    }

    public override Errno Unlink(in PathName name)
    {
        Errno error = ParentError(name, out ReadOnlySpan<byte> last);
        return error != Errno.None ? error : IsName(last) ? Errno.EROFS : Errno.EISDIR;
    }

    public override Errno RemoveDirectory(in PathName name)
    {
        Errno error = ParentError(name, out ReadOnlySpan<byte> last);
        return error != Errno.None ? error
            : IsName(last) ? Errno.EROFS
            : last.Length switch
            {
                0 => Errno.EBUSY,
                1 => Errno.EINVAL,
                _ => Errno.ENOTEMPTY,
            };
    }

    public override Errno Rename(in PathName old, in PathName name, uint flags)
    {
        Errno error = ParentError(old, out ReadOnlySpan<byte> oldLast);
        if (error != Errno.None)
        {
            return error;
        }
        error = ParentError(name, out ReadOnlySpan<byte> newLast);
        return error != Errno.None ? error
            : !IsName(oldLast) ? Errno.EBUSY
            : IsName(newLast) ? Errno.EROFS
            : (flags & RENAME_NOREPLACE) != 0 ? Errno.EEXIST
            : Errno.EBUSY;
    }

    public override Errno Truncate(in PathName name, long length)
    {
        Errno error = Stat(name, follow: true, out stat status);
        return error != Errno.None ? error : (status.st_mode & S_IFMT) switch
        {
            S_IFDIR => Errno.EISDIR,
            S_IFREG => Errno.EROFS,
            _ => Errno.EINVAL,
        };
    }

    public override Errno SetMode(in PathName name, bool follow, uint mode) => ChangeError(name, follow);

    public override Errno SetOwner(in PathName name, bool follow, uint user, uint group) => ChangeError(name, follow);

    public override Errno SetTimes(in PathName name, bool follow, in timespec accessed, in timespec modified) => ChangeError(name, follow);

    private Errno ChangeError(in PathName name, bool follow)
    {
        Errno error = Stat(name, follow, out _);
        return error != Errno.None ? error : Errno.EROFS;
    }

    private static Errno ParentError(in PathName name, out ReadOnlySpan<byte> last)
    {
        HostPaths.Split(name.Bytes, out ReadOnlySpan<byte> parent, out last, out _);
        Result walked = HostPaths.Walk(StartOf(name), parent, O_DIRECTORY);
        if (walked.Failed)
        {
            return walked.Error;
        }
        _ = LibC.close(walked.Int);
        return Errno.None;
    }

    /// <summary>What mkdir, mknod, symlink and link get: EEXIST for a name that is there, whatever it is.</summary>
    private static Errno NewNameError(in PathName name, bool directory)
    {
        HostPaths.Split(name.Bytes, out ReadOnlySpan<byte> parent, out ReadOnlySpan<byte> last, out bool trailingSlash);
        Result walked = HostPaths.Walk(StartOf(name), parent, O_DIRECTORY);
        if (walked.Failed)
        {
            return walked.Error;
        }
        Result found = IsName(last) ? HostPaths.Walk(walked.Int, last, O_NOFOLLOW) : default;
        _ = LibC.close(walked.Int);
        if (!found.Failed)
        {
            if (IsName(last))
            {
                _ = LibC.close(found.Int);
            }
            return Errno.EEXIST;
        }
        return found.Error != Errno.ENOENT || (trailingSlash && !directory) ? found.Error : Errno.EROFS;
    }

    /// <summary>What open with O_CREAT gets for a path that leads to nothing: EROFS if only the file itself is
    /// missing. A link is followed, for its target would be created.</summary>
    private static Errno CreationError(int directory, ReadOnlySpan<byte> path, bool follow, int depth = 0)
    {
        HostPaths.Split(path, out ReadOnlySpan<byte> parent, out ReadOnlySpan<byte> last, out bool trailingSlash);
        Result walked = HostPaths.Walk(directory, parent, O_DIRECTORY);
        if (walked.Failed)
        {
            return walked.Error;
        }
        Errno error = Errno.EROFS;
        if (trailingSlash || !IsName(last))
        {
            error = Errno.EISDIR;
        }
        else if (follow)
        {
            byte[] target = new byte[PATH_MAX - 1];
            Result link = HostPaths.Walk(walked.Int, last, O_NOFOLLOW);
            if (!link.Failed)
            {
                Result length = HostPaths.ReadLink(link.Int, target);
                error = length.Failed ? Errno.EROFS
                    : depth == MaxLinks ? Errno.ELOOP
                    : CreationError(walked.Int, target.AsSpan(0, length.Int), follow, depth + 1);
                _ = LibC.close(link.Int);
            }
            else if (link.Error != Errno.ENOENT)
            {
                error = link.Error;
            }
        }
        _ = LibC.close(walked.Int);
        return error;
    }
}
