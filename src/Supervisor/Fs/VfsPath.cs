namespace UmlHost.Fs;

/// <summary>A place in the tree that guests see (Linux's struct path): a name, and the mount through which it was
/// reached. The default is no place: that of a file which has none.</summary>
internal readonly record struct VfsPath(Mount Mount, Dentry Dentry)
{
    public bool IsNone => Dentry is null;

    public Inode? Inode => Dentry.Inode;

    /// <summary>Keeps the name from being forgotten, for whoever holds the place for longer than a call.</summary>
    public VfsPath Pin()
    {
        Dentry?.Pin();
        return this;
    }

    public void Unpin() => Dentry?.Unpin();
}
