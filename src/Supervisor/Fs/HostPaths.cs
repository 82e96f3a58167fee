using System;
using System.Buffers.Text;
using System.Runtime.CompilerServices;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Host descriptors from paths, and paths from host descriptors.</summary>
[SkipLocalsInit]
internal static unsafe class HostPaths
{
    /// <summary>/proc/self/fd of the supervisor, through which an O_PATH descriptor is opened for more.</summary>
    private static readonly int s_descriptors = OpenDescriptors();

    /// <summary>Opens one name in a directory with O_PATH, whatever it is.</summary>
    /// <param name="name">A single component, with its NUL.</param>
    public static Result OpenName(int directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* at = name)
        {
            return Shortage(LibC.openat(directory, at, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
        }
    }

    /// <summary>Opens a path of the supervisor's own with O_PATH: the root of a tree for guests.</summary>
    public static Result OpenRoot(ReadOnlySpan<byte> path)
    {
        if (path.Length >= PATH_MAX)
        {
            return new Result(-(long)Errno.ENAMETOOLONG);
        }
        byte* name = stackalloc byte[PATH_MAX];
        path.CopyTo(new Span<byte>(name, PATH_MAX));
        name[path.Length] = 0;
        return LibC.openat(AT_FDCWD, name, O_PATH | O_CLOEXEC, 0);
    }

    /// <summary>The supervisor's working directory; "/" where it has none.</summary>
    public static byte[] WorkingDirectory()
    {
        byte* name = stackalloc byte[PATH_MAX];
        Result length = LibC.getcwd(name, PATH_MAX);
        return length.Failed || name[0] != (byte)'/' ? "/"u8.ToArray() : new Span<byte>(name, length.Int - 1).ToArray();
    }

    /// <summary>The supervisor's own.</summary>
    public static uint Umask()
    {
        uint umask = LibC.umask(0);
        _ = LibC.umask(umask);
        return umask;
    }

    /// <summary>A name below <see cref="Descriptors"/> that leads to what <paramref name="hostFd"/> has open, for calls
    /// that take no O_PATH descriptor.</summary>
    /// <param name="name">16 bytes.</param>
    public static void NameOf(int hostFd, byte* name) => FormatDescriptor(hostFd, name);

    /// <summary>/proc/self/fd of the supervisor.</summary>
    public static int Descriptors => s_descriptors;

    /// <summary>Opens the inode of <paramref name="hostFd"/> once more.</summary>
    /// <param name="flags">Access mode, and flags that change how it is opened.</param>
    public static Result Reopen(int hostFd, int flags)
    {
        byte* name = stackalloc byte[16];
        FormatDescriptor(hostFd, name);
        return Shortage(LibC.openat(s_descriptors, name, flags | O_CLOEXEC | O_NOCTTY, 0));
    }

    /// <summary>The absolute path of what <paramref name="hostFd"/> has open.</summary>
    /// <returns>Its length; -ENAMETOOLONG.</returns>
    public static Result PathOf(int hostFd, Span<byte> path)
    {
        byte* name = stackalloc byte[16];
        FormatDescriptor(hostFd, name);
        fixed (byte* at = path)
        {
            Result length = LibC.readlinkat(s_descriptors, name, at, (nuint)path.Length);
            return length.Raw == path.Length ? new Result(-(long)Errno.ENAMETOOLONG) : length;
        }
    }

    public static Result Stat(int hostFd, out stat status)
    {
        fixed (stat* at = &status)
        {
            return LibC.fstat(hostFd, at);
        }
    }

    /// <summary>The target of the symbolic link that <paramref name="hostFd"/> has open, cut off at the end of
    /// <paramref name="target"/>.</summary>
    public static Result ReadLink(int hostFd, Span<byte> target)
    {
        byte empty = 0;
        fixed (byte* at = target)
        {
            return LibC.readlinkat(hostFd, &empty, at, (nuint)target.Length);
        }
    }

    /// <summary>The supervisor's limit of descriptors is to guests the system's.</summary>
    private static Result Shortage(Result result) =>
        result.Error == Errno.EMFILE ? new Result(-(long)Errno.ENFILE) : result;

    private static void FormatDescriptor(int fd, byte* name)
    {
        _ = Utf8Formatter.TryFormat(fd, new Span<byte>(name, 15), out int length);
        name[length] = 0;
    }

    private static int OpenDescriptors()
    {
        fixed (byte* name = "/proc/self/fd\0"u8)
        {
            Result fd = LibC.openat(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
            return fd.Failed ? throw new InvalidOperationException($"/proc/self/fd: {fd.Error}") : fd.Int;
        }
    }
}
