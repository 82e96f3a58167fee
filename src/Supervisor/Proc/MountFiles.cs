using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>mounts, mountinfo and mountstats: the mounts below the process's root, by paths from there.</summary>
internal static class MountFiles
{
    /// <summary>The parent that the root of all shows: one that nobody sees.</summary>
    private const int NoParent = 1;

    public static Errno Mounts(GuestTask reader, in ProcessSubject subject, TextBuffer text) => Each(subject, text, static (text, mount, path) =>
    {
        Mangle(text, System.Text.Encoding.UTF8.GetBytes(mount.FileSystem.Source));
        text.Append(" "u8);
        Mangle(text, path);
        text.Append(" "u8).Append(mount.FileSystem.Type).Append(" "u8);
        AppendFlags(text, mount);
        text.Append(" 0 0\n"u8);
    });

    public static Errno MountInfo(GuestTask reader, in ProcessSubject subject, TextBuffer text) => Each(subject, text, static (text, mount, path) =>
    {
        ulong device = mount.FileSystem.Device;
        text.Append(mount.Id).Append(" "u8).Append(mount.Point.IsNone ? NoParent : mount.Point.Mount.Id).Append(" "u8)
            .Append(major(device)).Append(":"u8).Append(minor(device)).Append(" / "u8);
        Mangle(text, path);
        text.Append(" "u8);
        AppendFlags(text, mount);
        text.Append(" - "u8).Append(mount.FileSystem.Type).Append(" "u8);
        Mangle(text, System.Text.Encoding.UTF8.GetBytes(mount.FileSystem.Source));
        text.Append(mount.IsReadOnly ? " ro\n"u8 : " rw\n"u8);
    });

    public static Errno MountStats(GuestTask reader, in ProcessSubject subject, TextBuffer text) => Each(subject, text, static (text, mount, path) =>
    {
        text.Append("device "u8);
        Mangle(text, System.Text.Encoding.UTF8.GetBytes(mount.FileSystem.Source));
        text.Append(" mounted on "u8);
        Mangle(text, path);
        text.Append(" with fstype "u8).Append(mount.FileSystem.Type).Append("\n"u8);
    });

    private delegate void MountVisitor(TextBuffer text, Mount mount, ReadOnlySpan<byte> path);

    private static Errno Each(in ProcessSubject subject, TextBuffer text, MountVisitor visit)
    {
        if (subject.Task is not { } task)
        {
            return Errno.EINVAL;
        }

        VfsPath root = task.Fs.Root;
        Span<byte> buffer = stackalloc byte[PATH_MAX];
        foreach (Mount mount in task.Fs.Mounts.All)
        {
            ReadOnlySpan<byte> path = Vfs.PathOf(new VfsPath(mount, mount.Root), root, buffer, out bool reachable);
            if (reachable && !path.IsEmpty)
            {
                visit(text, mount, path);
            }
        }

        return Errno.None;
    }

    private static void AppendFlags(TextBuffer text, Mount mount)
    {
        text.Append(mount.IsReadOnly ? "ro"u8 : "rw"u8);
        text.Append((mount.Flags & MountFlags.NoSuid) != 0 ? ",nosuid"u8 : ""u8);
        text.Append((mount.Flags & MountFlags.NoDev) != 0 ? ",nodev"u8 : ""u8);
        text.Append((mount.Flags & MountFlags.NoExec) != 0 ? ",noexec"u8 : ""u8);
        text.Append(",relatime"u8);
    }

    /// <summary>What would split a line is written in octal.</summary>
    private static void Mangle(TextBuffer text, ReadOnlySpan<byte> name)
    {
        foreach (byte one in name)
        {
            if (one is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\\' or (byte)'#')
            {
                text.Append("\\"u8).AppendOctal(one, 3);
            }
            else
            {
                text.Append([one]);
            }
        }
    }
}
