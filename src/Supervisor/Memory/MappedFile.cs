using System;

using UmlHost.Native;

namespace UmlHost.Memory;

/// <summary>What memory needs of a file that is mapped (Linux's address_space): its pages. One object for each
/// inode, so that every mapping of the file shares its frames; the page cache keeps the frames.</summary>
internal abstract class MappedFile
{
    /// <summary>The file's size in bytes now: pages wholly beyond it give SIGBUS.</summary>
    public abstract ulong Size { get; }

    /// <summary>Host-style device and inode numbers and the path, for /proc/self/maps.</summary>
    public abstract ulong Device { get; }

    public abstract ulong Inode { get; }

    public abstract string Path { get; }

    /// <summary>Reads file content at byte <paramref name="offset"/> into <paramref name="destination"/>
    /// (whole pages of a frame); less than asked for means the end of the file.</summary>
    public abstract Result ReadAt(ulong offset, Span<byte> destination);
}
