using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>/proc/PID, or /proc/PID/task/TID. Nothing is made but what is asked for: the names are a table.</summary>
/// <param name="isThread">The directory of one thread.</param>
internal sealed class ProcessDirectory(PseudoFileSystem fileSystem, ProcessSubject subject, bool isThread) : ProcessNamesDirectory(fileSystem, subject, 0x16d)
{
    private static readonly ProcessEntry[] s_entries = Numbered(
    [
        ProcessEntry.Link("exe", static (directory, entry) => directory.Link(entry, static task => task.Memory.Executable?.Place ?? default)),
        ProcessEntry.Link("cwd", static (directory, entry) => directory.Link(entry, static task => task.Fs.WorkingDirectory)),
        ProcessEntry.Link("root", static (directory, entry) => directory.Link(entry, static task => task.Fs.Root)),
        ProcessEntry.Directory("fd", 0x140, static (directory, entry) => new DescriptorDirectory(directory.FileSystemOf, directory.Subject, isText: false) { FixedNumber = directory.NumberOf(entry) }),
        ProcessEntry.Directory("fdinfo", 0x16d, static (directory, entry) => new DescriptorDirectory(directory.FileSystemOf, directory.Subject, isText: true) { FixedNumber = directory.NumberOf(entry) }),
        new("task", S_IFDIR | 0x16d) { Make = static (directory, entry) => new TaskDirectory(directory.FileSystemOf, directory.Subject) { FixedNumber = directory.NumberOf(entry) }, OfThread = false },
        ProcessEntry.Directory("ns", 0x149, static (directory, entry) => new NamespaceDirectory(directory.FileSystemOf, directory.Subject) { FixedNumber = directory.NumberOf(entry) }),
        ProcessEntry.Directory("attr", 0x16d, static (directory, entry) => new AttributeDirectory(directory.FileSystemOf, directory.Subject) { FixedNumber = directory.NumberOf(entry) }),
        ProcessEntry.Directory("net", 0x16d, static (directory, entry) => NetworkFiles.Directory(directory.FileSystemOf, directory.NumberOf(entry))),
        ProcessEntry.Text("stat", 0x124, StatusFiles.Stat),
        ProcessEntry.Text("statm", 0x124, StatusFiles.Statm),
        ProcessEntry.Text("status", 0x124, StatusFiles.Status),
        ProcessEntry.Text("comm", 0x1a4, ProcessFiles.Comm, receive: ProcessFiles.SetComm),
        ProcessEntry.Text("cmdline", 0x124, ProcessFiles.CommandLine),
        ProcessEntry.Text("environ", 0x100, ProcessFiles.Environment, OpenRule.LivingMemory),
        ProcessEntry.Text("auxv", 0x100, ProcessFiles.AuxiliaryVector, OpenRule.LivingMemory),
        ProcessEntry.Text("maps", 0x124, MapsFiles.Maps, OpenRule.Memory),
        ProcessEntry.Text("smaps", 0x124, MapsFiles.Smaps, OpenRule.Memory),
        ProcessEntry.Text("smaps_rollup", 0x124, MapsFiles.SmapsRollup, OpenRule.LivingMemory),
        new("mem", S_IFREG | 0x180) { Make = static (directory, entry) => new MemoryNode(directory.FileSystemOf, directory.Subject, isPageMap: false) { FixedNumber = directory.NumberOf(entry) } },
        new("pagemap", S_IFREG | 0x100) { Make = static (directory, entry) => new MemoryNode(directory.FileSystemOf, directory.Subject, isPageMap: true) { FixedNumber = directory.NumberOf(entry) } },
        ProcessEntry.Text("limits", 0x124, ProcessFiles.Limits),
        ProcessEntry.Text("mounts", 0x124, MountFiles.Mounts, OpenRule.Mounts),
        ProcessEntry.Text("mountinfo", 0x124, MountFiles.MountInfo, OpenRule.Mounts),
        new("mountstats", S_IFREG | 0x100) { Generate = MountFiles.MountStats, Rule = OpenRule.Mounts, OfThread = false },
        ProcessEntry.Text("cgroup", 0x124, static (GuestTask _, in ProcessSubject _, TextBuffer text) => Put(text, "0::/\n"u8)),
        ProcessEntry.Text("cpuset", 0x124, static (GuestTask _, in ProcessSubject _, TextBuffer text) => Put(text, "/\n"u8)),
        ProcessEntry.Text("oom_score", 0x124, ProcessFiles.OomScore),
        ProcessEntry.Text("oom_score_adj", 0x1a4, ProcessFiles.OomScoreAdj, receive: ProcessFiles.SetOomScoreAdj),
        ProcessEntry.Text("oom_adj", 0x1a4, ProcessFiles.OomAdj, receive: ProcessFiles.SetOomAdj),
        ProcessEntry.Text("personality", 0x100, ProcessFiles.Personality),
        ProcessEntry.Text("syscall", 0x100, ProcessFiles.CurrentSyscall),
        ProcessEntry.Text("stack", 0x100, ProcessFiles.KernelStack),
        ProcessEntry.Text("wchan", 0x124, static (GuestTask _, in ProcessSubject _, TextBuffer text) => Put(text, "0"u8)),
        ProcessEntry.Text("io", 0x100, ProcessFiles.Io),
        ProcessEntry.Text("sched", 0x1a4, ProcessFiles.Sched, receive: static (GuestTask _, in ProcessSubject _, ReadOnlySpan<byte> _) => Errno.None),
        ProcessEntry.Text("schedstat", 0x124, ProcessFiles.SchedStat),
        ProcessEntry.Text("loginuid", 0x1a4, static (GuestTask _, in ProcessSubject _, TextBuffer text) => Put(text, "4294967295"u8), receive: static (GuestTask _, in ProcessSubject _, ReadOnlySpan<byte> _) => Errno.EPERM),
        ProcessEntry.Text("sessionid", 0x124, static (GuestTask _, in ProcessSubject _, TextBuffer text) => Put(text, "4294967295"u8)),
        ProcessEntry.Text("uid_map", 0x1a4, IdentityMap, receive: Refuse),
        ProcessEntry.Text("gid_map", 0x1a4, IdentityMap, receive: Refuse),
        ProcessEntry.Text("projid_map", 0x1a4, IdentityMap, receive: Refuse),
        ProcessEntry.Text("setgroups", 0x1a4, static (GuestTask _, in ProcessSubject _, TextBuffer text) => Put(text, "allow\n"u8), receive: Refuse),
        new("timers", S_IFREG | 0x124) { Generate = ProcessFiles.Timers, OfThread = false },
        new("timens_offsets", S_IFREG | 0x1a4) { Generate = static (GuestTask _, in ProcessSubject _, TextBuffer text) => Put(text, "monotonic           0         0\nboottime            0         0\n"u8), Receive = Refuse, OfThread = false },
        new("coredump_filter", S_IFREG | 0x1a4) { Generate = ProcessFiles.CoredumpFilter, Receive = ProcessFiles.SetCoredumpFilter, OfThread = false },
        new("timerslack_ns", S_IFREG | 0x1b6) { Generate = ProcessFiles.TimerSlack, Receive = ProcessFiles.SetTimerSlack, OfThread = false },
        new("children", S_IFREG | 0x124) { Generate = ProcessFiles.Children, OfProcess = false },
    ]);

