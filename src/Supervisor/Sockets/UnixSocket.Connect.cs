using System;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

// Names and connections: bind, listen, connect, accept.
internal sealed partial class UnixSocket
{
    /// <summary>The family, and a path of 108 bytes.</summary>
    private const int PathOffset = 2, MaxAddress = PathOffset + 108;

    public override Errno Bind(GuestTask task, ReadOnlySpan<byte> address)
    {
        if (address.Length == PathOffset && FamilyOf(address) == AF_UNIX)
        {
            return Autobind();
        }

        Errno error = Check(address);
        return error != Errno.None ? error
            : address[PathOffset] == 0 ? BindAbstract(address)
            : BindPath(task, address);
    }

    public override Errno Listen(GuestTask task, int backlog)
    {
        if (!IsConnectionBased)
        {
            return Errno.EOPNOTSUPP;
        }

        bool more;
        lock (_socketLock)
        {
            if (_address is null || _state == State.Established)
            {
                return Errno.EINVAL;
            }

            more = backlog > _backlog;
            _backlog = backlog;
            _state = State.Listening;
            Peer = PeerCredentials.Of(task);
        }

        if (more)
        {
            _peerWait.WakeAll();
        }

        return Errno.None;
    }

    public override SyscallResult Connect(GuestTask task, ReadOnlySpan<byte> address)
        => IsConnectionBased ? ConnectStream(task, address) : ConnectDatagram(task, address);

    public override SyscallResult Accept(GuestTask task, int flags, out Socket? connection)
    {
        connection = null;
        if (!IsConnectionBased)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!IsListening)
        {
            return Errno.EINVAL;
        }

