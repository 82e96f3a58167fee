using System;
using System.Text;

using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>/dev: nodes of the devices that guests have (<see cref="Devices"/>) in a file system in memory, in which a
/// privileged guest may make others.</summary>
internal static class DevFileSystem
{
    public static TmpfsFileSystem Create(FrameAllocator frames)
    {
        TmpfsFileSystem dev = new(frames, 0, 0x1ed, type: "devtmpfs");
        AddNode(dev, "null", 1, 3);
        AddNode(dev, "zero", 1, 5);
        AddNode(dev, "full", 1, 7);
        AddNode(dev, "random", 1, 8);
        AddNode(dev, "urandom", 1, 9);
        AddNode(dev, "tty", 5, 0);
        AddNode(dev, "ptmx", 5, 2);
        AddLink(dev, "fd", "/proc/self/fd");
        AddLink(dev, "stdin", "/proc/self/fd/0");
        AddLink(dev, "stdout", "/proc/self/fd/1");
        AddLink(dev, "stderr", "/proc/self/fd/2");
        Add(dev, "shm", new NewNode(S_IFDIR | 0x3ff, 0, 0));
        Add(dev, "pts", new NewNode(S_IFDIR | 0x1ed, 0, 0));
        return dev;
    }

    /// <summary>Adds a character device's node that everybody may use.</summary>
    public static void AddNode(TmpfsFileSystem dev, string name, uint major, uint minor) =>
        Add(dev, name, new NewNode(S_IFCHR | 0x1b6, 0, 0, makedev(major, minor)));

    public static void AddLink(TmpfsFileSystem dev, string name, string target) =>
        Add(dev, name, new NewNode(S_IFLNK | 0x1ff, 0, 0, Target: Encoding.ASCII.GetBytes(target)));

    private static void Add(TmpfsFileSystem dev, string name, in NewNode node)
    {
        lock (dev.TreeLock)
        {
            if (dev.Root.Inode!.Create(Encoding.ASCII.GetBytes(name), node, out _) != Errno.None)
            {
                throw new InvalidOperationException(name);
            }
        }
    }
}
