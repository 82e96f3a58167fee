using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

/// <summary>A socket of AF_UNIX (Linux's unix_sock). What is sent goes straight into the receiver's queue, and is
/// charged to the sender until it is read.
/// <para>Lock: <c>socket lock</c>, an object lock; of two sockets, the one with the lower serial first. The mmap lock
/// is inside it (bytes go straight from the queue to guest frames), and it is never held across a wait.</para>
/// </summary>
internal sealed partial class UnixSocket : Socket
{
    private const int ReceiveShutdown = 1, SendShutdown = 2, BothShutdown = 3;
    private const uint InEvents = POLLIN | POLLRDNORM, OutEvents = POLLOUT | POLLWRNORM | POLLWRBAND;

    /// <summary>net.unix.max_dgram_qlen.</summary>
    private const int DatagramBacklog = 10;

    private readonly Machine _machine;
    private readonly int _type;
    private readonly Lock _socketLock = new();

    // Tasks that read here, tasks that write from here, and senders that wait for this queue to have room.
    private readonly WaitQueue _readWait = new(), _writeWait = new(), _peerWait = new();
    private MessageQueue _queue;
    private UnixSocket? _peer;
    private byte[]? _address;
    private object? _inode;
    private bool _ownsAddress;
    private volatile State _state;
    private int _shutdown;
    private bool _isDead;

    // Nobody has accepted it.
    private bool _isEmbryo;
    private int _backlog = DatagramBacklog;
    private int _charged;
    private PeerWake? _peerWake;

    private enum State
    {
        Closed,
        Listening,
        Established,
    }

    /// <param name="type">SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.</param>
    /// <param name="flags">O_NONBLOCK.</param>
    public UnixSocket(Machine machine, Credentials owner, int type, int flags)
        : base(owner, flags)
    {
        _machine = machine;
        _type = type;
    }

    public override int Domain => AF_UNIX;

    public override int SocketType => _type;

    public override bool IsListening => _state == State.Listening;

    public override ReadOnlySpan<byte> Address => Volatile.Read(ref _address) ?? s_unnamed;

    private static ReadOnlySpan<byte> s_unnamed => [AF_UNIX, 0];

    /// <summary>Stream and sequenced packets: connections, as opposed to datagrams.</summary>
    private bool IsConnectionBased => _type != SOCK_DGRAM;

    private bool IsFull => _queue.Count > _backlog;

    private bool IsWritable => _state != State.Listening && (Volatile.Read(ref _charged) + 1L) * 4 <= Options.SendBuffer;

    private bool IsReceiveShut => (Volatile.Read(ref _shutdown) & ReceiveShutdown) != 0;

    private bool IsSendShut => (Volatile.Read(ref _shutdown) & SendShutdown) != 0;

    /// <summary>Whether a wait for something to read, or to accept, is over.</summary>
    private bool HasNews => !_queue.IsEmpty || IsReceiveShut || HasError;

    /// <summary>Makes two new sockets each other's peer.</summary>
    public static void Pair(GuestTask task, UnixSocket first, UnixSocket second)
    {
        first._peer = second;
        second._peer = first;
        first._state = second._state = State.Established;
        first.Peer = second.Peer = PeerCredentials.Of(task);
    }

    public override uint Poll(PollTable? table)
    {
        table?.Add(_readWait);
        table?.Add(_writeWait);
        int shutdown = Volatile.Read(ref _shutdown);
        uint events = (HasError ? POLLERR : 0u)
            | (shutdown == BothShutdown ? POLLHUP : 0u)
            | ((shutdown & ReceiveShutdown) != 0 ? POLLRDHUP | InEvents : 0)
            | (_queue.IsEmpty ? 0 : InEvents)
            | (IsConnectionBased && _state == State.Closed ? POLLHUP : 0u);
        return IsWritable && (_type == SOCK_STREAM || PeerHasRoom()) ? events | OutEvents : events;
    }

    public override Errno Shutdown(int how)
    {
        if (how is < SHUT_RD or > SHUT_RDWR)
        {
            return Errno.EINVAL;
        }

        int bits = how + 1;
        UnixSocket? peer;
        lock (_socketLock)
        {
            _shutdown |= bits;
            peer = _peer;
        }

        StateChanged();
        if (peer is not null && IsConnectionBased)
        {
            lock (peer._socketLock)
            {
                peer._shutdown |= ((bits & ReceiveShutdown) != 0 ? SendShutdown : 0) | ((bits & SendShutdown) != 0 ? ReceiveShutdown : 0);
            }

            peer.StateChanged();
        }

        return Errno.None;
    }

    public override Errno PeerAddress(out ReadOnlySpan<byte> address)
    {
        UnixSocket? peer = Volatile.Read(ref _peer);
        address = peer is null ? default : peer.Address;
        return peer is null ? Errno.ENOTCONN : Errno.None;
    }

    public override SyscallResult Send(GuestTask task, ref MessageHeader message)
    {
        if (_type != SOCK_SEQPACKET)
        {
            return _type == SOCK_STREAM ? SendStream(task, ref message) : SendDatagram(task, ref message);
        }

        Errno error = TakeError();
        if (error == Errno.None && _state != State.Established)
        {
            error = Errno.ENOTCONN;
        }

        message.Destination = default;
        return error != Errno.None ? error : SendDatagram(task, ref message);
    }

