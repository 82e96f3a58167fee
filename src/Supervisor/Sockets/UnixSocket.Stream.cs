using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

// Streams.
internal sealed partial class UnixSocket
{
    private enum Outcome
    {
        Empty,
        Done,
        Fault,
    }

    private SyscallResult SendStream(GuestTask task, ref MessageHeader header)
    {
        if ((header.Flags & MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!header.Destination.IsEmpty)
        {
            return _state == State.Established ? Errno.EISCONN : Errno.EOPNOTSUPP;
        }

        if (_peer is not { } peer)
        {
            return Errno.ENOTCONN;
        }

        if (IsSendShut)
        {
            return Errno.EPIPE;
        }

        Deadline deadline = default;
        long sent = 0;
        while (header.Data.Count > 0)
        {
            SyscallResult result = WaitForRoom(task, header.IsNonblocking, ref deadline);
            if (result.Failed)
            {
                return sent > 0 ? sent : result;
            }

            int size = (int)ulong.Min(header.Data.Count, (ulong)int.Min((Options.SendBuffer / 2) - 64, SocketMessage.MaxStreamBytes));
            SocketMessage message = SocketMessage.Take(size, this, stream: true);
            Errno error = Attach(task, ref header, message, first: sent == 0);
            if (error == Errno.None && header.Data.CopyIn(task.Memory, message.Bytes) < size)
            {
                error = Errno.EFAULT;
            }

            if (error == Errno.None)
            {
                lock (peer._socketLock)
                {
                    if (peer._isDead || (peer._shutdown & ReceiveShutdown) != 0)
                    {
                        error = Errno.EPIPE;
                    }
                    else if (message.Files is not null && !peer.Options.PassRights)
                    {
                        error = Errno.EPERM;
                    }
                    else
                    {
                        Sign(task, message, peer);
                        peer._queue.Add(message);
                    }
                }
            }

            if (error != Errno.None)
            {
                Withdraw(message);
                return sent > 0 ? sent : error;
            }

            header.Files = null;
            peer._readWait.Wake(InEvents);
            sent += size;
        }

        return sent;
    }

    private SyscallResult ReceiveStream(GuestTask task, ref MessageHeader header)
    {
        if (_state != State.Established)
        {
            return Errno.EINVAL;
        }

        if ((header.Flags & MSG_OOB) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        long copied = 0;
        long target = (header.Flags & MSG_WAITALL) != 0 ? (long)header.Data.Count : long.Min(Options.ReceiveLowWater, (long)header.Data.Count);
        target = long.Max(target, 1);
        bool hasSender = false;
        Deadline deadline = default;
        while (true)
        {
            SocketMessage? read = null;
            FlightFiles? files = null;
            Outcome outcome;
            lock (_socketLock)
            {
                outcome = header.IsPeek
                    ? PeekStream(task, ref header, ref copied, ref files)
                    : DrainStream(task, ref header, ref copied, ref hasSender, ref files, ref read);
            }

            while (read is { } message)
            {
                read = message.Next;
                message.Free();
            }

            if (files is not null)
            {
                if (header.IsPeek)
                {
                    _machine.Flights.Wait();
                }
                else
                {
                    files.Land();
                }

                header.Files = files;
            }

            if (outcome != Outcome.Empty || copied >= target)
            {
                return copied > 0 || outcome != Outcome.Fault ? copied : Errno.EFAULT;
            }

            Errno error = TakeError();
            if (error != Errno.None)
            {
                return copied > 0 ? copied : error;
            }

            if (IsReceiveShut)
            {
                return copied;
            }

            SyscallResult waited = WaitForNews(task, header.IsNonblocking, ref deadline, exclusive: false);
            if (waited.Failed)
            {
                return copied > 0 ? copied : waited;
            }
        }
    }

    /// <summary>Takes bytes out of the queue: as much as fits, but nothing beyond a message with files, nor of another
    /// sender where senders are told. Socket lock.</summary>
    /// <param name="read">Gets the messages that are read up, a chain.</param>
    /// <returns>Empty if more would have fitted.</returns>
    private Outcome DrainStream(GuestTask task, ref MessageHeader header, ref long copied, ref bool hasSender, ref FlightFiles? files, ref SocketMessage? read)
    {
        while (_queue.First is { } message)
        {
            if (Options.WantsSender)
            {
                if (hasSender && (message.Process != header.Process || message.Uid != header.Uid || message.Gid != header.Gid))
                {
                    return Outcome.Done;
                }

                TellSender(ref header, message);
                hasSender = true;
            }

            header.Source ??= SourceOf(message);
            int wanted = (int)ulong.Min((ulong)message.Length, header.Data.Count);
            if (header.Data.CopyOut(task.Memory, message.Bytes[..wanted]) < wanted)
            {
                return Outcome.Fault;
            }

            copied += wanted;
            message.Consume(wanted);
            if (Options.PeekOffset >= 0)
            {
                Options.PeekOffset = int.Max(Options.PeekOffset - wanted, 0);
            }

            files = message.Files;
            message.Files = null;
            if (message.Length > 0)
            {
                return Outcome.Done;
            }

            _queue.RemoveFirst().Next = read;
            read = message;
            if (files is not null || header.Data.Count == 0)
            {
                return Outcome.Done;
            }
        }

        return Outcome.Empty;
    }

    /// <summary>Copies bytes from the peek offset on. Socket lock.</summary>
    private Outcome PeekStream(GuestTask task, ref MessageHeader header, ref long copied, ref FlightFiles? files)
    {
        int skip = int.Max(Options.PeekOffset, 0);
        bool hasSender = false;
        Outcome outcome = Outcome.Empty;
        for (SocketMessage? message = _queue.First; message is not null; message = message.Next)
        {
            if (skip >= message.Length)
            {
                skip -= message.Length;
                continue;
            }

            if (Options.WantsSender)
            {
                if (hasSender && (message.Process != header.Process || message.Uid != header.Uid || message.Gid != header.Gid))
                {
                    break;
                }

                TellSender(ref header, message);
                hasSender = true;
            }

            header.Source ??= SourceOf(message);
            outcome = Outcome.Done;
            int wanted = (int)ulong.Min((ulong)(message.Length - skip), header.Data.Count);
            if (header.Data.CopyOut(task.Memory, message.Bytes.Slice(skip, wanted)) < wanted)
            {
                return Outcome.Fault;
            }

            copied += wanted;
            skip = 0;
            if (Options.PeekOffset >= 0)
            {
                Options.PeekOffset += wanted;
            }

            if (message.Files is not null)
            {
                files = message.Files.Peek();
                break;
            }

            if (header.Data.Count == 0)
            {
                break;
            }
        }

        return outcome;
    }
}
