using System;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>The host descriptors (O_PATH) of <see cref="HostInode"/>s: as many as half of the supervisor's limit, so that
/// the other half stays for files that guests open. A new one beyond that closes one that was not used of late (a clock
/// hand goes round); its inode opens it again by name when it needs it. Lock: <c>host descriptors lock</c>, held across
/// host calls, a leaf.</summary>
internal static unsafe class HostDescriptors
{
    private const int Fewest = 8, Most = 16384;

    private static readonly Lock s_lock = new();
    private static readonly HostInode?[] s_slots = new HostInode?[Capacity()];
    private static int s_hand;

    public static Lock Lock => s_lock;

    /// <summary>Notes that <paramref name="inode"/> has a descriptor.</summary>
    public static void Add(HostInode inode)
    {
        lock (s_lock)
        {
            // Twice round: the first time the mark of use goes.
            for (int tries = 0; tries < 2 * s_slots.Length; tries++)
            {
                ref HostInode? slot = ref s_slots[s_hand];
                s_hand = s_hand + 1 == s_slots.Length ? 0 : s_hand + 1;
                if (slot is null || slot.TryEvict())
                {
                    slot = inode;
                    return;
                }
            }
        }
    }

    /// <summary>Raises the supervisor's limit of descriptors as far as it may; guests keep theirs. The first thing to be
    /// done with files.</summary>
    private static int Capacity()
    {
        rlimit limit;
        if (LibC.getrlimit(RLIMIT_NOFILE, &limit).Failed)
        {
            return Fewest;
        }

        limit.rlim_cur = limit.rlim_max;
        _ = LibC.setrlimit(RLIMIT_NOFILE, &limit);
        return (int)Math.Clamp(limit.rlim_cur / 2, Fewest, Most);
    }
}
