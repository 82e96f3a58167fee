using System;
using System.Linq;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>The ready list of an epoll instance, on files that count how often they are looked at.</summary>
public sealed class EpollTests : IDisposable
{
    private readonly FsGuest _guest = new();
    private readonly Epoll _epoll = new();

    public void Dispose()
    {
        _epoll.Release();
        _guest.Dispose();
    }

    [Fact]
    public void A_wait_looks_at_the_files_that_woke_and_at_no_others()
    {
        FakeFile[] files = new FakeFile[1000];
        for (int fd = 0; fd < files.Length; fd++)
        {
            files[fd] = Add(fd, EPOLLIN | EPOLLET);
        }
        Assert.All(files, file => Assert.Equal(1, file.Looks));
        Assert.Empty(Wait(16));

        files[900].Become(POLLIN);
        files[3].Become(POLLIN);
        files[500].Become(POLLIN);
        Assert.Equal([900, 3], Wait(2));
        Assert.Equal([500], Wait(16));
        Assert.Empty(Wait(16));
        Assert.Equal(1000 + 3, files.Sum(file => file.Looks));
    }

    [Fact]
    public void Level_triggered_files_take_turns()
    {
        for (int fd = 0; fd < 5; fd++)
        {
            Add(fd, EPOLLIN).Become(POLLIN);
        }
        Assert.Equal([0, 1], Wait(2));
        Assert.Equal([2, 3], Wait(2));
        Assert.Equal([4, 0], Wait(2));
        Assert.Equal([1, 2, 3, 4, 0], Wait(16));
    }

    [Fact]
    public void A_wake_up_while_the_file_is_looked_at_is_kept()
    {
        FakeFile file = Add(7, EPOLLIN | EPOLLET);
        file.Become(POLLIN);
        file.WhileLooking = () => file.Become(POLLIN);
        Assert.Equal([7], Wait(16));
        file.WhileLooking = null;
        Assert.Equal([7], Wait(16));
        Assert.Empty(Wait(16));
    }

    [Fact]
    public void A_file_that_closes_is_forgotten()
    {
        FakeFile first = Add(1, EPOLLIN), second = Add(2, EPOLLIN);
        first.Become(POLLIN);
        second.Become(POLLIN);
        first.Release();
        Assert.True(first.IsClosed);
        Assert.False(first.Queue.HasWaiters);
        Assert.Equal([2], Wait(16));
        second.Release();
        Assert.Empty(Wait(16));
    }

    [Fact]
    public void Wake_ups_for_what_nobody_asked_do_nothing()
    {
        FakeFile file = Add(1, EPOLLIN);
        file.Become(POLLOUT);
        Assert.Empty(Wait(16));
        Assert.Equal(1, file.Looks);
        file.Become(POLLHUP);
        Assert.Equal([1], Wait(16));
    }

    private FakeFile Add(int fd, uint events)
    {
        FakeFile file = new();
        Assert.Equal(Errno.None, _epoll.Control(EPOLL_CTL_ADD, file, fd, new epoll_event { events = events, data = (ulong)fd }));
        return file;
    }

    /// <summary>The descriptors of the events that are there.</summary>
    private int[] Wait(int most)
    {
        SyscallResult count = _epoll.Wait(_guest.Task, FsGuest.Data, most, default);
        int[] found = new int[count.Raw];
        for (int i = 0; i < found.Length; i++)
        {
            Assert.True(_guest.Task.Memory.Read(FsGuest.Data + (ulong)(12 * i), out epoll_event entry));
            found[i] = (int)entry.data;
        }
        return found;
    }

    private sealed class FakeFile() : AnonymousFile(O_RDWR)
    {
        protected override System.ReadOnlySpan<byte> Name => "anon_inode:[test]"u8;

        private uint _ready;

        public WaitQueue Queue { get; } = new();

        public int Looks { get; private set; }

        public bool IsClosed { get; private set; }

        public Action? WhileLooking { get; set; }

        public override bool CanPoll => true;

        public void Become(uint events)
        {
            _ready = events;
            Queue.Wake(events);
        }

        public override uint Poll(PollTable? table)
        {
            Looks++;
            table?.Add(Queue);
            WhileLooking?.Invoke();
            return _ready;
        }

        protected override void Close() => IsClosed = true;
    }
}
