using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>Who a task is (Linux's cred). Immutable: a change is a new object.</summary>
internal sealed record Credentials
{
    public uint Uid { get; init; }

    public uint EffectiveUid { get; init; }

    public uint SavedUid { get; init; }

    public uint Gid { get; init; }

    public uint EffectiveGid { get; init; }

    public uint SavedGid { get; init; }

    public uint[] Groups { get; init; } = [];

    /// <summary>The effective capability set, bit by bit (CAP_*). Being root is not it: a container's root lacks
    /// some.</summary>
    public ulong Capabilities { get; init; }

    public bool IsCapable(int capability) => (Capabilities & (1UL << capability)) != 0;

    /// <summary>Those of the supervisor: what a guest starts with.</summary>
    public static unsafe Credentials OfCaller()
    {
        uint* groups = stackalloc uint[1024];
        Result count = LibC.getgroups(1024, groups);
        return new Credentials
        {
            Uid = LibC.getuid(),
            EffectiveUid = LibC.geteuid(),
            SavedUid = LibC.geteuid(),
            Gid = LibC.getgid(),
            EffectiveGid = LibC.getegid(),
            SavedGid = LibC.getegid(),
            Capabilities = CapabilitiesOfCaller(),
            Groups = count.Failed ? [] : new System.Span<uint>(groups, count.Int).ToArray(),
        };
    }

    private static unsafe ulong CapabilitiesOfCaller()
    {
        __user_cap_header_struct header = new() { version = _LINUX_CAPABILITY_VERSION_3 };
        __user_cap_data_struct* data = stackalloc __user_cap_data_struct[2];
        return LibC.capget(&header, data).Failed ? 0 : ((ulong)data[1].effective << 32) | data[0].effective;
    }
}
