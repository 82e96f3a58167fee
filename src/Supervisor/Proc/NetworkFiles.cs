using UmlHost.Fs;

namespace UmlHost.Proc;

/// <summary>/proc/PID/net: there is no network device, and no address family but AF_UNIX.</summary>
internal static class NetworkFiles
{
    private const string Inet =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";

    private const string Datagram =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n";

    private const string Inet6 =
        "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    private const string Datagram6 =
        "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";

    private static readonly (string Name, string Text)[] s_files =
    [
        ("dev", "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"),
        ("tcp", Inet),
        ("tcp6", Inet6),
        ("udp", Datagram),
        ("udp6", Datagram6),
        ("raw", Datagram),
        ("raw6", Datagram6),
        ("unix", "Num       RefCount Protocol Flags    Type St Inode Path\n"),
        ("route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n"),
        ("arp", "IP address       HW type     Flags       HW address            Mask     Device\n"),
        ("if_inet6", ""),
        ("ipv6_route", ""),
        ("netlink", "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"),
        ("packet", "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"),
        ("protocols", "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n"),
    ];

    public static PseudoDirectory Directory(PseudoFileSystem proc, ulong number)
    {
        PseudoDirectory directory = new(proc, 0x16d) { FixedNumber = number };
        foreach ((string name, string text) in s_files)
        {
            directory.Add(name, new PseudoText(proc, 0x124, (_, to) => to.Append(text)));
        }

        return directory;
    }
}
