using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

// What sending and receiving have in common: peers, waits, and who sent a message.
internal sealed partial class UnixSocket
{
    /// <summary>A datagram socket that has a peer takes messages from it alone.</summary>
    private bool MaySendTo(UnixSocket other) => other._peer is null || other._peer == this;

    /// <summary>Connects a datagram socket, elsewhere or nowhere. Its socket lock, and the peer's.</summary>
    /// <returns>The peer it had.</returns>
    private UnixSocket? SetPeer(UnixSocket? peer)
    {
        UnixSocket? old = _peer;
        Volatile.Write(ref _peer, peer);
        _state = peer is null ? State.Closed : State.Established;
        return old;
    }

    /// <summary>This datagram socket has left its peer: what came from there is dropped, and a peer that was connected
    /// back learns of it. Without locks.</summary>
    private void Disconnected(UnixSocket old)
    {
        LeavePeer(old);
        _writeWait.Wake(OutEvents);
        SocketMessage? messages;
        lock (_socketLock)
        {
            messages = _queue.TakeAll();
        }

        if (messages is not null)
        {
            Discard(messages);
            _peerWait.WakeAll(OutEvents);
            lock (old._socketLock)
            {
                if (!old._isDead && old._peer == this)
                {
                    old.SetError(Errno.ECONNRESET);
                }
            }

            old.StateChanged();
        }
    }

    /// <summary>Sleeps until something comes to this queue, or nothing can any more.</summary>
    /// <param name="deadline">default until the first wait of a call.</param>
    /// <returns>Zero to look again; EAGAIN once the time is over.</returns>
    private SyscallResult WaitForNews(GuestTask task, bool nonblocking, ref Deadline deadline, bool exclusive)
    {
        if (nonblocking)
        {
            return Errno.EAGAIN;
        }

        if (deadline == default)
        {
            deadline = DeadlineOf(Options.ReceiveTimeout);
        }

        UnixSocket self = this;
        switch (task.Wait(_readWait, ref self, static (ref UnixSocket socket) => socket.HasNews, deadline, exclusive: exclusive))
        {
            case WaitResult.Ready:
                return SyscallResult.Zero;
            case WaitResult.TimedOut:
                return Errno.EAGAIN;
            default:
                // The wake-up that this task had may have been another's.
                if (exclusive && HasNews)
                {
                    _readWait.Wake(InEvents);
                }

                return InterruptedBy(deadline);
        }
    }

    /// <summary>Sleeps until this queue has room for another's message or connection. Linux's unix_wait_for_peer.
    /// </summary>
    private SyscallResult WaitForRoomIn(GuestTask task, bool nonblocking, long timeout, ref Deadline deadline)
    {
        if (nonblocking)
        {
            return Errno.EAGAIN;
        }

        if (deadline == default)
        {
            deadline = DeadlineOf(timeout);
        }

        UnixSocket self = this;
        switch (task.Wait(_peerWait, ref self, static (ref UnixSocket socket) => !socket.IsFull || socket._isDead || socket.IsReceiveShut, deadline, exclusive: true))
        {
            case WaitResult.Ready:
                return SyscallResult.Zero;
            case WaitResult.TimedOut:
                return Errno.EAGAIN;
            default:
                if (!IsFull)
                {
                    _peerWait.Wake(OutEvents);
                }

                return InterruptedBy(deadline);
        }
    }

    /// <summary>Sleeps until what was sent from here and not yet read leaves room (sock_alloc_send_pskb).</summary>
    private SyscallResult WaitForRoom(GuestTask task, bool nonblocking, ref Deadline deadline)
    {
        while (true)
        {
            Errno error = TakeError();
            if (error != Errno.None)
            {
                return error;
            }

            if (IsSendShut)
            {
                return Errno.EPIPE;
            }

            if (Volatile.Read(ref _charged) < Options.SendBuffer)
            {
                return SyscallResult.Zero;
            }

            if (nonblocking)
            {
                return Errno.EAGAIN;
            }

            if (deadline == default)
            {
                deadline = DeadlineOf(Options.SendTimeout);
            }

            UnixSocket self = this;
            switch (task.Wait(
                _writeWait,
                ref self,
                static (ref UnixSocket socket) => Volatile.Read(ref socket._charged) < socket.Options.SendBuffer || socket.IsSendShut || socket.HasError,
                deadline))
            {
                case WaitResult.Ready:
                    break;
                case WaitResult.TimedOut:
                    return Errno.EAGAIN;
                default:
                    return InterruptedBy(deadline);
            }
        }
    }

    /// <summary>Puts what goes with the bytes into a message: who sent it, and the files of the first.</summary>
    private Errno Attach(GuestTask task, ref MessageHeader header, SocketMessage message, bool first)
    {
        message.Process = header.Process;
        message.Uid = header.Process is null ? OverflowId : header.Uid;
        message.Gid = header.Process is null ? OverflowId : header.Gid;
        if (first && header.Files is { } files)
        {
            bool mayExceed = task.Credentials.Has(CAP_SYS_RESOURCE) || task.Credentials.Has(CAP_SYS_ADMIN);
            if (!files.Launch(task.Group.Limits[RLIMIT_NOFILE].rlim_cur, mayExceed))
            {
                return Errno.ETOOMANYREFS;
            }

            message.Files = files;
        }

        return Errno.None;
    }

    /// <summary>A message that is not to be sent after all.</summary>
    private static void Withdraw(SocketMessage message)
    {
        message.Files?.Land();
        message.Files = null;
        message.Free();
    }

    /// <summary>What a user id is that nobody told: overflowuid.</summary>
    private const uint OverflowId = 65534;

    /// <summary>Says who sent a message if either side cares. The receiver's lock.</summary>
    private void Sign(GuestTask task, SocketMessage message, UnixSocket to)
    {
        if (message.Process is null && (Options.WantsSender || to.Options.WantsSender || to._isEmbryo))
        {
            message.Process = task.Group;
            message.Uid = task.Credentials.Uid;
            message.Gid = task.Credentials.Gid;
        }
    }

    private static void TellSender(ref MessageHeader header, SocketMessage message)
    {
        header.Process = message.Process;
        header.Uid = message.Uid;
        header.Gid = message.Gid;
    }

    private static byte[]? SourceOf(SocketMessage message) => message.Sender is { } sender ? Volatile.Read(ref sender._address) : null;
}
