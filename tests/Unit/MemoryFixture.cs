using System;
using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Host;
using UmlHost.Memory;
using UmlHost.Syscalls;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>A memory file with its frames and one address space on it, whose host child is a recorder.</summary>
internal sealed class MemoryFixture : IDisposable
{
    public const ulong Page = GuestAddress.PageSize;
    public const int ReadWrite = PROT_READ | PROT_WRITE;
    public const int AnonymousFixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

    private readonly HostMemory _hostMemory;
    private readonly List<PageCacheTests.TestFile> _files = [];

    public MemoryFixture(ulong limit = 0)
    {
        Assert.False(HostMemory.Create(out HostMemory? memory).Failed);
        _hostMemory = memory!;
        Frames = new FrameAllocator(_hostMemory, limit);
        Map = new MemoryMap(Frames);
    }

    public FrameAllocator Frames { get; }

    public MemoryMap Map { get; }

    public RecordingHostThread Host { get; } = new();

    /// <summary>A private anonymous mapping at a fixed address.</summary>
    public GuestAddress MapAnonymous(ulong address, ulong pages, int prot = ReadWrite)
    {
        SyscallResult result = Map.Map(new GuestAddress(address), pages * Page, prot, AnonymousFixed, null, 0);
        Assert.Equal((long)address, result.Raw);
        return new GuestAddress(address);
    }

    /// <summary>A file to map, open until the end of the test.</summary>
    public PageCacheTests.TestFile File(ulong size, bool tracked = false)
    {
        PageCacheTests.TestFile file = new(size) { IsTracked = tracked };
        _files.Add(file);
        return file;
    }

    public void Fault(GuestAddress address, Access access = Access.Write)
        => Assert.Equal(FaultResult.Resolved, Map.Fault(address, access));

    /// <summary>What a task does before its guest runs; the operations that the host child was given.</summary>
    public HostOp[] Sync()
    {
        int before = Host.Batches.Count;
        Assert.Null(Map.Sync(Host));
        return Host.Batches.Count == before ? [] : Assert.Single(Host.Batches[before..]);
    }

    public void Dispose()
    {
        Map.Dispose();
        foreach (PageCacheTests.TestFile file in _files)
        {
            file.Drop();
            Assert.True(file.IsClosed);
        }

        Assert.Equal(0, Frames.Granted);
        Frames.Dispose();
        _hostMemory.Dispose();
    }
}
