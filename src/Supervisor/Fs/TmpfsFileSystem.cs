using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Files in memory: content lies in frames of the guests' memory, counted with it, and vanishes with the run.
/// </summary>
internal sealed class TmpfsFileSystem : FileSystem
{
    private readonly TmpfsSpace _space;

    /// <param name="limitBytes">Most bytes of content; 0 for no limit but the machine's.</param>
    /// <param name="mode">Permission of the root.</param>
    public TmpfsFileSystem(FrameAllocator frames, ulong limitBytes, uint mode = 0x3ff, uint uid = 0, uint gid = 0, string type = "tmpfs")
    {
        Type = type;
        _space = new TmpfsSpace(frames, limitBytes == 0 ? long.MaxValue : (long)((limitBytes + 4095) / 4096));
        SetRoot(new TmpfsDirectory(this, _space, new NewNode(S_IFDIR | mode, uid, gid)));
    }

    public override string Type { get; }

    public override Errno StatFs(Inode inode, out statfs status)
    {
        status = Describe(_space, TMPFS_MAGIC);
        return Errno.None;
    }

    /// <summary>A file with no place in any tree (memfd_create).</summary>
    public TmpfsRegular NewRegular(uint mode, uint uid, uint gid)
    {
        TmpfsRegular inode = new(this, _space, new NewNode(S_IFREG | mode, uid, gid));
        inode.AddLinks(-1);
        return inode;
    }

    public static statfs Describe(TmpfsSpace space, long magic)
    {
        ulong limit = space.LimitPages != long.MaxValue ? (ulong)space.LimitPages
            : space.Frames.LimitBytes != 0 ? space.Frames.LimitBytes / 4096
            : 1UL << 22;
        ulong used = (ulong)space.Pages;
        return new statfs
        {
            f_type = magic,
            f_bsize = 4096,
            f_frsize = 4096,
            f_blocks = limit,
            f_bfree = limit > used ? limit - used : 0,
            f_bavail = limit > used ? limit - used : 0,
            f_files = 1 << 20,
            f_ffree = (1 << 20) - (ulong)long.Min(space.Inodes, 1 << 20),
            f_namelen = NAME_MAX,
        };
    }
}
