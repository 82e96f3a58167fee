using System;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>Path arguments.</summary>
internal static class Paths
{
    /// <summary>Reads a path, as getname does.</summary>
    /// <param name="buffer">PATH_MAX bytes.</param>
    /// <param name="mayBeEmpty">AT_EMPTY_PATH was given; a null pointer is an empty path then.</param>
    /// <returns>Its length without the NUL; -EFAULT, -ENAMETOOLONG, -ENOENT for an empty one.</returns>
    public static int Read(GuestTask task, GuestAddress address, Span<byte> buffer, bool mayBeEmpty = false)
    {
        if (mayBeEmpty && address.IsNull)
        {
            return 0;
        }
        int length = task.Memory.ReadString(address, buffer);
        return length == 0 && !mayBeEmpty ? -(int)Errno.ENOENT : length;
    }

    /// <summary>Where <paramref name="path"/> starts for a call with a directory descriptor, which an absolute path does
    /// not look at. The place is none for a file that has none: a walk from there gives ENOTDIR.</summary>
    /// <returns>EBADF.</returns>
    public static Errno Start(GuestTask task, int directory, ReadOnlySpan<byte> path, out VfsPath start)
    {
        start = default;
        if (directory == AT_FDCWD || (!path.IsEmpty && path[0] == (byte)'/'))
        {
            start = task.Fs.WorkingDirectory;
            return Errno.None;
        }

        using FileReference reference = task.Files.Get(directory);
        if (reference.File is not { } file)
        {
            return Errno.EBADF;
        }

        start = file.Place;
        return Errno.None;
    }

    /// <summary>Reads a path and finds what it leads to.</summary>
    /// <param name="follow">Whether a symbolic link at the end is followed.</param>
    public static Errno Find(GuestTask task, int directory, GuestAddress address, bool follow, out VfsPath place)
    {
        place = default;
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Read(task, address, path);
        if (length < 0)
        {
            return (Errno)(-length);
        }

        Errno error = Start(task, directory, path[..length], out VfsPath start);
        return error != Errno.None ? error : Vfs.Find(task, start, path[..length], follow, out place);
    }
}
