using System;
using System.Text;

using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>Builds the tree that a run's guests see.</summary>
internal static class FileTree
{
    /// <returns>Where the first process starts; null, and what is wrong for a person.</returns>
    public static FsContext? Build(Machine machine, FileOptions options, FrameAllocator frames, out string? wrong)
    {
        wrong = null;
        OverlayFileSystem? root = Root(options, frames, out Errno error);
        if (root is null)
        {
            wrong = $"--root {Text(options.Root)}: {ErrnoNames.Message(error)}";
            return null;
        }

        MountTable mounts = new(root);
        VfsPath top = new(mounts.Root, root.Root);
        Mount(mounts, top, "/dev"u8, DevFileSystem.Create(frames), MountFlags.NoSuid);
        Mount(mounts, top, "/dev/pts"u8, machine.Terminals.FileSystem, MountFlags.NoSuid | MountFlags.NoExec);
        Mount(mounts, top, "/dev/shm"u8, new TmpfsFileSystem(frames, 0), MountFlags.NoSuid | MountFlags.NoDev);
        Mount(mounts, top, "/proc"u8, ProcFileSystem.Create(machine), MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec);
        Mount(mounts, top, "/sys"u8, new PseudoFileSystem("sysfs", SYSFS_MAGIC), MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec);
        foreach (FileMount mount in options.Mounts)
        {
            wrong = Mount(mounts, top, mount, frames);
            if (wrong is not null)
            {
                return null;
            }
        }

        VfsPath start = top;
        byte[] directory = options.WorkingDirectory ?? HostPaths.WorkingDirectory();
        error = Find(mounts, top, directory, make: 0, out VfsPath found);
        if (error == Errno.None && found.Inode!.IsDirectory)
        {
            start = found;
        }
        else if (options.WorkingDirectory is not null)
        {
            wrong = $"--cwd {Text(directory)}: {ErrnoNames.Message(error == Errno.None ? Errno.ENOTDIR : error)}";
            return null;
        }

        return new FsContext(mounts, top, start, HostPaths.Umask());
    }

    private static OverlayFileSystem? Root(FileOptions options, FrameAllocator frames, out Errno error)
    {
        HostFileSystem? host = HostFileSystem.Create(options.Root, isWritable: false, out error);
        if (host is not null && !host.Root.Inode!.IsDirectory)
        {
            error = Errno.ENOTDIR;
            return null;
        }

        return host is null ? null : new OverlayFileSystem(host, frames);
    }

    private static string? Mount(MountTable mounts, in VfsPath top, FileMount mount, FrameAllocator frames)
    {
        if (mount.Source is null)
        {
            Errno made = Mount(mounts, top, mount.Target, new TmpfsFileSystem(frames, mount.Limit), MountFlags.NoSuid | MountFlags.NoDev);
            return made == Errno.None ? null : $"--tmpfs {Text(mount.Target)}: {ErrnoNames.Message(made)}";
        }

        string option = mount.IsWritable ? "--bind-rw" : "--bind";
        HostFileSystem? host = HostFileSystem.Create(mount.Source, mount.IsWritable, out Errno error);
        if (host is null)
        {
            return $"{option} {Text(mount.Source)}: {ErrnoNames.Message(error)}";
        }

        error = Mount(mounts, top, mount.Target, host, MountFlags.NoSuid | MountFlags.NoDev | (mount.IsWritable ? 0 : MountFlags.ReadOnly));
        return error == Errno.None ? null : $"{option} {Text(mount.Source)}:{Text(mount.Target)}: {ErrnoNames.Message(error)}";
    }

    /// <summary>Mounts over <paramref name="path"/>, which is made if it is not there: a directory, or for a file a file.
    /// </summary>
    private static Errno Mount(MountTable mounts, in VfsPath top, ReadOnlySpan<byte> path, FileSystem fileSystem, MountFlags flags)
    {
        uint type = fileSystem.Root.Inode!.Type;
        Errno error = Find(mounts, top, path, type == S_IFDIR ? S_IFDIR | 0x1edu : S_IFREG | 0x1a4u, out VfsPath point);
        if (error != Errno.None)
        {
            return error;
        }

        if (point.Inode!.IsDirectory != (type == S_IFDIR))
        {
            return point.Inode.IsDirectory ? Errno.EISDIR : Errno.ENOTDIR;
        }

        mounts.Attach(point, fileSystem, fileSystem.Root, flags);
        return Errno.None;
    }

    /// <summary>Walks a path inside, without a task: no permission is asked for. Symbolic links are followed, a link that
    /// leads to nothing is an error.</summary>
    /// <param name="make">What a last name that is not there becomes, and directories before it; 0 for ENOENT.</param>
    private static Errno Find(MountTable mounts, VfsPath top, ReadOnlySpan<byte> path, uint make, out VfsPath place)
    {
        const int MostLinks = 40;
        place = mounts.Cross(top);
        byte[] rest = path.ToArray();
        int links = 0;
        while (true)
        {
            ReadOnlySpan<byte> left = rest.AsSpan().TrimStart((byte)'/');
            if (left.IsEmpty)
            {
                return Errno.None;
            }

            int slash = left.IndexOf((byte)'/');
            byte[] name = (slash < 0 ? left : left[..slash]).ToArray();
            rest = slash < 0 ? [] : left[slash..].ToArray();
            if (!place.Inode!.IsDirectory)
            {
                return Errno.ENOTDIR;
            }

            if (name is [(byte)'.'])
            {
                continue;
            }

            if (name is [(byte)'.', (byte)'.'])
            {
                place = Up(place);
                continue;
            }

            Errno error = place.Dentry.Lookup(name, out Dentry child);
            if (error != Errno.None)
            {
                return error;
            }

            if (child.Inode is null)
            {
                error = make == 0 ? Errno.ENOENT : Make(place.Dentry, child, rest.AsSpan().Trim((byte)'/').IsEmpty ? make : S_IFDIR | 0x1edu);
                if (error != Errno.None)
                {
                    return error;
                }
            }

            VfsPath found = mounts.Cross(new VfsPath(place.Mount, child));
            if (!found.Inode!.IsSymbolicLink)
            {
                place = found;
                continue;
            }

            byte[] target = new byte[PATH_MAX];
            Result length = found.Inode.ReadLink(null!, target);
            if (length.Failed || ++links > MostLinks)
            {
                return length.Failed ? length.Error : Errno.ELOOP;
            }

            rest = [.. target.AsSpan(0, length.Int), (byte)'/', .. rest];
            place = target[0] == (byte)'/' ? mounts.Cross(top) : place;
        }
    }

    private static VfsPath Up(VfsPath place)
    {
        while (place.Dentry == place.Mount.Root && !place.Mount.Point.IsNone)
        {
            place = place.Mount.Point;
        }

        return new VfsPath(place.Mount, place.Dentry.Parent ?? place.Dentry);
    }

    private static Errno Make(Dentry parent, Dentry child, uint mode)
    {
        lock (parent.FileSystem.TreeLock)
        {
            Errno error = parent.Inode!.Create(child.Name, new NewNode(mode, 0, 0), out Inode? inode);
            if (error == Errno.None)
            {
                child.Instantiate(inode!);
            }

            return error;
        }
    }

    private static string Text(byte[] path) => Encoding.UTF8.GetString(path);
}
