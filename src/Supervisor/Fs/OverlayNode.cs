using System;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A file of the lower tree that is no directory. The first change, or the first open for writing, copies it
/// into memory; whoever has it open for reading keeps the lower file. Lock: <c>copy-up lock</c>, outside the file data
/// lock, held while content is copied.</summary>
internal sealed class OverlayNode(OverlayFileSystem overlay, HostInode lower) : Inode(overlay, lower.Type)
{
    private readonly Lock _copyUpLock = new();
    private TmpfsInode? _upper;
    private long _lowerLinks;
    private int _links;

    public HostInode Lower => lower;

    /// <summary>It is to be found again whatever becomes of its dentry.</summary>
    public bool IsChanged => Volatile.Read(ref _upper) is not null || Volatile.Read(ref _links) != 0;

    public override ulong Number => lower.Number;

    public override ulong DeviceNumber => lower.DeviceNumber;

    public override Ownership Ownership => Now.Ownership;

    private Inode Now => (Inode?)Volatile.Read(ref _upper) ?? lower;

    public override void AddLinks(int count)
    {
        if (!IsChanged && lower.Stat(out stat status) == Errno.None)
        {
            _lowerLinks = (long)status.st_nlink;
        }

        Interlocked.Add(ref _links, count);
        overlay.Keep(lower, this);
    }

    public override Errno Stat(out stat status)
    {
        Errno error = Now.Stat(out status);
        if (IsChanged)
        {
            status.st_dev = lower.Device;
            status.st_ino = lower.Number;
            status.st_nlink = (ulong)Math.Max(0, _lowerLinks + Volatile.Read(ref _links));
        }

        return error;
    }

    public override Errno Statx(uint flags, uint mask, out statx status) =>
        IsChanged ? base.Statx(flags, mask, out status) : lower.Statx(flags, mask, out status);

    public override Errno SetAttributes(GuestTask task, in AttributeChange change)
    {
        Errno error = CopyUp(withContent: !(change.Has(AttributeFields.Size) && change.Size == 0), out TmpfsInode? upper);
        return error == Errno.None ? upper!.SetAttributes(task, change) : error;
    }

    public override Result ReadLink(GuestTask task, Span<byte> target) => lower.ReadLink(task, target);

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        if (Type != S_IFREG || (flags & (O_ACCMODE | O_TRUNC)) == O_RDONLY)
        {
            return Now.Open(task, flags, out error);
        }

        error = CopyUp(withContent: (flags & O_TRUNC) == 0, out TmpfsInode? upper);
        return error == Errno.None ? upper!.Open(task, flags, out error) : null;
    }

    public override Result GetXattr(ReadOnlySpan<byte> name, Span<byte> value) => Now.GetXattr(name, value);

    public override Errno SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        Errno error = CopyUp(withContent: true, out TmpfsInode? upper);
        return error == Errno.None ? upper!.SetXattr(name, value, flags) : error;
    }

    public override Errno RemoveXattr(ReadOnlySpan<byte> name)
    {
        Errno error = CopyUp(withContent: true, out TmpfsInode? upper);
        return error == Errno.None ? upper!.RemoveXattr(name) : error;
    }

    public override Result ListXattr(Span<byte> names) => Now.ListXattr(names);

    public override void NameGone() => DiscardIfUnused();

    protected override void Unused() => DiscardIfUnused();

    private void DiscardIfUnused()
    {
        if (IsChanged && _lowerLinks + Volatile.Read(ref _links) <= 0 && !IsUsed)
        {
            (Volatile.Read(ref _upper) as TmpfsRegular)?.Discard();
        }
    }

    private Errno CopyUp(bool withContent, out TmpfsInode? upper)
    {
        upper = Volatile.Read(ref _upper);
        if (upper is not null)
        {
            return Errno.None;
        }

        lock (_copyUpLock)
        {
            if (_upper is not null)
            {
                upper = _upper;
                return Errno.None;
            }

            Errno error = lower.Stat(out stat status);
            if (error != Errno.None)
            {
                return error;
            }

            byte[]? target = null;
            if (IsSymbolicLink)
            {
                target = new byte[PATH_MAX];
                Result length = lower.ReadLink(null!, target);
                if (length.Failed)
                {
                    return length.Error;
                }

                Array.Resize(ref target, length.Int);
            }

            NewNode node = new(status.st_mode, status.st_uid, status.st_gid, status.st_rdev, target);
            TmpfsInode copy = TmpfsDirectory.NewInode(overlay, overlay.Space, node);
            if (withContent && copy is TmpfsRegular regular)
            {
                error = lower.CopyContent(regular, status.st_size);
                if (error != Errno.None)
                {
                    regular.Discard();
                    return error;
                }
            }

            lower.CopyXattrs(copy);
            copy.Adopt(status);
            if (Volatile.Read(ref _links) == 0)
            {
                _lowerLinks = (long)status.st_nlink;
            }

            Volatile.Write(ref _upper, copy);
            overlay.Keep(lower, this);
            upper = copy;
            return Errno.None;
        }
    }
}