    /// <summary>For the makers of entries.</summary>
    public PseudoFileSystem FileSystemOf => Proc;

    public new ProcessSubject Subject => base.Subject;

    /// <summary>Null for the directory of a thread.</summary>
    public ThreadGroup? Process => isThread ? null : Subject.Group;

    protected override uint Links => isThread ? 7u : 9;

    public ulong NumberOf(ProcessEntry entry) => ProcessNumbers.Of(Subject, isThread ? NumberKind.Thread : NumberKind.Process, entry.Number);

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = null;
        if (Subject.IsGone)
        {
            // Linux's proc_pid_permission: whoever still has the directory cannot search it.
            return isThread ? Errno.ENOENT : Errno.ESRCH;
        }

        foreach (ProcessEntry entry in s_entries)
        {
            if (name.SequenceEqual(entry.Name) && Has(entry))
            {
                inode = entry.Make?.Invoke(this, entry) ?? new ProcessText(Proc, Subject, entry) { FixedNumber = NumberOf(entry) };
                return Errno.None;
            }
        }

        return Errno.ENOENT;
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry next)
    {
        next = default;
        if (Subject.IsGone)
        {
            return false;
        }

        for (; position < s_entries.Length; position++)
        {
            ProcessEntry entry = s_entries[position];
            if (Has(entry))
            {
                next = new DirectoryEntry(entry.Name, NumberOf(entry), entry.Mode & S_IFMT, position + 1);
                return true;
            }
        }

        return false;
    }

    private bool Has(ProcessEntry entry) => isThread ? entry.OfThread : entry.OfProcess;

    private PlaceLink Link(ProcessEntry entry, Func<GuestTask, VfsPath> find) => new(Proc, Subject, find) { FixedNumber = NumberOf(entry) };

    /// <summary>There is one user namespace, in which each id is itself.</summary>
    private static Errno IdentityMap(GuestTask reader, in ProcessSubject subject, TextBuffer text) => Put(text, "         0          0 4294967295\n"u8);

    private static Errno Refuse(GuestTask writer, in ProcessSubject subject, ReadOnlySpan<byte> text) => Errno.EPERM;

    private static Errno Put(TextBuffer text, ReadOnlySpan<byte> what)
    {
        text.Append(what);
        return Errno.None;
    }

    private static ProcessEntry[] Numbered(ProcessEntry[] entries)
    {
        for (int index = 0; index < entries.Length; index++)
        {
            entries[index].Number = (uint)index + 1;
        }

        return entries;
    }
}

