using UmlHost.Native;

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
            Groups = count.Failed ? [] : new System.Span<uint>(groups, count.Int).ToArray(),
        };
    }
}
