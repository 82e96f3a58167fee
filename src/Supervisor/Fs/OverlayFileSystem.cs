using System.Collections.Generic;
using System.Threading;

using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A host tree that can be written to, without the host seeing it: what changes is kept in memory. There is no
/// second tree: each inode of the lower tree that a guest has seen has an inode here, which knows what was changed of
/// it, a directory its names (<see cref="OverlayDirectory"/>), another file content and attributes
/// (<see cref="OverlayNode"/>, copied up whole by the first change). New files are those of a tmpfs. So renames, also
/// of directories, move nothing, hard links stay links, and numbers never change.
/// <para>The tree lock is outside the lower tree's.</para></summary>
internal sealed class OverlayFileSystem : FileSystem
{
    /// <summary>Numbers of new files begin where no host file system has any.</summary>
    private const ulong FirstNumber = 1UL << 48;

    // What was changed, by the lower file's identity: it must be found again after its name was forgotten.
    private readonly Dictionary<(ulong Device, ulong Number), Inode> _changed = [];
    private readonly Lock _changedLock = new();
    private readonly HostFileSystem _lower;

    public OverlayFileSystem(HostFileSystem lower, FrameAllocator frames)
    {
        _lower = lower;
        Space = new TmpfsSpace(frames, long.MaxValue, FirstNumber);
        SetRoot(new OverlayDirectory(this, lower.RootInode!));
    }

    public override string Type => "overlay";

    public override ulong Device => _lower.Device;

    public override bool ChangesOutside => true;

    public TmpfsSpace Space { get; }

    public override Errno StatFs(Inode inode, out statfs status)
    {
        status = TmpfsFileSystem.Describe(Space, OVERLAYFS_SUPER_MAGIC);
        return Errno.None;
    }

    /// <summary>The inode that stands for <paramref name="lower"/>. Tree lock.</summary>
    public Inode Wrap(HostInode lower)
    {
        if (lower.Overlay is { } known)
        {
            return known;
        }

        lock (_changedLock)
        {
            if (!_changed.TryGetValue((lower.Device, lower.Number), out Inode? inode) || inode.Type != lower.Type)
            {
                inode = lower.IsDirectory ? new OverlayDirectory(this, lower) : new OverlayNode(this, lower);
            }

            return lower.Overlay = inode;
        }
    }

    /// <summary>Remembers that <paramref name="inode"/>, which stands for <paramref name="lower"/>, was changed.</summary>
    public void Keep(HostInode lower, Inode inode)
    {
        lock (_changedLock)
        {
            _changed[(lower.Device, lower.Number)] = inode;
        }
    }
}
