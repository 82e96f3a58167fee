using System;

using UmlHost.Native;

namespace UmlHost.Fs;

/// <summary>A path as a call names it, and where it is looked up from. All that a walk depends on is in here, so
/// that it can depend on more without a change of the operations.</summary>
/// <param name="start">Where a relative path begins; any open file, a walk tells ENOTDIR.</param>
/// <param name="bytes">The path without its NUL: not empty, shorter than PATH_MAX.</param>
internal readonly ref struct PathName(OpenFile start, ReadOnlySpan<byte> bytes)
{
    public OpenFile Start { get; } = start;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public bool IsAbsolute => Bytes[0] == (byte)'/';
}

/// <summary>The tree of files that guests see: what calls with a path do. Calls on an open file go to
/// <see cref="OpenFile"/>. Errors are Linux's, in its order of checks. Safe to call from any task; holds no
/// lock of its caller's knowledge.</summary>
internal abstract class FileSystem
{
    /// <summary>open, with O_PATH also the way to a working directory.</summary>
    /// <param name="flags">O_*, valid as a set.</param>
    /// <param name="mode">For a file that is created, umask applied.</param>
    /// <returns>The file with one reference, or null and <paramref name="error"/>.</returns>
    public abstract OpenFile? Open(in PathName name, int flags, uint mode, out Errno error);

    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    public abstract Errno Stat(in PathName name, bool follow, out stat status);

    /// <param name="flags">AT_STATX_SYNC_TYPE and AT_NO_AUTOMOUNT bits.</param>
    public abstract Errno Statx(in PathName name, bool follow, uint flags, uint mask, out statx status);

    public abstract Errno StatFs(in PathName name, out statfs status);

    /// <summary>The target of a symbolic link, cut off at the end of <paramref name="target"/>.</summary>
    public abstract Result ReadLink(in PathName name, Span<byte> target);

    /// <param name="mode">R_OK, W_OK, X_OK, or F_OK.</param>
    /// <param name="effective">For the effective ids rather than the real ones.</param>
    public abstract Errno Access(in PathName name, int mode, bool effective, bool follow);

    /// <summary>The absolute path of what is open (d_path), without a NUL.</summary>
    /// <returns>Its length; -ENOENT for what was removed, -ENAMETOOLONG.</returns>
    public abstract Result PathOf(OpenFile file, Span<byte> path);

    /// <summary>mknod, and mkdir with S_IFDIR as the type in <paramref name="mode"/>.</summary>
    public abstract Errno MakeNode(in PathName name, uint mode, ulong device);

    public abstract Errno SymbolicLink(ReadOnlySpan<byte> target, in PathName name);

    public abstract Errno Link(in PathName existing, bool follow, in PathName name);

    public abstract Errno Unlink(in PathName name);

    public abstract Errno RemoveDirectory(in PathName name);

    /// <param name="flags">RENAME_*, valid as a set.</param>
    public abstract Errno Rename(in PathName old, in PathName name, uint flags);

    public abstract Errno Truncate(in PathName name, long length);

    public abstract Errno SetMode(in PathName name, bool follow, uint mode);

    /// <summary>uint.MaxValue leaves an id as it is.</summary>
    public abstract Errno SetOwner(in PathName name, bool follow, uint user, uint group);

    /// <summary>tv_nsec may be UTIME_NOW and UTIME_OMIT.</summary>
    public abstract Errno SetTimes(in PathName name, bool follow, in timespec accessed, in timespec modified);
}
