using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A tree of inodes that can be mounted (Linux's super_block).</summary>
internal abstract class FileSystem
{
    private static int s_lastDevice = 0x20;

    private Dentry? _root;

    /// <summary>The <c>tree lock</c>: held while a name that is not cached is looked up, and for every change of
    /// names. An overlay's is outside those of its layers.</summary>
    public Lock TreeLock { get; } = new();

    /// <summary>As /proc/mounts calls it.</summary>
    public abstract string Type { get; }

    /// <summary>What is mounted, for /proc/mounts.</summary>
    public virtual string Source => Type;

    /// <summary>st_dev of what is made here: major number 0, as file systems without a device have it.</summary>
    public virtual ulong Device { get; } = makedev(0, (uint)Interlocked.Increment(ref s_lastDevice));

    /// <summary>Others may change it behind our back: names are believed for a second, then asked for again.</summary>
    public virtual bool ChangesOutside => false;

    /// <summary>Names are cached; false for a tree whose lookups are cheap and change with time (/proc).</summary>
    public virtual bool CachesNames => true;

    /// <summary>That a name is not there is cached.</summary>
    public virtual bool CachesAbsence => true;

    /// <summary>Names come and go only by the file system's own doing: one that is not there is an error at once, also
    /// for who would make it (ENOENT before EACCES and EROFS).</summary>
    public virtual bool HasFixedNames => false;

    public Dentry Root => _root!;

    public abstract Errno StatFs(Inode inode, out statfs status);

    /// <summary>Writes what is not written yet.</summary>
    public virtual Errno Sync() => Errno.None;

    protected void SetRoot(Inode inode) => _root = Dentry.NewRoot(inode);
}
