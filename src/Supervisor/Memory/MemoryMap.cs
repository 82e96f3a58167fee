using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Trace;

using static UmlHost.Native.Linux;

namespace UmlHost.Memory;

/// <summary>A guest address space (Linux's mm_struct). Three things are kept apart, each with one owner: what
/// the guest asked for (<see cref="VmaTree"/>), what is there now (<see cref="PageTable"/>), and what the host
/// child has mapped, which is a cache of the page table and follows it in batches (<see cref="HostOps"/>).
/// <para>Lock: <c>mmap lock</c>, one for each map, outside the page cache lock and the frame lock. Everything
/// here is under it; public methods take it. It is never held across a wait for a guest or for slow input, but
/// it is held while a batch runs, so that operations reach the child in the order of the changes.</para>
/// </summary>
internal sealed partial class MemoryMap : IDisposable, IGuestMemoryReader
{
    /// <summary>The lowest address a guest may map: Linux's vm.mmap_min_addr.</summary>
    public const ulong MinAddress = 0x10000;

    private readonly FrameAllocator _frames;
    private readonly Lock _mmapLock = new();
    private readonly VmaTree _areas = new();
    private readonly PageTable _table = new();
    private readonly HostOps _ops = new();

    // Runs of frames that a change has taken out of the table: another thread of the guest may still reach
    // them through the host child, so they are freed only after the batch that unmaps them has run.
    private readonly List<(uint First, uint Count)> _gathered = [];

    // Areas taken away, as far as their files want what was written to them.
    private readonly List<Vma> _goneAreas = [];

    private long _pages;

    // No guest has run in it yet, and it is no copy of one.
    private bool _isFresh = true;
    private int _users = 1;
    private volatile bool _isDisposed;

    public MemoryMap(FrameAllocator frames)
    {
        _frames = frames;
        _areas.Insert(new Vma(new GuestAddress(StubLayout.Start), new GuestAddress(StubLayout.End), PROT_NONE, VmaFlags.Sealed | VmaFlags.Reserved, null, 0));
        ReserveStubEntries();
    }

    /// <summary>Where areas without an address of their own go, downwards. Set by the loader at exec.</summary>
    public GuestAddress MmapBase { get; set; } = new(0x7fff_f7ff_f000);


    /// <summary>Bounds of the heap (brk).</summary>
    public GuestAddress BreakStart { get; private set; }

    public GuestAddress BreakEnd { get; private set; }

    /// <summary>Where arguments and environment are, for /proc/self/cmdline and environ.</summary>
    public GuestAddress ArgStart { get; set; }

    public GuestAddress ArgEnd { get; set; }

    public GuestAddress EnvStart { get; set; }

    public GuestAddress EnvEnd { get; set; }

    /// <summary>The program that runs here (mm's exe_file), which cannot be opened for writing meanwhile; null before an
    /// exec.</summary>
    public OpenFile? Executable { get; private set; }

    public FaultCounters Faults { get; } = new();

    /// <summary>Pages present in the page table.</summary>
    public long PresentPages => Volatile.Read(ref _pages);

    /// <summary>Operations that were merged into others (H5).</summary>
    public long MergedOps => _ops.Merged;

    /// <summary>The host child that is this address space; null until a task runs in it.</summary>
    public HostChild? Child { get; private set; }

    /// <summary>Makes <paramref name="child"/> this address space. One that was another's still has the other's mappings:
    /// the first batch begins with taking them away.</summary>
    public void Attach(HostChild child)
    {
        lock (_mmapLock)
        {
            Child = child;
            if (child.IsUsed)
            {
                _ops.Prepend(HostChild.EmptyOps);
            }

            child.IsUsed = true;
        }
    }

    /// <summary>Called by exec, and by fork for the copy.</summary>
    public void SetExecutable(Executable? program) => SetExecutable(program?.File);

    /// <summary>One user more (CLONE_VM).</summary>
    public MemoryMap Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    /// <summary>The last user has left it, and its memory is free.</summary>
    public bool IsDisposed => _isDisposed;

    /// <summary>More than one task runs in it.</summary>
    public bool IsShared => Volatile.Read(ref _users) > 1;

    /// <summary>A user is gone. The last one leaves the host child to another address space or kills it, and then disposes.</summary>
    /// <returns>True for the last.</returns>
    public bool Leave() => Interlocked.Decrement(ref _users) == 0;

    /// <summary>Calls <paramref name="visit"/> for each area, in address order, under the mmap lock.</summary>
    public void VisitAreas(Action<Vma> visit)
    {
        lock (_mmapLock)
        {
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                visit(area);
            }
        }
    }

    /// <summary>The page-table entry of an address, as of now.</summary>
    public PageTableEntry EntryAt(GuestAddress address)
    {
        lock (_mmapLock)
        {
            return _table[address];
        }
    }

    /// <summary>The area of an address, for the caller to read only; null where nothing is mapped.</summary>
    public Vma? AreaAt(GuestAddress address)
    {
        lock (_mmapLock)
        {
            return _areas.Find(address);
        }
    }

    /// <summary>Drops everything. The host child must be gone: its mappings reach the frames until then.</summary>
    public unsafe void Dispose()
    {
        if (Executable is { } executable)
        {
            executable.Inode!.EndExecute();
            executable.Release();
            Executable = null;
        }

        lock (_mmapLock)
        {
            // Driven by the areas (M1): absent parts of the table cost nothing.
            for (Vma? area = _areas.First; area is not null; area = _areas.Next(area))
            {
                DropPages(area.Start, area.End);
                area.Release(this);
            }

            ReleaseAreas();

            for (PageTableLeaf* leaf = _table.TakeDirty(); leaf != null; leaf = leaf->NextDirty)
            {
                leaf->DirtyFrom = leaf->DirtyTo = 0;
            }

            for (PageTableLeaf* leaf = _table.Next(default, GuestAddress.TaskSize); leaf != null;
                leaf = _table.Next(new GuestAddress(leaf->Start + PageTable.LeafSpan), GuestAddress.TaskSize))
            {
                if (leaf->Chunk != FrameAllocator.NoChunk)
                {
                    _frames.ReleaseChunk(leaf->Chunk);
                }
            }

            FreeGathered();
            _ops.Clear();

            // Whoever still has the map, to read another process's memory, finds nothing in it.
            _areas.Clear();
            _table.Dispose();
            _isDisposed = true;
        }
    }

    private void SetExecutable(OpenFile? file)
    {
        if (file is { Inode: { } inode } && inode.TryBeginExecute())
        {
            Executable = file.Acquire();
        }
    }

    /// <summary>Entries of the stub range say so, so that a merged unmap never runs across it.</summary>
    private unsafe void ReserveStubEntries()
    {
        PageTableLeaf* leaf = _table.FindOrAdd(new GuestAddress(StubLayout.Start));
        for (ulong at = StubLayout.Start; at < StubLayout.End; at += GuestAddress.PageSize)
        {
            (*leaf)[PageTableLeaf.IndexOf(new GuestAddress(at))] = new PageTableEntry((ulong)Pte.Sealed);
        }
    }
}
