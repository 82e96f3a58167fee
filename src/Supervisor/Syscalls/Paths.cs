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

    /// <summary>Reads a path and opens what it leads to; for calls that act on an open file.</summary>
    /// <param name="flags">O_*.</param>
    public static OpenFile? Open(GuestTask task, int directory, GuestAddress address, int flags, out Errno error)
    {
        Span<byte> path = stackalloc byte[PATH_MAX];
        int length = Read(task, address, path);
        if (length < 0)
        {
            error = (Errno)(-length);
            return null;
        }
        using FileReference start = task.Fs.Start(task.Files, directory, path[..length]);
        if (start.File is null)
        {
            error = Errno.EBADF;
            return null;
        }
        return task.Fs.FileSystem.Open(new PathName(start.File, path[..length]), flags, 0, out error);
    }
}
