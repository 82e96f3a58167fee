using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

/// <summary>A System V shared memory segment (Linux's shmid_kernel). Its pages are those of a mapped file without
/// content; they, and the segment, stay until it is removed and no area maps it any more.</summary>
internal sealed class SharedSegment : IpcObject
{
    private readonly Machine _machine;
    private readonly Pages _file;
    private readonly int _creatorPid;
    private int _attaches;

    public SharedSegment(GuestTask task, int key, ulong size, int flags)
        : base(key, (uint)flags, task.Credentials)
    {
        _machine = task.Machine;
        _creatorPid = task.Group.Tgid;
        Size = size;
        _file = new Pages(this);
    }

    public ulong Size { get; }

    /// <summary>How many areas of address spaces map it.</summary>
    public int AttachCount => Volatile.Read(ref _attaches);

    public ulong PageCount => (Size + 4095) / 4096;

    public MappedFile File => _file;

    public static SharedSegment? Of(MappedFile? file) => (file as Pages)?.Segment;

    /// <summary>Seconds since 1970, 0 for never; the last process that did either.</summary>
    public long Attached { get; private set; }

    public long Detached { get; private set; }

    public int LastPid { get; private set; }

    /// <summary>IPC_STAT. The lock.</summary>
    public shmid_ds Status() => new()
    {
        shm_perm = Permissions(),
        shm_segsz = Size,
        shm_atime = Attached,
        shm_dtime = Detached,
        shm_ctime = Changed,
        shm_cpid = _creatorPid,
        shm_lpid = LastPid,
        shm_nattch = (ulong)AttachCount,
    };

    /// <summary>IPC_RMID: at once, or with the last area that maps it.</summary>
    public void Remove()
    {
        lock (Lock)
        {
            if (IsRemoved)
            {
                return;
            }

            IsRemoved = true;
            Mode |= SHM_DEST;
        }

        _machine.Segments.ForgetKey(this);
        lock (Lock)
        {
            Key = IPC_PRIVATE;
        }

        _file.Drop();
    }

    /// <summary>A process is about to end: whoever waits for it finds its segments detached, although the rest of its
    /// memory goes later.</summary>
    public static void DetachAll(GuestTask task)
    {
        if (task.Machine.Segments.IsEmpty || task.Memory.IsShared)
        {
            return;
        }

        List<(GuestAddress Start, ulong Length)> areas = [];
        task.Memory.VisitAreas(area =>
        {
            if (Of(area.Cache?.File) is not null)
            {
                areas.Add((area.Start, area.Length));
            }
        });
        foreach ((GuestAddress start, ulong length) in areas)
        {
            task.Memory.Unmap(start, length);
        }
    }

    /// <summary>Another area maps it: shmat, fork, or an area split in two. Under the mmap lock; a reader of the status
    /// may see the one time and not yet the other.</summary>
    private void AreaMade()
    {
        Interlocked.Increment(ref _attaches);
        Attached = Now();
        LastPid = GuestTask.Current.Group.Tgid;
    }

    private void AreaGone()
    {
        Interlocked.Decrement(ref _attaches);
        Detached = Now();
        LastPid = GuestTask.Current.Group.Tgid;
    }

    private sealed class Pages(SharedSegment segment) : MappedFile
    {
        public SharedSegment Segment => segment;

        public override ulong Size => segment.PageCount * 4096;

        /// <summary>That of the kernel's own tmpfs.</summary>
        public override ulong Device => 1;

        public override ulong Inode => (ulong)segment.Id;

        public override string Path => $"/SYSV{segment.Key:x8} (deleted)";

        public override Result ReadAt(ulong offset, Span<byte> destination) => new(0);

        /// <summary>The segment's own reference goes.</summary>
        public void Drop() => ReleasePages();

        protected internal override void Mapped() => segment.AreaMade();

        protected internal override void Unmapped() => segment.AreaGone();

        protected internal override void Close() => segment._machine.Segments.Remove(segment);
    }
}
