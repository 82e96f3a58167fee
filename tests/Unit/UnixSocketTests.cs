using System;
using System.Linq;

using UmlHost.Fs;
using UmlHost.Native;
using UmlHost.Sockets;
using UmlHost.Syscalls;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Unix sockets without a guest: what a sender is charged, how streams are put together again, and the
/// collector of sockets that only their own messages keep open.</summary>
public sealed class UnixSocketTests : IDisposable
{
    private readonly FsGuest _guest = new();

    public void Dispose() => _guest.Dispose();

    /// <summary>Measured with SIOCOUTQ on Linux 6.18.</summary>
    [Theory]
    [InlineData(1, true, 768)]
    [InlineData(384, true, 1280)]
    [InlineData(705, true, 2304)]
    [InlineData(3776, true, 4352)]
    [InlineData(3777, true, 4864)]
    [InlineData(5000, true, 6400)]
    [InlineData(8192, true, 8960)]
    [InlineData(3777, false, 8448)]
    [InlineData(16064, false, 16640)]
    [InlineData(16065, false, 20736)]
    [InlineData(200000, false, 200960)]
    public void A_message_is_charged_as_on_Linux(int bytes, bool stream, int charge) =>
        Assert.Equal(charge, SocketMessage.ChargeOf(bytes, stream));

    [Fact]
    public void A_stream_is_the_same_bytes_whatever_the_pieces()
    {
        (int left, int right) = Pair(SOCK_STREAM);
        Random random = new(1);
        byte[] sent = new byte[200_000];
        random.NextBytes(sent);
        byte[] received = new byte[sent.Length];
        int from = 0, to = 0;
        while (to < sent.Length)
        {
            int size = random.Next(1, 9000);
            Span<byte> piece = sent.AsSpan(from, int.Min(size, sent.Length - from));
            _guest.Poke(FsGuest.Data, piece);
            SyscallResult written = piece.IsEmpty ? default : _guest.Call("sendto", left, FsGuest.Data, piece.Length, MSG_DONTWAIT, 0, 0);
            from += written.Failed ? 0 : (int)written.Raw;
            SyscallResult read = _guest.Call("recvfrom", right, FsGuest.Data, random.Next(1, 12000), MSG_DONTWAIT, 0, 0);
            if (!read.Failed)
            {
                _guest.Peek(FsGuest.Data, (int)read.Raw).CopyTo(received, to);
                to += (int)read.Raw;
            }
        }

        Assert.True(sent.AsSpan().SequenceEqual(received));
        Assert.Equal(Errno.EAGAIN, _guest.Call("recvfrom", right, FsGuest.Data, 1, MSG_DONTWAIT, 0, 0).Error);
    }

