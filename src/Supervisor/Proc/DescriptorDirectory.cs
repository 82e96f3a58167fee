using System;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>/proc/PID/fd, or fdinfo.</summary>
internal sealed class DescriptorDirectory(PseudoFileSystem fileSystem, ProcessSubject subject, bool isText)
    : ProcessNamesDirectory(fileSystem, subject, isText ? 0x16du : 0x140u)
{
    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        if (isText && !Subject.AllowsReading(task))
        {
            error = Errno.EACCES;
            return null;
        }

        return base.Open(task, flags, out error);
    }

    public override Errno Lookup(ReadOnlySpan<byte> name, out Inode? inode)
    {
        inode = null;
        if (!ProcessNumbers.TryParse(name, out int fd) || Subject.Task is not { } owner)
        {
            return Errno.ENOENT;
        }

        using FileReference reference = owner.Files.Get(fd);
        if (reference.File is not { } file)
        {
            return Errno.ENOENT;
        }

        uint permission = S_IXUSR | (file.CanRead ? S_IRUSR : 0u) | (file.CanWrite ? S_IWUSR : 0u);
        inode = isText ? new DescriptorText(Proc, Subject, fd) { FixedNumber = NumberOf(fd) } : new DescriptorLink(Proc, Subject, fd, permission) { FixedNumber = NumberOf(fd) };
        return Errno.None;
    }

    public override bool NextEntry(GuestTask task, long position, out DirectoryEntry entry)
    {
        entry = default;
        if (Subject.Task is not { } owner)
        {
            return false;
        }

        FdTable files = owner.Files;
        for (int fd = (int)Math.Min(position, int.MaxValue); fd < files.Size; fd++)
        {
            using FileReference reference = files.Get(fd);
            if (reference.File is not null)
            {
                entry = new DirectoryEntry(ProcessNumbers.Name(fd), NumberOf(fd), isText ? (uint)S_IFREG : S_IFLNK, fd + 1L);
                return true;
            }
        }

        return false;
    }

    private ulong NumberOf(int fd) => ProcessNumbers.Of(Subject, isText ? NumberKind.DescriptorText : NumberKind.Descriptor, (uint)fd);
}

/// <summary>An entry of /proc/PID/fd: following it leads to the file's own place, so that open opens the inode anew.
/// </summary>
internal sealed class DescriptorLink(PseudoFileSystem fileSystem, ProcessSubject subject, int fd, uint permission) : PseudoLink(fileSystem, permission)
{
    public override (uint Uid, uint Gid) Owner => ProcessOwner.Of(subject, S_IFLNK);

    public override bool IsMagicLink => true;

    public override Errno Stat(out stat status)
    {
        Errno error = base.Stat(out status);
        status.st_size = 64;
        return error;
    }

    public override Result ReadLink(GuestTask task, Span<byte> target)
    {
        if (!subject.AllowsReading(task))
        {
            return new Result(-(long)Errno.EACCES);
        }

        using FileReference reference = subject.Task is { } owner ? owner.Files.Get(fd) : default;
        return reference.File is { } file ? file.Describe(task, target) : new Result(-(long)Errno.ENOENT);
    }

    public override Errno Follow(GuestTask task, out VfsPath place)
    {
        place = default;
        if (!subject.AllowsReading(task))
        {
            return Errno.EACCES;
        }

        using FileReference reference = subject.Task is { } owner ? owner.Files.Get(fd) : default;
        if (reference.File is not { } file)
        {
            return Errno.ENOENT;
        }

        place = file.Place;
        if (place.IsNone && file.Loose() is { } inode)
        {
            place = new VfsPath(task.Fs.Mounts.Root, Dentry.NewNameless(null, [], inode));
        }

        return place.IsNone ? Errno.ENXIO : Errno.None;
    }
}

/// <summary>An entry of /proc/PID/fdinfo.</summary>
internal sealed class DescriptorText(PseudoFileSystem fileSystem, ProcessSubject subject, int fd) : PseudoText(fileSystem, 0x124)
{
    public override (uint Uid, uint Gid) Owner => ProcessOwner.Of(subject, S_IFREG | 0x124);

    public override Errno MayOpen(GuestTask task, int flags) => subject.AllowsReading(task) ? Errno.None : Errno.EACCES;

    public override Errno Generate(GuestTask task, TextBuffer text)
    {
        if (subject.Task is not { } owner)
        {
            return Errno.ENOENT;
        }

        bool? closes = owner.Files.GetCloseOnExec(fd);
        using FileReference reference = owner.Files.Get(fd);
        if (reference.File is not { } file || closes is null)
        {
            return Errno.ENOENT;
        }

        Syscalls.SyscallResult position = file.CanSeek ? file.Seek(0, SEEK_CUR) : Syscalls.SyscallResult.Zero;
        _ = file.Stat(out stat status);
        text.Append("pos:\t"u8).Append(position.Failed ? 0 : position.Raw)
            .Append("\nflags:\t0"u8).AppendOctal((uint)(file.Flags | (closes == true ? O_CLOEXEC : 0)), 0)
            .Append("\nmnt_id:\t"u8).Append(file.Place.IsNone ? (long)minor(status.st_dev) : file.Place.Mount.Id)
            .Append("\nino:\t"u8).Append(status.st_ino).Append("\n"u8);
        file.DescribeMore(text);
        return Errno.None;
    }
}
