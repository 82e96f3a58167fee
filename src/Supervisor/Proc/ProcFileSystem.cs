using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>/proc: the processes, and what the kernel tells of itself.</summary>
internal static class ProcFileSystem
{
    public static PseudoFileSystem Create(Machine machine) =>
        new("proc", PROC_SUPER_MAGIC, fileSystem => new ProcRoot(fileSystem, machine));
}

/// <summary>The directory that is filled when it is first looked at.</summary>
internal class LazyDirectory(PseudoFileSystem fileSystem, Action<PseudoDirectory> fill) : PseudoDirectory(fileSystem, 0x16d)
{
    private Action<PseudoDirectory>? _fill = fill;

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        Fill();
        return base.Lookup(name, out inode);
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        Fill();
        return base.NextEntry(task, position, out entry);
    }

    /// <summary>Only under the tree lock, or it would be filled twice; filling looks names up itself.</summary>
    private void Fill()
    {
        if (System.Threading.Volatile.Read(ref _fill) is null)
        {
            return;
        }

        lock (FileSystem.TreeLock)
        {
            Action<PseudoDirectory>? fill = _fill;
            _fill = null;
            fill?.Invoke(this);
        }
    }
}

/// <summary>The root: static names first, then processes by their ids.</summary>
internal sealed class ProcRoot(PseudoFileSystem fileSystem, Machine machine) : LazyDirectory(fileSystem, top => Fill(fileSystem, machine, top))
{
    private readonly SelfLink _self = new(fileSystem, isThread: false);

    protected override uint Links => 2 + (uint)machine.Tasks.Groups.Count;

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        // What every static program asks for at its start comes first.
        if (name.SequenceEqual("self"u8))
        {
            inode = _self;
            return Errno.None;
        }

        if (!ProcessNumbers.TryParse(name, out int id))
        {
            return base.Lookup(name, out inode);
        }

        lock (machine.Tasks.Lock)
        {
            ThreadGroup? group = machine.Tasks.FindGroupOf(id);
            if (group is null)
            {
                inode = null;
                return Errno.ENOENT;
            }

            // A thread's id finds its own directory, though it is not listed.
            ProcessSubject subject = new(group, group.Tgid == id ? null : machine.Tasks.FindTask(id));
            inode = new ProcessDirectory((PseudoFileSystem)FileSystem, subject, isThread: false) { FixedNumber = ProcessNumbers.Of(subject, NumberKind.Process, 0) };
            return Errno.None;
        }
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        if (position == 0)
        {
            entry = new DirectoryEntry("self"u8.ToArray(), _self.Number, S_IFLNK, 1);
            return true;
        }

        if (base.NextEntry(task, position - 1, out entry))
        {
            entry = entry with { Next = entry.Next + 1 };
            return true;
        }

        int least = (int)Math.Max(0, position - FirstDynamic);
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

        entry = new DirectoryEntry(ProcessNumbers.Name(next.Tgid), ProcessNumbers.Of(new ProcessSubject(next, null), NumberKind.Process, 0), S_IFDIR, FirstDynamic + next.Tgid + 1);
        return true;
    }

    private static void Fill(PseudoFileSystem proc, Machine machine, PseudoDirectory top)
    {
        top.Add("thread-self", new SelfLink(proc, isThread: true));
        SystemFiles.AddTo(proc, machine, top);
        top.Add("sys", new LazyDirectory(proc, sys => Sysctl.AddTo(proc, machine, sys)));
    }
}

/// <summary>/proc/self and /proc/thread-self.</summary>
internal sealed class SelfLink(PseudoFileSystem fileSystem, bool isThread) : PseudoLink(fileSystem)
{
    public override Result ReadLink(GuestTask task, Span<byte> target)
    {
        Span<byte> text = stackalloc byte[32];
        _ = System.Buffers.Text.Utf8Formatter.TryFormat(task.Group.Tgid, text, out int length);
        if (isThread)
        {
            "/task/"u8.CopyTo(text[length..]);
            length += 6;
            _ = System.Buffers.Text.Utf8Formatter.TryFormat(task.Tid, text[length..], out int more);
            length += more;
        }

        length = Math.Min(length, target.Length);
        text[..length].CopyTo(target);
        return new Result(length);
    }
}
