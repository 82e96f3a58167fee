using System;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>What the last component of a path is.</summary>
internal enum LastKind
{
    /// <summary>A name that could be created.</summary>
    Name,

    /// <summary>Only slashes: the root.</summary>
    Root,

    Dot,
    DotDot,
}

/// <summary>A walk along a path, component by component (Linux's path_lookup). Search permission is checked for each
/// directory with the task's credentials, symbolic links are followed up to 40, mounts are crossed in both
/// directions, and <c>..</c> stops at the root. Errors come in Linux's order.
/// <para>A walk is a thing to be used again: it allocates nothing. Each thread has two
/// (<see cref="First"/>, <see cref="Second"/>), for calls with two paths; not for use across a wait.</para></summary>
internal sealed class PathWalk
{
    /// <summary>MAXSYMLINKS.</summary>
    private const int MaxLinks = 40;

    [ThreadStatic]
    private static PathWalk? s_first;

    [ThreadStatic]
    private static PathWalk? s_second;

    private readonly byte[] _target = new byte[PATH_MAX];
    private byte[] _buffer = new byte[2 * PATH_MAX];
    private int _at;
    private int _end;
    private int _lastStart;
    private int _lastLength;
    private int _links;
    private GuestTask _task = null!;
    private Credentials _who = null!;
    private MountTable _mounts = null!;
    private VfsPath _root;
    private VfsPath _place;
    private ulong _resolve;

    public static PathWalk First => s_first ??= new PathWalk();

    public static PathWalk Second => s_second ??= new PathWalk();

    /// <summary>Where the walk is: after <see cref="ToParent"/> the directory of the last component, after
    /// <see cref="Resolve"/> what the path leads to.</summary>
    public VfsPath Place => _place;

    /// <summary>The last component, after <see cref="ToParent"/>.</summary>
    public ReadOnlySpan<byte> Last => _buffer.AsSpan(_lastStart, _lastLength);

    public LastKind Kind { get; private set; }

    /// <summary>Slashes follow the last component: it must be a directory.</summary>
    public bool HasTrailingSlash { get; private set; }

