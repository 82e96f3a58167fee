using System;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>A regular file in memory. Its pages are the frames of its page cache, which mappings share. Lock: <c>file
/// data lock</c> (i_rwsem), held over writes and changes of size; the mmap lock is inside it.</summary>
internal sealed class TmpfsRegular : TmpfsInode
{
    private readonly TmpfsPages _pages;
    private long _size;
    private uint _seals = F_SEAL_SEAL;
    private bool _isReleased;

    public TmpfsRegular(FileSystem fileSystem, TmpfsSpace space, in NewNode node)
        : base(fileSystem, space, node) => _pages = new TmpfsPages(this);

    /// <summary>The <c>file data lock</c>.</summary>
    public Lock DataLock { get; } = new();

    public long Size => Volatile.Read(ref _size);

    /// <summary>F_SEAL_*.</summary>
    public uint Seals => Volatile.Read(ref _seals);

    /// <summary>Before anybody else has it.</summary>
    public void AllowSealing(bool allowed) => _seals = allowed ? 0u : F_SEAL_SEAL;

    public MappedFile Mapping => _pages;

    public PageCache Pages => _pages.Pages(Space.Frames);

    /// <summary>Where it was opened last, for /proc/self/maps.</summary>
    public VfsPath Name { get => _pages.Name; set => _pages.Name = value; }

    public override Errno Stat(out stat status)
    {
        _ = base.Stat(out status);
        status.st_size = Size;
        status.st_blocks = Pages.PresentPages * 8;
        return Errno.None;
    }

    public override OpenFile? Open(GuestTask task, int flags, out Errno error)
    {
        error = Errno.None;
        return new TmpfsFile(this, flags);
    }

    public override Errno SetAttributes(GuestTask task, in AttributeChange change)
    {
        if (change.Has(AttributeFields.Size))
        {
            Errno error = Resize(task, change.Size);
            if (error != Errno.None)
            {
                return error;
            }
        }

        return base.SetAttributes(task, change);
    }

    /// <summary>ftruncate's work: seals, the limit of file sizes, and what is beyond goes.</summary>
    /// <param name="task">Null where no limit applies.</param>
    public Errno Resize(GuestTask? task, long size)
    {
        lock (DataLock)
        {
            long old = _size;
            if (size < old ? (Seals & F_SEAL_SHRINK) != 0 : size > old && (Seals & F_SEAL_GROW) != 0)
            {
                return Errno.EPERM;
            }

            if (task is not null && size > old && !FileLimit.Allows(task, size))
            {
                return Errno.EFBIG;
            }

            Volatile.Write(ref _size, size);
            if (size < old)
            {
                Pages.Truncate((ulong)size);
            }

            Touch();
            return Errno.None;
        }
    }

    /// <summary>Reads what there is before the end.</summary>
    public SyscallResult Read(MemoryMap memory, ref IovIter to, long offset)
    {
        long left = Size - offset;
        if (left <= 0)
        {
            return SyscallResult.Zero;
        }

        to.Truncate((ulong)left);
        Position at = new() { Pages = Pages, Offset = offset };
        return to.Transfer(memory, Access.Write, ref at, static (ref Position at, Span<byte> stretch, ulong _) =>
        {
            at.Pages.Read((ulong)at.Offset, stretch);
            at.Offset += stretch.Length;
            return stretch.Length;
        });
    }