    public override SyscallResult Receive(GuestTask task, ref MessageHeader message)
        => _type == SOCK_STREAM ? ReceiveStream(task, ref message)
            : _type == SOCK_SEQPACKET && _state != State.Established ? Errno.ENOTCONN
            : ReceiveDatagram(task, ref message);

    public override SyscallResult Ioctl(GuestTask task, uint request, ulong argument)
    {
        int value;
        switch (request)
        {
            case TIOCOUTQ:
                value = Volatile.Read(ref _charged);
                break;
            case FIONREAD when IsListening:
                return Errno.EINVAL;
            case FIONREAD:
                value = Available();
                break;
            default:
                return Errno.ENOTTY;
        }

        return task.Memory.Write(new GuestAddress(argument), value) ? SyscallResult.Zero : Errno.EFAULT;
    }

    public override void SendBufferChanged() => WakeWriters();

    /// <summary>A message of its own has been made.</summary>
    public void Charged(int bytes) => Interlocked.Add(ref _charged, bytes);

    /// <summary>A message of its own has been read.</summary>
    public void Uncharged(int bytes)
    {
        Interlocked.Add(ref _charged, -bytes);
        WakeWriters();
    }

    /// <summary>The files in its messages, and in those of connections that wait to be accepted. Flight lock.</summary>
    /// <param name="take">The messages lose them.</param>
    public void VisitFiles(List<FlightFiles> found, bool take)
    {
        lock (_socketLock)
        {
            for (SocketMessage? message = _queue.First; message is not null; message = message.Next)
            {
                message.Connection?.VisitFiles(found, take);
                if (message.Files is { } files)
                {
                    found.Add(files);
                    message.Files = take ? null : files;
                }
            }
        }
    }

    protected override void Close()
    {
        if (_ownsAddress)
        {
            ForgetName();
        }

        UnixSocket? peer;
        bool unread;
        SocketMessage? messages;
        lock (_socketLock)
        {
            _isDead = true;
            _shutdown = BothShutdown;
            _state = State.Closed;
            peer = _peer;
            _peer = null;
            unread = !_queue.IsEmpty || _isEmbryo;
            messages = _queue.TakeAll();
        }

        _peerWait.WakeAll(OutEvents);
        if (peer is not null)
        {
            if (IsConnectionBased)
            {
                lock (peer._socketLock)
                {
                    peer._shutdown = BothShutdown;
                    if (unread)
                    {
                        peer.SetError(Errno.ECONNRESET);
                    }
                }

                peer.StateChanged();
            }

            LeavePeer(peer);
        }

        Discard(messages);
        _machine.Flights.Collect();
    }

    /// <summary>Frees a chain of messages, with the files and the connections in them. Without locks.</summary>
    private static void Discard(SocketMessage? messages)
    {
        while (messages is { } message)
        {
            messages = message.Next;
            FlightFiles? files = message.Files;
            UnixSocket? connection = message.Connection;
            message.Files = null;
            message.Free();
            connection?.Release();
            files?.Land();
            files?.Release();
        }
    }

    private int Available()
    {
        lock (_socketLock)
        {
            int bytes = 0;
            for (SocketMessage? message = _queue.First; message is not null; message = message.Next)
            {
                bytes += message.Length;
                if (!IsConnectionBased)
                {
                    break;
                }
            }

            return bytes;
        }
    }

    private void StateChanged()
    {
        _readWait.WakeAll();
        _writeWait.WakeAll();
    }

    private void WakeWriters()
    {
        if (IsWritable)
        {
            _writeWait.Wake(OutEvents);
        }
    }

    /// <summary>Of a datagram socket: its peer's queue is not full, or else this socket hears when it no longer is.
    /// </summary>
    private bool PeerHasRoom()
    {
        lock (_socketLock)
        {
            return _peer is not { } peer || Volatile.Read(ref peer._peer) == this || !peer.IsFull || !WatchPeer(peer);
        }
    }

    /// <summary>From now on, room in the peer's queue wakes those who poll this socket. Socket lock.</summary>
    /// <returns>Whether the peer is still full.</returns>
    private bool WatchPeer(UnixSocket peer)
    {
        _peerWake ??= new PeerWake(this);
        if (_peerWake.Queue != peer._peerWait)
        {
            _peerWake.Queue?.Remove(_peerWake);
            peer._peerWait.Add(_peerWake);
        }

        Interlocked.MemoryBarrier();
        return peer.IsFull && !peer._isDead;
    }

    private void LeavePeer(UnixSocket peer)
    {
        if (_peerWake is { } wake && wake.Queue == peer._peerWait)
        {
            peer._peerWait.Remove(wake);
        }
    }

    /// <summary>Passes on that a peer has room.</summary>
    private sealed class PeerWake(UnixSocket socket) : WaitEntry
    {
        protected internal override bool OnWake(uint events)
        {
            socket._writeWait.Wake(OutEvents);
            return false;
        }
    }

    /// <summary>Two sockets locked in their order.</summary>
    private readonly ref struct Both : IDisposable
    {
        private readonly Lock _first;
        private readonly Lock? _second;

        public Both(UnixSocket one, UnixSocket other)
        {
            (_first, _second) = one == other ? (one._socketLock, null)
                : one.Serial < other.Serial ? (one._socketLock, other._socketLock)
                : (other._socketLock, one._socketLock);
            _first.Enter();
            _second?.Enter();
        }

        public void Dispose()
        {
            _second?.Exit();
            _first.Exit();
        }
    }
}
