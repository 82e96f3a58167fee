using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>What all files of a process share: whose they are.</summary>
internal static class ProcessOwner
{
    private const uint OpenDirectory = S_IFDIR | 0x16d;

    /// <summary>The process's effective ids; root's where it may not be looked into (task_dump_owner).</summary>
    public static (uint Uid, uint Gid) Of(in ProcessSubject subject, uint mode)
    {
        GuestTask? task = subject.Task;
        if (mode != OpenDirectory)
        {
            if (task is null || task.Memory.Dumpable != 1)
            {
                return (0, 0);
            }
        }

        Credentials? owner = (task ?? subject.Group.LastTask)?.Credentials;
        return owner is null ? (0, 0) : (owner.EffectiveUid, owner.EffectiveGid);
    }
}

/// <summary>A file of a process's that is a text.</summary>
internal sealed class ProcessText(PseudoFileSystem fileSystem, ProcessSubject subject, ProcessEntry entry) : PseudoText(fileSystem, entry.Mode & 0xfff)
{
    public override (uint Uid, uint Gid) Owner => ProcessOwner.Of(subject, entry.Mode);

    public override Errno MayOpen(GuestTask task, int flags)
    {
        switch (entry.Rule)
        {
            case OpenRule.Memory or OpenRule.LivingMemory:
                return subject.IsGone ? Errno.ESRCH
                    : !subject.AllowsReading(task) ? Errno.EACCES
                    : entry.Rule == OpenRule.LivingMemory && subject.Task is null ? Errno.ESRCH
                    : Errno.None;
            case OpenRule.Mounts:
                return subject.Task is null ? Errno.EINVAL : Errno.None;
            default:
                return Errno.None;
        }
    }

    public override Errno Generate(GuestTask task, TextBuffer text) =>
        entry.Generate is null ? Errno.EINVAL : subject.IsGone ? Errno.ESRCH : entry.Generate(task, subject, text);

    public override Errno Receive(GuestTask task, ReadOnlySpan<byte> text) =>
        entry.Receive is null ? Errno.EINVAL : subject.IsGone ? Errno.ESRCH : entry.Receive(task, subject, text);
}

/// <summary>A magic link of a process's to a place that it has: exe, cwd, root.</summary>
internal sealed class PlaceLink(PseudoFileSystem fileSystem, ProcessSubject subject, Func<GuestTask, VfsPath> find) : PseudoLink(fileSystem)
{
    public override (uint Uid, uint Gid) Owner => ProcessOwner.Of(subject, S_IFLNK | 0x1ff);

    public override bool IsMagicLink => true;

    public override Result ReadLink(GuestTask task, Span<byte> target) =>
        Follow(task, out VfsPath place) is var error and not Errno.None ? new Result(-(long)error)
        : Vfs.PathOf(place, task.Fs.Root, target);

    public override Errno Follow(GuestTask task, out VfsPath place)
    {
        place = default;
        if (!subject.AllowsReading(task))
        {
            return Errno.EACCES;
        }

        place = subject.Task is { } owner ? find(owner) : default;
        return place.IsNone ? Errno.ENOENT : Errno.None;
    }
}

/// <summary>A directory whose names change with the process.</summary>
internal abstract class ProcessNamesDirectory(PseudoFileSystem fileSystem, ProcessSubject subject, uint permission) : PseudoNode(fileSystem, S_IFDIR | permission)
{
    private readonly uint _mode = S_IFDIR | permission;

    protected PseudoFileSystem Proc => (PseudoFileSystem)FileSystem;

    protected ProcessSubject Subject => subject;

    public override (uint Uid, uint Gid) Owner => ProcessOwner.Of(subject, _mode);

    public override bool IsDead => subject.IsGone;

    protected override uint Links => 2;

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = Errno.None;
        return new InodeDirectory(flags);
    }
}
