using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

// Datagrams, and sequenced packets, which are datagrams over a connection.
internal sealed partial class UnixSocket
{
    private SyscallResult SendDatagram(GuestTask task, ref MessageHeader header)
    {
        if ((header.Flags & MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        Errno error = header.Destination.IsEmpty ? Errno.None : Check(header.Destination);
        if (error == Errno.None && Options.WantsSender)
        {
            error = Autobind();
        }

        if (error != Errno.None)
        {
            return error;
        }

        ulong length = header.Data.Count;
        if (length > (ulong)(Options.SendBuffer - 32))
        {
            return Errno.EMSGSIZE;
        }

        Deadline deadline = default;
        SyscallResult room = WaitForRoom(task, header.IsNonblocking, ref deadline);
        if (room.Failed)
        {
            return room;
        }

        SocketMessage message = SocketMessage.Take((int)length, this, stream: false);
        error = Attach(task, ref header, message, first: true);
        if (error == Errno.None && header.Data.CopyIn(task.Memory, message.Bytes) < message.Length)
        {
            error = Errno.EFAULT;
        }

        SyscallResult result = error != Errno.None ? error : Deliver(task, ref header, message);
        if (result.Failed)
        {
            Withdraw(message);
            return result;
        }

        header.Files = null;
        return (long)length;
    }

    /// <summary>Puts a message into the queue of the peer or of the socket that it is for, waiting for room there.
    /// </summary>
    private SyscallResult Deliver(GuestTask task, ref MessageHeader header, SocketMessage message)
    {
        Deadline deadline = default;
        UnixSocket? target = null;
        while (true)
        {
            if (target is null)
            {
                if (header.Destination.IsEmpty)
                {
                    target = _peer;
                }
                else
                {
                    Errno error = Find(task, header.Destination, out target);
                    if (error != Errno.None)
                    {
                        return error;
                    }
                }

                if (target is null)
                {
                    return Errno.ENOTCONN;
                }
            }

            bool dead;
            lock (target._socketLock)
            {
                dead = target._isDead;
                if (!dead)
                {
                    if (!MaySendTo(target))
                    {
                        return Errno.EPERM;
                    }

                    if ((target._shutdown & ReceiveShutdown) != 0)
                    {
                        return Errno.EPIPE;
                    }

                    if (message.Files is not null && !target.Options.PassRights)
                    {
                        return Errno.EPERM;
                    }

                    // A pair of connected sockets is held up by the send buffers alone.
                    if (target == this || target._peer == this || !target.IsFull)
                    {
                        Sign(task, message, target);
                        target._queue.Add(message);
                        break;
                    }
                }
            }

            if (dead)
            {
                SyscallResult lost = PeerIsDead(target, header.Destination.IsEmpty);
                if (lost.Failed)
                {
                    return lost;
                }

                target = null;
                continue;
            }

            SyscallResult waited = target.WaitForRoomIn(task, header.IsNonblocking, Options.SendTimeout, ref deadline);
            if (waited.Failed)
            {
                return waited;
            }
        }

        target._readWait.Wake(InEvents);
        return SyscallResult.Zero;
    }

    /// <summary>The target has closed.</summary>
    /// <returns>Zero to look for the name again.</returns>
    private SyscallResult PeerIsDead(UnixSocket target, bool isPeer)
    {
        if (_type == SOCK_SEQPACKET)
        {
            return Errno.EPIPE;
        }

        bool left;
        lock (_socketLock)
        {
            left = _peer == target;
            if (left)
            {
                SetPeer(null);
            }
        }

        if (left)
        {
            Disconnected(target);
            return Errno.ECONNREFUSED;
        }

        return isPeer ? Errno.ECONNRESET : SyscallResult.Zero;
    }

    private SyscallResult ReceiveDatagram(GuestTask task, ref MessageHeader header)
    {
        if ((header.Flags & MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if ((header.Flags & MSG_ERRQUEUE) != 0)
        {
            return Errno.EAGAIN;
        }

        Deadline deadline = default;
        while (true)
        {
            Errno error = TakeError();
            if (error != Errno.None)
            {
                return error;
            }

            SyscallResult result = default;
            SocketMessage? message;
            FlightFiles? files = null;
            lock (_socketLock)
            {
                int skip = 0;
                message = header.IsPeek ? FindToPeek(out skip) : _queue.IsEmpty ? null : _queue.RemoveFirst();
                if (message is not null)
                {
                    result = CopyDatagram(task, ref header, message, skip);
                    files = header.IsPeek ? result.Failed ? null : message.Files?.Peek() : message.Files;
                }
            }

            if (message is not null)
            {
                _peerWait.Wake(OutEvents);
                FinishDatagram(ref header, message, files, result);
                return result;
            }

            // A socket that does not block is told of the end only if it is connected.
            if (IsReceiveShut && (_type == SOCK_SEQPACKET || !header.IsNonblocking))
            {
                return SyscallResult.Zero;
            }

            SyscallResult waited = WaitForNews(task, header.IsNonblocking, ref deadline, exclusive: true);
            if (waited.Failed)
            {
                return waited;
            }
        }
    }

    /// <summary>The message that the peek offset is in. Socket lock.</summary>
    private SocketMessage? FindToPeek(out int skip)
    {
        skip = int.Max(Options.PeekOffset, 0);
        SocketMessage? message = _queue.First;
        if (Options.PeekOffset < 0)
        {
            return message;
        }

        while (message is not null && skip >= message.Length && (message.Length > 0 || skip > 0 || message.WasPeeked))
        {
            skip -= message.Length;
            message = message.Next;
        }

        message?.WasPeeked = true;
        return message;
    }

    /// <summary>Copies a datagram, of which what does not fit is lost. Socket lock.</summary>
    private SyscallResult CopyDatagram(GuestTask task, ref MessageHeader header, SocketMessage message, int skip)
    {
        header.Source = SourceOf(message);
        TellSender(ref header, message);
        int there = message.Length - skip;
        int size = (int)ulong.Min((ulong)there, header.Data.Count);
        header.ResultFlags = size < there ? MSG_TRUNC : 0;
        if (header.Data.CopyOut(task.Memory, message.Bytes.Slice(skip, size)) < size)
        {
            return Errno.EFAULT;
        }

        if (Options.PeekOffset >= 0)
        {
            Options.PeekOffset = header.IsPeek ? Options.PeekOffset + size : int.Max(Options.PeekOffset - message.Length, 0);
        }

        return (header.Flags & MSG_TRUNC) != 0 ? there : size;
    }

    private void FinishDatagram(ref MessageHeader header, SocketMessage message, FlightFiles? files, SyscallResult result)
    {
        if (header.IsPeek)
        {
            header.Files = files;
            if (files is not null)
            {
                _machine.Flights.Wait();
            }

            return;
        }

        message.Files = null;
        message.Free();
        files?.Land();
        if (result.Failed)
        {
            files?.Release();
        }
        else
        {
            header.Files = files;
        }
    }
}