    /// <summary>Writes at <paramref name="offset"/>. File data lock.</summary>
    public SyscallResult Write(GuestTask task, ref IovIter from, long offset)
    {
        if (from.Count == 0)
        {
            return SyscallResult.Zero;
        }

        if ((Seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0)
        {
            return Errno.EPERM;
        }

        long end = offset + (long)from.Count;
        if (end > _size && (Seals & F_SEAL_GROW) != 0)
        {
            if (offset >= _size)
            {
                return Errno.EPERM;
            }

            from.Truncate((ulong)(_size - offset));
        }

        if (!FileLimit.Limit(task, offset, ref from))
        {
            return Errno.EFBIG;
        }

        Position at = new() { Pages = Pages, Offset = offset };
        long done = from.Transfer(task.Memory, Access.Read, ref at, static (ref Position at, Span<byte> stretch, ulong _) =>
        {
            int written = at.Pages.Write((ulong)at.Offset, stretch);
            at.Offset += written;
            return written == 0 ? -(long)Errno.ENOSPC : written;
        });
        if (done > 0)
        {
            if (offset + done > _size)
            {
                Volatile.Write(ref _size, offset + done);
            }

            Touch();
            Ownership old = Ownership;
            if ((old.Mode & (S_ISUID | S_ISGID)) != 0 && Attributes.WithoutSetId(old.Mode) is var mode && mode != old.Mode && !task.Credentials.Has(CAP_FSETID))
            {
                AttributeChange change = new() { Fields = AttributeFields.Mode, Mode = mode & 0xfff };
                _ = base.SetAttributes(task, change);
            }
        }

        return done;
    }

    /// <summary>Writes from supervisor memory, for an overlay's copy.</summary>
    public Errno Fill(long offset, ReadOnlySpan<byte> content)
    {
        lock (DataLock)
        {
            if (Pages.Write((ulong)offset, content) < content.Length)
            {
                return Errno.ENOSPC;
            }

            Volatile.Write(ref _size, Math.Max(_size, offset + content.Length));
            return Errno.None;
        }
    }

    /// <summary>fallocate, its arguments checked.</summary>
    public Errno Allocate(GuestTask? task, int mode, long offset, long length)
    {
        long end = offset + length;
        bool holes = (mode & FALLOC_FL_PUNCH_HOLE) != 0;
        lock (DataLock)
        {
            if (holes || (mode & FALLOC_FL_ZERO_RANGE) != 0)
            {
                if ((Seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0)
                {
                    return Errno.EPERM;
                }
            }

            bool grows = (mode & FALLOC_FL_KEEP_SIZE) == 0 && end > _size;
            if (grows && (Seals & F_SEAL_GROW) != 0)
            {
                return Errno.EPERM;
            }

            if (grows && !FileLimit.Allows(task!, end))
            {
                return Errno.EFBIG;
            }

            if (holes)
            {
                Pages.Punch((ulong)offset, (ulong)end);
            }
            else
            {
                if ((mode & FALLOC_FL_ZERO_RANGE) != 0)
                {
                    Pages.Clear((ulong)offset, (ulong)length);
                }

                Errno error = Pages.Allocate((ulong)offset / 4096, PageUp(end));
                if (error != Errno.None)
                {
                    return error;
                }
            }

            if (grows)
            {
                Volatile.Write(ref _size, end);
            }

            Touch();
            return Errno.None;
        }
    }

    /// <summary>lseek with SEEK_DATA and SEEK_HOLE; ENXIO beyond the end.</summary>
    public SyscallResult SeekData(long offset, bool data)
    {
        long size = Size;
        if (offset < 0 || offset >= size)
        {
            return Errno.ENXIO;
        }

        ulong end = PageUp(size), page = (ulong)offset / 4096;
        ulong found = Pages.Next(page, end, data);
        return found == end ? data ? Errno.ENXIO : size : Math.Max(offset, (long)found * 4096);
    }

    /// <summary>F_ADD_SEALS.</summary>
    public Errno AddSeals(uint seals)
    {
        const uint All = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
        if ((seals & ~All) != 0)
        {
            return Errno.EINVAL;
        }

        lock (DataLock)
        {
            if ((Seals & F_SEAL_SEAL) != 0)
            {
                return Errno.EPERM;
            }

            if ((seals & F_SEAL_WRITE) != 0 && (Seals & F_SEAL_WRITE) == 0 && Pages.WritableMappings > 0)
            {
                return Errno.EBUSY;
            }

            Volatile.Write(ref _seals, Seals | seals);
            return Errno.None;
        }
    }

    public override void NameGone() => ReleaseIfUnused();

    protected override void Unused() => ReleaseIfUnused();

    /// <summary>Nobody can reach it any more: pages go as soon as no mapping has them.</summary>
    public void Discard()
    {
        lock (DataLock)
        {
            if (!_isReleased)
            {
                _isReleased = true;
                _pages.Release();
            }
        }
    }

    private void ReleaseIfUnused()
    {
        if (Links == 0 && !IsUsed)
        {
            Discard();
        }
    }

    private static ulong PageUp(long bytes) => ((ulong)bytes + 4095) / 4096;

    private struct Position
    {
        public PageCache Pages;
        public long Offset;
    }

    /// <summary>The file as memory maps it.</summary>
    private sealed class TmpfsPages(TmpfsRegular owner) : MappedFile
    {
        public VfsPath Name { get; set; }

        public override bool IsMemory => true;

        public override ulong Size => (ulong)owner.Size;

        public override ulong Device => owner.FileSystem.Device;

        public override ulong Inode => owner.Number;

        public override string Path => Name.IsNone ? "" : Vfs.TextOf(Name);

        public override Result ReadAt(ulong offset, Span<byte> destination)
        {
            ulong size = Size;
            if (offset >= size)
            {
                return new Result(0);
            }

            destination = destination[..(int)Math.Min((ulong)destination.Length, size - offset)];
            owner.Pages.Read(offset, destination);
            return new Result(destination.Length);
        }

        public void Release() => ReleasePages();

        public override Errno PunchHole(ulong from, ulong to) =>
            owner.Allocate(null, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (long)from, (long)(to - from));

        protected internal override void Written(ulong first, ulong count) => owner.Touch();

        protected internal override bool TryChargePage() => owner.Space.TryCharge();

        protected internal override void UnchargePages(long count) => owner.Space.Uncharge(count);
    }
}
