using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

/// <summary>The names of unix sockets that are bound: abstract ones by type and bytes, others by the inode that bind
/// made. Lock: <c>unix names lock</c>, a leaf.</summary>
internal sealed class UnixNames
{
    private const int AutobindNames = 1 << 20;

    private readonly Lock _namesLock = new();
    private readonly Dictionary<(int Type, string Name), UnixSocket> _abstract = [];
    private readonly Dictionary<object, UnixSocket> _inodes = [];
    private int _lastAutobind = Random.Shared.Next(AutobindNames);

    /// <summary>False where a socket of the type has the name.</summary>
    /// <param name="address">A sockaddr_un whose path begins with a NUL.</param>
    public bool TryAdd(UnixSocket socket, ReadOnlySpan<byte> address)
    {
        lock (_namesLock)
        {
            return _abstract.TryAdd(Key(socket.SocketType, address), socket);
        }
    }

    public bool TryAdd(UnixSocket socket, object inode)
    {
        lock (_namesLock)
        {
            return _inodes.TryAdd(inode, socket);
        }
    }

    public UnixSocket? Find(int type, ReadOnlySpan<byte> address)
    {
        lock (_namesLock)
        {
            return _abstract.GetValueOrDefault(Key(type, address));
        }
    }

    public UnixSocket? Find(object inode)
    {
        lock (_namesLock)
        {
            return _inodes.GetValueOrDefault(inode);
        }
    }

    public void Remove(int type, ReadOnlySpan<byte> address)
    {
        lock (_namesLock)
        {
            _abstract.Remove(Key(type, address));
        }
    }

    public void Remove(object inode)
    {
        lock (_namesLock)
        {
            _inodes.Remove(inode);
        }
    }

    /// <summary>Gives a socket a free name of five hexadecimal digits; null where all are taken.</summary>
    public byte[]? Autobind(UnixSocket socket)
    {
        lock (_namesLock)
        {
            for (int tries = 0; tries < AutobindNames; tries++)
            {
                _lastAutobind = (_lastAutobind + 1) % AutobindNames;
                byte[] address = [AF_UNIX, 0, 0, .. Encoding.ASCII.GetBytes(_lastAutobind.ToString("x5", CultureInfo.InvariantCulture))];
                if (_abstract.TryAdd(Key(socket.SocketType, address), socket))
                {
                    return address;
                }
            }
        }

        return null;
    }

    private static (int Type, string Name) Key(int type, ReadOnlySpan<byte> address) => (type, Encoding.Latin1.GetString(address[2..]));
}