        Deadline deadline = default;
        while (true)
        {
            SocketMessage? message = null;
            lock (_socketLock)
            {
                if (!_queue.IsEmpty)
                {
                    message = _queue.RemoveFirst();
                }
            }

            if (message is not null)
            {
                UnixSocket accepted = message.Connection!;
                message.Free();
                _peerWait.Wake();
                lock (accepted._socketLock)
                {
                    accepted._isEmbryo = false;
                }

                if ((flags & O_NONBLOCK) != 0)
                {
                    accepted.Flags |= O_NONBLOCK;
                }

                connection = accepted;
                return SyscallResult.Zero;
            }

            Errno error = TakeError();
            if (error != Errno.None)
            {
                return error;
            }

            if (IsReceiveShut && !IsNonblocking)
            {
                return Errno.EINVAL;
            }

            SyscallResult waited = WaitForNews(task, IsNonblocking, ref deadline, exclusive: true);
            if (waited.Failed)
            {
                return waited;
            }
        }
    }

    private static int FamilyOf(ReadOnlySpan<byte> address) => BitConverter.ToUInt16(address);

    private static Errno Check(ReadOnlySpan<byte> address)
        => address.Length is <= PathOffset or > MaxAddress || FamilyOf(address) != AF_UNIX ? Errno.EINVAL : Errno.None;

    private Errno Autobind()
    {
        lock (_socketLock)
        {
            if (_address is not null)
            {
                return Errno.None;
            }

            if (_machine.UnixNames.Autobind(this) is not { } address)
            {
                return Errno.ENOSPC;
            }

            _ownsAddress = true;
            Volatile.Write(ref _address, address);
            return Errno.None;
        }
    }

    private Errno BindAbstract(ReadOnlySpan<byte> address)
    {
        lock (_socketLock)
        {
            if (_address is not null)
            {
                return Errno.EINVAL;
            }

            if (!_machine.UnixNames.TryAdd(this, address))
            {
                return Errno.EADDRINUSE;
            }

            _ownsAddress = true;
            Volatile.Write(ref _address, address.ToArray());
            return Errno.None;
        }
    }

    /// <summary>A path in the file system: bind makes the inode that connect finds.</summary>
    private Errno BindPath(GuestTask task, ReadOnlySpan<byte> address)
    {
        ReadOnlySpan<byte> path = PathOf(address);
        Errno error = UnixPaths.Create(task, path, Volatile.Read(ref _address) is not null, out object? inode);
        if (inode is null)
        {
            return error;
        }

        lock (_socketLock)
        {
            if (_address is not null)
            {
                return Errno.EINVAL;
            }

            _machine.UnixNames.TryAdd(this, inode);
            _inode = inode;
            _ownsAddress = true;
            Volatile.Write(ref _address, [.. address[..PathOffset], .. path, 0]);
            return Errno.None;
        }
    }

    private void ForgetName()
    {
        if (_inode is not null)
        {
            _machine.UnixNames.Remove(_inode);
        }
        else
        {
            _machine.UnixNames.Remove(_type, _address);
        }
    }

    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> address)
    {
        ReadOnlySpan<byte> path = address[PathOffset..];
        int end = path.IndexOf((byte)0);
        return end < 0 ? path : path[..end];
    }

    /// <summary>The socket that a checked address names: ECONNREFUSED where nobody has the name.</summary>
    private Errno Find(GuestTask task, ReadOnlySpan<byte> address, out UnixSocket? found)
    {
        if (address[PathOffset] == 0)
        {
            found = _machine.UnixNames.Find(_type, address);
            return found is null ? Errno.ECONNREFUSED : Errno.None;
        }

        found = null;
        Errno error = UnixPaths.Find(task, PathOf(address), out object? inode);
        if (error != Errno.None)
        {
            return error;
        }

        found = inode is null ? null : _machine.UnixNames.Find(inode);
        return found is null ? Errno.ECONNREFUSED : found._type != _type ? Errno.EPROTOTYPE : Errno.None;
    }

    private SyscallResult ConnectStream(GuestTask task, ReadOnlySpan<byte> address)
    {
        Errno error = Check(address);
        if (error == Errno.None && Options.WantsSender)
        {
            error = Autobind();
        }

        if (error != Errno.None)
        {
            return error;
        }

        bool nonblocking = IsNonblocking;
        Deadline deadline = default;
        while (true)
        {
            error = Find(task, address, out UnixSocket? listener);
            if (listener is null || error != Errno.None)
            {
                return error;
            }

            bool full;
            using (new Both(this, listener))
            {
                // Closed since it was found: its name is gone by the next look.
                if (listener._isDead)
                {
                    continue;
                }

                if (listener._state != State.Listening || (listener._shutdown & ReceiveShutdown) != 0)
                {
                    return Errno.ECONNREFUSED;
                }

                full = listener.IsFull;
                if (!full)
                {
                    if (_state != State.Closed)
                    {
                        return _state == State.Established ? Errno.EISCONN : Errno.EINVAL;
                    }

                    ConnectTo(task, listener);
                }
            }

            if (!full)
            {
                listener._readWait.Wake(InEvents);
                return SyscallResult.Zero;
            }

            SyscallResult waited = listener.WaitForRoomIn(task, nonblocking, Options.SendTimeout, ref deadline);
            if (waited.Failed)
            {
                return waited;
            }
        }
    }

    /// <summary>Makes the other end of a connection, and leaves it to accept. Both sockets' locks.</summary>
    private void ConnectTo(GuestTask task, UnixSocket listener)
    {
        UnixSocket end = new(_machine, task.Credentials, _type, 0)
        {
            _peer = this,
            _state = State.Established,
            _address = listener._address,
            _isEmbryo = true,
            Peer = PeerCredentials.Of(task),
        };
        end.Options.Inherit(listener.Options);
        Peer = listener.Peer;
        _state = State.Established;
        Volatile.Write(ref _peer, end);
        SocketMessage message = SocketMessage.Take(0, null, stream: true);
        message.Connection = end;
        listener._queue.Add(message);
    }

    private SyscallResult ConnectDatagram(GuestTask task, ReadOnlySpan<byte> address)
    {
        if (address.Length < PathOffset)
        {
            return Errno.EINVAL;
        }

        UnixSocket? old;
        if (FamilyOf(address) == AF_UNSPEC)
        {
            lock (_socketLock)
            {
                old = SetPeer(null);
            }

            if (old is not null)
            {
                Disconnected(old);
            }

            return SyscallResult.Zero;
        }

        Errno error = Check(address);
        if (error == Errno.None && Options.WantsSender)
        {
            error = Autobind();
        }

        if (error != Errno.None)
        {
            return error;
        }

        while (true)
        {
            error = Find(task, address, out UnixSocket? peer);
            if (peer is null || error != Errno.None)
            {
                return error;
            }

            using (new Both(this, peer))
            {
                if (peer._isDead)
                {
                    continue;
                }

                if (!MaySendTo(peer))
                {
                    return Errno.EPERM;
                }

                old = SetPeer(peer);
            }

            if (old is not null && old != peer)
            {
                Disconnected(old);
            }

            return SyscallResult.Zero;
        }
    }
}