/// <summary>/proc/PID/task.</summary>
internal sealed class TaskDirectory(PseudoFileSystem fileSystem, ProcessSubject subject) : ProcessNamesDirectory(fileSystem, subject, 0x16d)
{
    protected override uint Links => 2 + (uint)Math.Max(1, Subject.Group.Tasks.Count);

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = null;
        if (!ProcessNumbers.TryParse(name, out int tid))
        {
            return Errno.ENOENT;
        }

        ThreadGroup group = Subject.Group;
        lock (group.Machine.Tasks.Lock)
        {
            GuestTask? thread = group.Machine.Tasks.FindTask(tid);
            bool isZombie = group.Tasks.Count == 0 && tid == group.Tgid && !group.IsReaped;
            if (thread?.Group != group && !isZombie)
            {
                return Errno.ENOENT;
            }

            inode = OfThread(thread);
            return Errno.None;
        }
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        int next = int.MaxValue;
        ThreadGroup group = Subject.Group;
        lock (group.Machine.Tasks.Lock)
        {
            foreach (GuestTask thread in group.Tasks)
            {
                next = thread.Tid >= position ? Math.Min(next, thread.Tid) : next;
            }

            if (group.Tasks.Count == 0 && !group.IsReaped && group.Tgid >= position)
            {
                next = group.Tgid;
            }
        }

        entry = next == int.MaxValue ? default
            : new DirectoryEntry(ProcessNumbers.Name(next), ((ulong)NumberKind.Thread << 52) | ((ulong)(uint)next << 24), S_IFDIR, next + 1L);
        return next != int.MaxValue;
    }

    private ProcessDirectory OfThread(GuestTask? thread)
    {
        ProcessSubject of = new(Subject.Group, thread);
        return new ProcessDirectory(Proc, of, isThread: true) { FixedNumber = ProcessNumbers.Of(of, NumberKind.Thread, 0) };
    }
}