    /// <summary>Begins a walk.</summary>
    /// <param name="start">Where a relative path begins; none for a descriptor without a place, ENOTDIR.</param>
    /// <param name="path">Without its NUL, not empty.</param>
    /// <param name="resolve">RESOLVE_*.</param>
    /// <param name="who">Whose search permission counts, if not the task's.</param>
    public Errno Begin(GuestTask task, in VfsPath start, ReadOnlySpan<byte> path, ulong resolve = 0, Credentials? who = null)
    {
        _task = task;
        _who = who ?? task.Credentials;
        FsContext fs = task.Fs;
        _mounts = fs.Mounts;
        _root = (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0 ? start : fs.Root;
        _place = start;
        _resolve = resolve;
        _links = 0;
        _at = 0;
        _end = path.Length;
        if (path.Length >= PATH_MAX)
        {
            return Errno.ENAMETOOLONG;
        }

        path.CopyTo(_buffer);
        if (path[0] == (byte)'/')
        {
            if ((resolve & RESOLVE_BENEATH) != 0)
            {
                return Errno.EXDEV;
            }

            _place = _root;
        }

        return _place.IsNone ? Errno.ENOTDIR : Errno.None;
    }

    /// <summary>Walks up to the last component, which is left for the caller.</summary>
    public Errno ToParent()
    {
        while (true)
        {
            while (_at < _end && _buffer[_at] == (byte)'/')
            {
                _at++;
            }

            int start = _at;
            int slash = _buffer.AsSpan(_at, _end - _at).IndexOf((byte)'/');
            int length = slash < 0 ? _end - _at : slash;
            int next = start + length;
            while (next < _end && _buffer[next] == (byte)'/')
            {
                next++;
            }

            if (_place.Inode is not { IsDirectory: true } directory)
            {
                return Errno.ENOTDIR;
            }

            Errno error = length == 0 ? Errno.None : Permissions.Check(directory, _who, X_OK);
            if (error != Errno.None)
            {
                return error;
            }

            ReadOnlySpan<byte> name = _buffer.AsSpan(start, length);
            LastKind kind = length == 0 ? LastKind.Root
                : name is [(byte)'.'] ? LastKind.Dot
                : name is [(byte)'.', (byte)'.'] ? LastKind.DotDot
                : LastKind.Name;
            _at = next;
            if (next == _end)
            {
                _lastStart = start;
                _lastLength = length;
                Kind = kind;
                HasTrailingSlash = next > start + length;
                return Errno.None;
            }

            if (kind == LastKind.Name)
            {
                error = Step(name, out VfsPath found);
                if (error == Errno.None && found.Dentry.Inode is null)
                {
                    error = Errno.ENOENT;
                }

                if (error == Errno.None && found.Inode!.IsSymbolicLink)
                {
                    error = FollowLink(found);
                }
                else
                {
                    _place = error == Errno.None ? found : _place;
                }
            }
            else if (kind == LastKind.DotDot)
            {
                error = Up();
            }

            if (error != Errno.None)
            {
                return error;
            }
        }
    }

    /// <summary>Walks to the end.</summary>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    /// <param name="directory">ENOTDIR for what is no directory.</param>
    public Errno Resolve(bool follow, bool directory = false)
    {
        while (true)
        {
            Errno error = ToParent();
            if (error != Errno.None)
            {
                return error;
            }

            bool more = false;
            error = Kind switch
            {
                LastKind.Name => ResolveLast(follow, out more),
                LastKind.DotDot => Up(),
                _ => Errno.None,
            };
            if (error != Errno.None)
            {
                return error;
            }

            if (!more)
            {
                return (HasTrailingSlash || directory) && !_place.Inode!.IsDirectory ? Errno.ENOTDIR : Errno.None;
            }
        }
    }

    /// <summary>Finds the last component, after <see cref="ToParent"/> left a name: it may be negative. Mounts are
    /// crossed.</summary>
    public Errno FindLast(out VfsPath found) => Step(Last, out found);

    /// <summary>Goes on along the symbolic link that the last component is; <see cref="ToParent"/> comes next, unless a
    /// magic link has led to the end: then <paramref name="more"/> is false and <see cref="Place"/> is it.</summary>
    public Errno FollowLast(in VfsPath link, out bool more)
    {
        if (HasTrailingSlash)
        {
            // What follows must be a directory also behind the link.
            _buffer[_lastStart] = (byte)'/';
            _at = _lastStart;
            _end = _lastStart + 1;
        }

        more = !link.Inode!.IsMagicLink;
        return Permissions.MayFollow(_place.Inode!, link.Inode, _who) ? FollowLink(link) : Errno.EACCES;
    }

    /// <summary>From a directory to its parent (follow_dotdot).</summary>
    public Errno Up()
    {
        while (true)
        {
            if (_place == _root)
            {
                return (_resolve & RESOLVE_BENEATH) != 0 ? Errno.EXDEV : Errno.None;
            }

            if (_place.Dentry != _place.Mount.Root)
            {
                break;
            }

            if (_place.Mount.Point.IsNone)
            {
                return Errno.None;
            }

            if ((_resolve & RESOLVE_NO_XDEV) != 0)
            {
                return Errno.EXDEV;
            }

            _place = _place.Mount.Point;
        }

        if (_place.Dentry.Parent is { } parent)
        {
            _place = new VfsPath(_place.Mount, parent);
        }

        VfsPath crossed = _mounts.Cross(_place);
        if (crossed.Mount != _place.Mount && (_resolve & RESOLVE_NO_XDEV) != 0)
        {
            return Errno.EXDEV;
        }

        _place = crossed;
        return Errno.None;
    }

    private Errno ResolveLast(bool follow, out bool more)
    {
        more = false;
        Errno error = Step(Last, out VfsPath found);
        if (error != Errno.None)
        {
            return error;
        }

        if (found.Inode is not { } inode)
        {
            return Errno.ENOENT;
        }

        if (inode.IsSymbolicLink && (follow || HasTrailingSlash))
        {
            return FollowLast(found, out more);
        }

        _place = found;
        return Errno.None;
    }

    private Errno Step(ReadOnlySpan<byte> name, out VfsPath found)
    {
        Errno error = _place.Dentry.Lookup(name, out Dentry child);
        found = new VfsPath(_place.Mount, child);
        if (error == Errno.None && child.IsMountPoint)
        {
            VfsPath crossed = _mounts.Cross(found);
            error = (_resolve & RESOLVE_NO_XDEV) != 0 && crossed.Mount != found.Mount ? Errno.EXDEV : Errno.None;
            found = crossed;
        }

        return error;
    }

    /// <summary>Puts a link's target in front of what is left, or goes where a magic link leads.</summary>
    private Errno FollowLink(in VfsPath link)
    {
        if (++_links > MaxLinks)
        {
            return Errno.ELOOP;
        }

        Inode inode = link.Inode!;
        if ((_resolve & RESOLVE_NO_SYMLINKS) != 0)
        {
            return Errno.ELOOP;
        }

        if (inode.IsMagicLink)
        {
            if ((_resolve & RESOLVE_NO_MAGICLINKS) != 0)
            {
                return Errno.ELOOP;
            }

            if ((_resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0)
            {
                return Errno.EXDEV;
            }

            Errno followed = inode.Follow(_task, out VfsPath target);
            if (followed == Errno.None)
            {
                if ((_resolve & RESOLVE_NO_XDEV) != 0 && target.Mount != _place.Mount)
                {
                    return Errno.EXDEV;
                }

                _place = target;
            }

            return followed;
        }

        Result length = inode.ReadLink(_task, _target);
        if (length.Failed)
        {
            return length.Error;
        }

        ReadOnlySpan<byte> text = _target.AsSpan(0, length.Int);
        if (text.IsEmpty)
        {
            return Errno.ENOENT;
        }

        Prepend(text);
        if (text[0] == (byte)'/')
        {
            if ((_resolve & RESOLVE_BENEATH) != 0)
            {
                return Errno.EXDEV;
            }

            if ((_resolve & RESOLVE_NO_XDEV) != 0 && _root.Mount != _place.Mount)
            {
                return Errno.EXDEV;
            }

            _place = _root;
        }

        return Errno.None;
    }

    private void Prepend(ReadOnlySpan<byte> text)
    {
        int left = _end - _at;
        int total = text.Length + 1 + left;
        if (total > _buffer.Length)
        {
            byte[] grown = new byte[2 * total];
            _buffer.AsSpan(_at, left).CopyTo(grown.AsSpan(text.Length + 1));
            _buffer = grown;
        }
        else
        {
            _buffer.AsSpan(_at, left).CopyTo(_buffer.AsSpan(text.Length + 1));
        }

        text.CopyTo(_buffer);
        _buffer[text.Length] = (byte)'/';
        _at = 0;
        _end = left == 0 ? text.Length : total;
    }
}
