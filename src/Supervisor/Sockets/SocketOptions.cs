using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Sockets;

/// <summary>What setsockopt sets at SOL_SOCKET. Read by any task; each value alone is consistent.</summary>
internal sealed class SocketOptions
{
    /// <summary>Linux's net.core.wmem_default and rmem_default, and its wmem_max and rmem_max.</summary>
    public const int DefaultBuffer = 212992;

    private const int MinSendBuffer = 4608, MinReceiveBuffer = 2304;

    /// <summary>Options that are on or off and change nothing for this kernel's sockets: bit N for option N.</summary>
    private const ulong Switches = (1UL << SO_REUSEADDR) | (1UL << SO_DONTROUTE) | (1UL << SO_BROADCAST) | (1UL << SO_KEEPALIVE)
        | (1UL << SO_OOBINLINE) | (1UL << SO_NO_CHECK) | (1UL << SO_TIMESTAMP) | (1UL << SO_TIMESTAMPNS) | (1UL << SO_RXQ_OVFL)
        | (1UL << SO_NOFCS) | (1UL << SO_SELECT_ERR_QUEUE) | (1UL << SO_DEBUG) | (1UL << SO_REUSEPORT);

    private ulong _on;

    public int SendBuffer { get; private set; } = DefaultBuffer;

    public int ReceiveBuffer { get; private set; } = DefaultBuffer;

    /// <summary>Nanoseconds; long.MaxValue is for ever.</summary>
    public long ReceiveTimeout { get; set; } = long.MaxValue;

    public long SendTimeout { get; set; } = long.MaxValue;

    /// <summary>How many bytes end a wait for bytes of a stream (SO_RCVLOWAT).</summary>
    public int ReceiveLowWater { get; set; } = 1;

    /// <summary>Where the next MSG_PEEK begins (SO_PEEK_OFF); negative is at the front, always.</summary>
    public int PeekOffset { get; set; } = -1;

    public int Priority { get; set; }

    public linger Linger { get; set; }

    public bool PassCredentials { get; set; }

    public bool PassPidFd { get; set; }

    /// <summary>Whether descriptors may be sent to it (SO_PASSRIGHTS).</summary>
    public bool PassRights { get; set; } = true;

    /// <summary>Whether messages to it are to say who sent them.</summary>
    public bool WantsSender => PassCredentials || PassPidFd;

    public static bool IsSwitch(int option) => option is >= 0 and < 64 && (Switches & (1UL << option)) != 0;

    public bool IsOn(int option) => (_on & (1UL << option)) != 0;

    public void Switch(int option, bool on) => _on = on ? _on | (1UL << option) : _on & ~(1UL << option);

    /// <summary>SO_SNDBUF: twice what is asked for, as Linux counts its own overhead.</summary>
    public void SetSendBuffer(int bytes, bool force) => SendBuffer = Doubled(bytes, force, MinSendBuffer);

    public void SetReceiveBuffer(int bytes, bool force) => ReceiveBuffer = Doubled(bytes, force, MinReceiveBuffer);

    /// <summary>A connection begins with these of the socket that it came to.</summary>
    public void Inherit(SocketOptions listener)
    {
        PassCredentials = listener.PassCredentials;
        PassPidFd = listener.PassPidFd;
        PassRights = listener.PassRights;
    }

    private static int Doubled(int bytes, bool force, int least)
    {
        // Without privilege the comparison is one of unsigned numbers.
        uint wanted = force ? (uint)int.Max(bytes, 0) : uint.Min((uint)bytes, DefaultBuffer);
        return int.Max((int)uint.Min(wanted, int.MaxValue / 2) * 2, least);
    }
}
