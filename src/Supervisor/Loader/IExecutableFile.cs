using System;

using UmlHost.Memory;
using UmlHost.Native;

namespace UmlHost.Loader;

/// <summary>A file opened for execution, as the file system hands it to the loader. Disposing it gives up the
/// open file; mappings made from <see cref="Mapping"/> live on.</summary>
internal interface IExecutableFile : IDisposable
{
    /// <summary>What segments are mapped from; null where the file cannot be mapped (ENOEXEC).</summary>
    MappedFile? Mapping { get; }

    /// <summary>st_mode: type and permission bits.</summary>
    uint Mode { get; }

    /// <summary>Whether the caller may execute it: its x bits for these credentials, and no noexec mount.</summary>
    bool MayExecute { get; }

    /// <summary>Absolute path with symlinks resolved (/proc/self/exe, messages).</summary>
    string Path { get; }

    /// <summary>Reads at byte <paramref name="offset"/>; less than asked for means the end of the file.</summary>
    Result ReadAt(ulong offset, Span<byte> destination);
}

/// <summary>Opens a file for execve, relative paths against the task's working directory, following symlinks.
/// The loader itself checks type and permission of what it is given.</summary>
/// <param name="path">As the guest wrote it, without the NUL.</param>
/// <param name="file">Set when the result is <see cref="Errno.None"/>.</param>
/// <returns>ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES (search permission) …</returns>
internal delegate Errno ExecutableOpener(ReadOnlySpan<byte> path, out IExecutableFile? file);
