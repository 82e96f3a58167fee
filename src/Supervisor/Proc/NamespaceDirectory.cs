using System;
using System.Text;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>/proc/PID/ns: there is one namespace of each kind.</summary>
internal sealed class NamespaceDirectory(PseudoFileSystem fileSystem, ProcessSubject subject) : ProcessNamesDirectory(fileSystem, subject, 0x149)
{
    /// <summary>With the numbers that Linux gives the first of each kind.</summary>
    private static readonly (byte[] Name, string Kind, uint Number)[] s_namespaces =
    [
        ("cgroup"u8.ToArray(), "cgroup", 4026531835),
        ("ipc"u8.ToArray(), "ipc", 4026531839),
        ("mnt"u8.ToArray(), "mnt", 4026531841),
        ("net"u8.ToArray(), "net", 4026531840),
        ("pid"u8.ToArray(), "pid", 4026531836),
        ("pid_for_children"u8.ToArray(), "pid", 4026531836),
        ("time"u8.ToArray(), "time", 4026531834),
        ("time_for_children"u8.ToArray(), "time", 4026531834),
        ("user"u8.ToArray(), "user", 4026531837),
        ("uts"u8.ToArray(), "uts", 4026531838),
    ];

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = null;
        for (int index = 0; index < s_namespaces.Length; index++)
        {
            if (name.SequenceEqual(s_namespaces[index].Name))
            {
                if (Subject.IsGone)
                {
                    return Errno.ENOENT;
                }

                inode = new NamespaceLink(Proc, Subject, s_namespaces[index].Kind, s_namespaces[index].Number) { FixedNumber = NumberOf(index) };
                return Errno.None;
            }
        }

        return Errno.ENOENT;
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        bool more = position < s_namespaces.Length && !Subject.IsGone;
        entry = more ? new DirectoryEntry(s_namespaces[position].Name, NumberOf((int)position), S_IFLNK, position + 1) : default;
        return more;
    }

    private ulong NumberOf(int index) => ProcessNumbers.Of(Subject, NumberKind.Namespace, (uint)index);
}

internal sealed class NamespaceLink(PseudoFileSystem fileSystem, ProcessSubject subject, string kind, uint number) : PseudoLink(fileSystem)
{
    public override (uint Uid, uint Gid) Owner => ProcessOwner.Of(subject, S_IFLNK);

    public override bool IsMagicLink => true;

    public override Result ReadLink(GuestTask task, Span<byte> target)
    {
        if (!subject.AllowsReading(task))
        {
            return new Result(-(long)Errno.EACCES);
        }

        ReadOnlySpan<byte> text = Encoding.ASCII.GetBytes($"{kind}:[{number}]");
        text = text[..Math.Min(text.Length, target.Length)];
        text.CopyTo(target);
        return new Result(text.Length);
    }

    public override Errno Follow(GuestTask task, out VfsPath place)
    {
        place = default;
        if (!subject.AllowsReading(task))
        {
            return Errno.EACCES;
        }

        NamespaceNode node = new(kind, number) { FixedNumber = number };
        place = new VfsPath(task.Fs.Mounts.Root, Dentry.NewNameless(null, [], node));
        return Errno.None;
    }
}

/// <summary>A namespace as a file: it can be opened to read, compared and held, and nothing else.</summary>
internal sealed class NamespaceNode(string kind, uint number) : PseudoNode(s_namespaces, S_IFREG | 0x124)
{
    private static readonly PseudoFileSystem s_namespaces = new("nsfs", NSFS_MAGIC);

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = (flags & O_ACCMODE) == O_RDONLY ? Errno.None : Errno.EPERM;
        return error == Errno.None ? new NamespaceFile(kind, number, flags) : null;
    }

    private sealed class NamespaceFile(string kind, uint number, int flags) : OpenFile(flags)
    {
        public override SyscallResult Read(GuestTask task, ref IovIter to) => Errno.EINVAL;

        public override Result Describe(GuestTask task, Span<byte> text)
        {
            ReadOnlySpan<byte> name = Encoding.ASCII.GetBytes($"{kind}:[{number}]");
            name = name[..Math.Min(name.Length, text.Length)];
            name.CopyTo(text);
            return new Result(name.Length);
        }

        protected override void Close()
        {
        }
    }
}

/// <summary>/proc/PID/attr: there is no security module, and all gives EINVAL.</summary>
internal sealed class AttributeDirectory(PseudoFileSystem fileSystem, ProcessSubject subject) : ProcessNamesDirectory(fileSystem, subject, 0x16d)
{
    private static readonly ProcessEntry[] s_entries =
    [
        new("current", S_IFREG | 0x1b6), new("prev", S_IFREG | 0x124), new("exec", S_IFREG | 0x1b6),
        new("fscreate", S_IFREG | 0x1b6), new("keycreate", S_IFREG | 0x1b6), new("sockcreate", S_IFREG | 0x1b6),
    ];

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = null;
        foreach (ProcessEntry entry in s_entries)
        {
            if (name.SequenceEqual(entry.Name) && !Subject.IsGone)
            {
                inode = new ProcessText(Proc, Subject, entry);
                return Errno.None;
            }
        }

        return Errno.ENOENT;
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        bool more = position < s_entries.Length && !Subject.IsGone;
        entry = more ? new DirectoryEntry(s_entries[position].Name, 0x1000 + (ulong)position, S_IFREG, position + 1) : default;
        return more;
    }
}