    [Fact]
    public void Messages_are_reused()
    {
        (int left, int right) = Pair(SOCK_STREAM);
        void Turn()
        {
            Assert.Equal(64, _guest.Call("write", left, FsGuest.Data, 64).Raw);
            Assert.Equal(64, _guest.Call("read", right, FsGuest.Data, 64).Raw);
        }

        Turn();
        using FileReference reference = _guest.Task.Files.Get(right);
        Socket socket = (Socket)reference.File!;
        byte[] buffer = new byte[64];
        Write(left, buffer);
        Read(socket, buffer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int turn = 0; turn < 1000; turn++)
        {
            Write(left, buffer);
            Read(socket, buffer);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_socket_in_its_own_queue_is_collected()
    {
        Flights flights = _guest.Task.Machine.Flights;
        (int left, int right) = Pair(SOCK_DGRAM);
        SendFile(left, right);
        Assert.Equal(1, flights.SocketCount);
        Close(right);
        Assert.Equal(1, flights.SocketCount);
        Close(left);
        Assert.Equal(0, flights.SocketCount);
    }

    [Fact]
    public void A_cycle_over_many_sockets_is_collected_with_what_is_in_it()
    {
        Flights flights = _guest.Task.Machine.Flights;
        const int Length = 20;
        (int Left, int Right)[] pairs = [.. Enumerable.Range(0, Length).Select(_ => Pair(SOCK_STREAM))];
        FileProbe probe = new();
        int extra = _guest.Task.Files.Add(probe, closeOnExec: false);
        for (int index = 0; index < Length; index++)
        {
            // Into the queue of its right end goes the next pair's.
            SendFile(pairs[index].Left, pairs[(index + 1) % Length].Right);
        }

        SendFile(pairs[7].Left, extra);
        Close(extra);
        foreach ((int left, int right) in pairs)
        {
            // The right end is in a message: what closes is the left one, and the collector runs then.
            Close(right);
            Assert.False(probe.IsClosed);
            Close(left);
        }

        Assert.True(probe.IsClosed);
        Assert.Equal(0, flights.SocketCount);
    }

    [Fact]
    public void What_an_open_socket_leads_to_is_kept()
    {
        (int outerLeft, int outerRight) = Pair(SOCK_STREAM);
        (int left, int right) = Pair(SOCK_STREAM);
        FileProbe probe = new();
        int extra = _guest.Task.Files.Add(probe, closeOnExec: false);
        SendFile(left, extra);
        SendFile(left, right);
        SendFile(outerLeft, right);
        Close(extra);
        Close(left);
        Close(right);
        Assert.False(probe.IsClosed);
        Close(outerLeft);
        Assert.False(probe.IsClosed);
        Close(outerRight);
        Assert.True(probe.IsClosed);
    }

    [Fact]
    public void A_long_chain_of_sockets_closes_without_depth()
    {
        (int left, int right) = Pair(SOCK_STREAM);
        for (int link = 0; link < 20_000; link++)
        {
            (int nextLeft, int nextRight) = Pair(SOCK_STREAM);
            SendFile(nextLeft, right, privileged: true);
            Close(left);
            Close(right);
            (left, right) = (nextLeft, nextRight);
        }

        Close(left);
        Close(right);
        Assert.Equal(0, _guest.Task.Machine.Flights.SocketCount);
    }

    private (int Left, int Right) Pair(int type)
    {
        Assert.Equal(0, _guest.Call("socketpair", AF_UNIX, type, 0, FsGuest.Data).Raw);
        byte[] fds = _guest.Peek(FsGuest.Data, 8);
        return (BitConverter.ToInt32(fds), BitConverter.ToInt32(fds, 4));
    }

    private void Write(int fd, byte[] bytes)
    {
        using FileReference reference = _guest.Task.Files.Get(fd);
        IovIter from = new(bytes);
        Assert.Equal(bytes.Length, reference.File!.Write(_guest.Task, ref from).Raw);
    }

    private void Read(Socket socket, byte[] bytes)
    {
        IovIter to = new(bytes);
        Assert.Equal(bytes.Length, socket.Read(_guest.Task, ref to).Raw);
    }

    private void Close(int fd) => Assert.Equal(0, _guest.Call("close", fd).Raw);

    /// <summary>sendmsg with one byte and a descriptor.</summary>
    private void SendFile(int to, int fd, bool privileged = false)
    {
        if (privileged)
        {
            _guest.Task.Credentials = _guest.Task.Credentials with { Effective = 1UL << CAP_SYS_RESOURCE };
        }

        _guest.Poke(FsGuest.Data, new GuestIovec { Base = FsGuest.Data.Value + 512, Length = 1 });
        _guest.Poke(FsGuest.Data + 256, new cmsghdr { cmsg_len = 20, cmsg_level = SOL_SOCKET, cmsg_type = SCM_RIGHTS });
        _guest.Poke(FsGuest.Data + 272, fd);
        _guest.Poke(FsGuest.Data + 1024, new msghdr { msg_iov = FsGuest.Data.Value, msg_iovlen = 1, msg_control = FsGuest.Data.Value + 256, msg_controllen = 24 });
        Assert.Equal(1, _guest.Call("sendmsg", to, FsGuest.Data + 1024, MSG_DONTWAIT).Raw);
    }

    /// <summary>Says when it was closed.</summary>
    private sealed class FileProbe() : AnonymousFile(O_RDWR)
    {
        public bool IsClosed { get; private set; }

        protected override void Close() => IsClosed = true;
    }
}
