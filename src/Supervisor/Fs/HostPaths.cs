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

    /// <summary>Opens a place with O_PATH. A magic link of the host's /proc leads to what the supervisor has open,
    /// so it is not there: ENOENT.</summary>
    /// <param name="directory">Host descriptor that a relative path starts from.</param>
    /// <param name="path">Not NUL-terminated.</param>
    /// <param name="flags">O_NOFOLLOW, O_DIRECTORY.</param>
    public static Result Walk(int directory, ReadOnlySpan<byte> path, int flags)
    {
        if (path.Length >= PATH_MAX)
        {
            return new Result(-(long)Errno.ENAMETOOLONG);
        }
        byte* name = stackalloc byte[PATH_MAX];
        path.CopyTo(new Span<byte>(name, PATH_MAX));
        name[path.Length] = 0;
        open_how how = new() { flags = (ulong)(uint)(O_PATH | O_CLOEXEC | flags), resolve = RESOLVE_NO_MAGICLINKS };
        Result place = LibC.openat2(directory, name, &how, (nuint)sizeof(open_how));
        if (place.Error == Errno.ELOOP)
        {
            how.resolve = 0;
            Result through = LibC.openat2(directory, name, &how, (nuint)sizeof(open_how));
            if (through.Error != Errno.ELOOP)
            {
                _ = through.Failed ? through : LibC.close(through.Int);
                return new Result(-(long)Errno.ENOENT);
            }
        }
        return Shortage(place);
    }

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

    /// <summary>access on an inode of a read-only file system: EROFS comes before EACCES, but not for devices and
    /// pipes.</summary>
    public static Errno Access(int hostFd, uint type, int mode, bool effective)
    {
        if ((mode & W_OK) != 0 && type is S_IFREG or S_IFDIR or S_IFLNK)
        {
            return Errno.EROFS;
        }
        byte empty = 0;
        return LibC.faccessat2(hostFd, &empty, mode, AT_EMPTY_PATH | (effective ? AT_EACCESS : 0)).Error;
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

    /// <summary>Splits a path at its last component, the way a walk for a parent does.</summary>
    /// <param name="parent">Never empty: "." for a bare name, "/" below the root.</param>
    /// <param name="last">Without slashes; empty where the path is only slashes.</param>
    /// <param name="trailingSlash">Slashes followed the last component.</param>
    public static void Split(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> parent, out ReadOnlySpan<byte> last, out bool trailingSlash)
    {
        ReadOnlySpan<byte> trimmed = path.TrimEnd((byte)'/');
        trailingSlash = trimmed.Length < path.Length;
        int slash = trimmed.LastIndexOf((byte)'/');
        last = trimmed[(slash + 1)..];
        parent = slash >= 0 ? trimmed[..(slash + 1)] : trimmed.IsEmpty ? "/"u8 : "."u8;
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
