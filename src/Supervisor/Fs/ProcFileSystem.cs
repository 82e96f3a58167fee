using System;
using System.Buffers.Text;
using System.Text;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>/proc: the processes, and of each the links to its files.</summary>
internal static class ProcFileSystem
{
    public static PseudoFileSystem Create(Machine machine)
    {
        PseudoFileSystem proc = new("proc", PROC_SUPER_MAGIC, fileSystem => new ProcRoot(fileSystem, machine));
        proc.Top.Add("self", new PseudoTextLink(proc, static (task, text) => text.Append(task.Group.Tgid)));
        return proc;
    }

    /// <summary>A number that is a file's for as long as the process is.</summary>
    private static ulong NumberOf(ThreadGroup group, uint file) => (1UL << 40) | ((ulong)group.Tgid << 17) | file;

    private static bool TryParse(ReadOnlySpan<byte> name, out int number) =>
        Utf8Parser.TryParse(name, out number, out int used) && used == name.Length && number >= 0 && (name.Length == 1 || name[0] is >= (byte)'1' and <= (byte)'9');

    /// <summary>A thread of a process, whose files and directories are the process's; null for a zombie.</summary>
    private static GuestTask? TaskOf(ThreadGroup group)
    {
        lock (group.Machine.Tasks.Lock)
        {
            return group.Tasks.Count > 0 ? group.Tasks[0] : null;
        }
    }

    private sealed class ProcRoot(PseudoFileSystem fileSystem, Machine machine) : PseudoDirectory(fileSystem, 0x16d)
    {
        public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
        {
            Errno error = base.Lookup(name, out inode);
            if (error == Errno.ENOENT && TryParse(name, out int pid))
            {
                lock (machine.Tasks.Lock)
                {
                    if (machine.Tasks.FindGroupOf(pid) is { } group)
                    {
                        inode = new ProcessDirectory((PseudoFileSystem)FileSystem, group);
                        return Errno.None;
                    }
                }
            }

            return error;
        }

        public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
        {
            if (base.NextEntry(task, position, out entry))
            {
                return true;
            }

            long least = Math.Max(0, position - FirstDynamic);
            ThreadGroup? next = null;
            lock (machine.Tasks.Lock)
            {
                foreach (ThreadGroup group in machine.Tasks.Groups)
                {
                    next = group.Tgid >= least && (next is null || group.Tgid < next.Tgid) ? group : next;
                }
            }

            if (next is null)
            {
                return false;
            }

            entry = new DirectoryEntry(Encoding.ASCII.GetBytes($"{next.Tgid}"), NumberOf(next, 0), S_IFDIR, FirstDynamic + next.Tgid + 1);
            return true;
        }
    }

    private sealed class ProcessDirectory : PseudoDirectory
    {
        public ProcessDirectory(PseudoFileSystem fileSystem, ThreadGroup group)
            : base(fileSystem, 0x16d)
        {
            FixedNumber = NumberOf(group, 0);
            Add("exe", new PlaceLink(fileSystem, static task => task.Memory.Executable?.Place ?? default, group) { FixedNumber = NumberOf(group, 1) });
            Add("cwd", new PlaceLink(fileSystem, static task => task.Fs.WorkingDirectory, group) { FixedNumber = NumberOf(group, 2) });
            Add("root", new PlaceLink(fileSystem, static task => task.Fs.Root, group) { FixedNumber = NumberOf(group, 3) });
            Add("fd", new DescriptorDirectory(fileSystem, group) { FixedNumber = NumberOf(group, 4) });
        }
    }

    /// <summary>A magic link to a place that a task has.</summary>
    private sealed class PlaceLink(PseudoFileSystem fileSystem, Func<GuestTask, VfsPath> find, ThreadGroup group) : PseudoLink(fileSystem)
    {
        public override bool IsMagicLink => true;

        public override Result ReadLink(GuestTask task, Span<byte> target) =>
            Follow(task, out VfsPath place) is var error and not Errno.None ? new Result(-(long)error)
            : Vfs.PathOf(place, task.Fs.Root, target);

        public override Errno Follow(GuestTask task, out VfsPath place)
        {
            place = TaskOf(group) is { } owner ? find(owner) : default;
            return place.IsNone ? Errno.ENOENT : Errno.None;
        }
    }

    /// <summary>/proc/PID/fd.</summary>
    private sealed class DescriptorDirectory(PseudoFileSystem fileSystem, ThreadGroup group) : PseudoDirectory(fileSystem, 0x140)
    {
        public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
        {
            inode = null;
            if (!TryParse(name, out int fd) || TaskOf(group) is not { } owner)
            {
                return Errno.ENOENT;
            }

            using FileReference reference = owner.Files.Get(fd);
            if (reference.File is not { } file)
            {
                return Errno.ENOENT;
            }

            uint permission = S_IXUSR | (file.CanRead ? S_IRUSR : 0u) | (file.CanWrite ? S_IWUSR : 0u);
            inode = new DescriptorLink((PseudoFileSystem)FileSystem, group, fd, permission) { FixedNumber = NumberOf(group, 1u << 16) + (ulong)fd };
            return Errno.None;
        }

        public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
        {
            entry = default;
            if (TaskOf(group) is not { } owner)
            {
                return false;
            }

            for (int fd = (int)position; fd < owner.Files.Size; fd++)
            {
                using FileReference reference = owner.Files.Get(fd);
                if (reference.File is not null)
                {
                    entry = new DirectoryEntry(Encoding.ASCII.GetBytes($"{fd}"), NumberOf(group, 1u << 16) + (ulong)fd, S_IFLNK, fd + 1);
                    return true;
                }
            }

            return false;
        }
    }

    private sealed class DescriptorLink(PseudoFileSystem fileSystem, ThreadGroup group, int fd, uint permission) : PseudoLink(fileSystem, permission)
    {
        public override bool IsMagicLink => true;

        public override Result ReadLink(GuestTask task, Span<byte> target)
        {
            if (TaskOf(group) is not { } owner)
            {
                return new Result(-(long)Errno.ENOENT);
            }

            using FileReference reference = owner.Files.Get(fd);
            return reference.File is { } file ? file.Describe(task, target) : new Result(-(long)Errno.ENOENT);
        }

        public override Errno Follow(GuestTask task, out VfsPath place)
        {
            place = default;
            if (TaskOf(group) is not { } owner)
            {
                return Errno.ENOENT;
            }

            using FileReference reference = owner.Files.Get(fd);
            if (reference.File is not { } file)
            {
                return Errno.ENOENT;
            }

            place = file.Place;
            if (place.IsNone && file.Loose() is { } inode)
            {
                Mount root = task.Fs.Mounts.Root;
                place = new VfsPath(root, Dentry.NewNameless(null, [], inode));
            }

            return place.IsNone ? Errno.ENXIO : Errno.None;
        }
    }
}
