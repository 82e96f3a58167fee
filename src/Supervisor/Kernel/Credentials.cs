using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Kernel;

/// <summary>Who a task is and what it may do (Linux's cred). Immutable: a change is a new object. Capability sets
/// have bit N for CAP_ number N.</summary>
internal sealed record Credentials
{
    /// <summary>Every capability that there is.</summary>
    public const ulong AllCapabilities = (1UL << (CAP_CHECKPOINT_RESTORE + 1)) - 1;

    /// <summary>What setfsuid moves in and out of the effective set (CAP_FS_MASK).</summary>
    private const ulong FileCapabilities = (1UL << CAP_CHOWN) | (1UL << CAP_DAC_OVERRIDE) | (1UL << CAP_DAC_READ_SEARCH) | (1UL << CAP_FOWNER)
        | (1UL << CAP_FSETID) | (1UL << CAP_LINUX_IMMUTABLE) | (1UL << CAP_MKNOD) | (1UL << CAP_MAC_OVERRIDE);

    public uint Uid { get; init; }

    public uint EffectiveUid { get; init; }

    public uint SavedUid { get; init; }

    /// <summary>Whom file access is judged by; follows the effective id.</summary>
    public uint FileUid { get; init; }

    public uint Gid { get; init; }

    public uint EffectiveGid { get; init; }

    public uint SavedGid { get; init; }

    public uint FileGid { get; init; }

    /// <summary>Supplementary groups, ascending.</summary>
    public uint[] Groups { get; init; } = [];

    public ulong Effective { get; init; }

    public ulong Permitted { get; init; }

    public ulong Inheritable { get; init; }

    public ulong Bounding { get; init; }

    public ulong Ambient { get; init; }

    /// <summary>SECBIT_*.</summary>
    public uint SecureBits { get; init; }

    /// <summary>PR_SET_NO_NEW_PRIVS. Linux keeps it beside the cred, with the same inheritance.</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>Those of the supervisor: what a guest starts with.</summary>
    public static unsafe Credentials OfCaller()
    {
        uint* groups = stackalloc uint[1024];
        Result count = LibC.getgroups(1024, groups);
        __user_cap_header_struct header = new() { version = _LINUX_CAPABILITY_VERSION_3 };
        __user_cap_data_struct* sets = stackalloc __user_cap_data_struct[2];
        LibC.capget(&header, sets);
        Credentials credentials = new()
        {
            Uid = LibC.getuid(),
            EffectiveUid = LibC.geteuid(),
            SavedUid = LibC.geteuid(),
            FileUid = LibC.geteuid(),
            Gid = LibC.getgid(),
            EffectiveGid = LibC.getegid(),
            SavedGid = LibC.getegid(),
            FileGid = LibC.getegid(),
            Groups = count.Failed ? [] : new Span<uint>(groups, count.Int).ToArray(),
            Effective = Set(sets[0].effective, sets[1].effective),
            Permitted = Set(sets[0].permitted, sets[1].permitted),
            Inheritable = Set(sets[0].inheritable, sets[1].inheritable),
            Bounding = Probe(PR_CAPBSET_READ, 0),
            SecureBits = (uint)LibC.prctl(PR_GET_SECUREBITS).Int,
            NoNewPrivileges = LibC.prctl(PR_GET_NO_NEW_PRIVS).Raw == 1,
        };

        // Only what is inheritable can be ambient.
        return credentials.Inheritable == 0 ? credentials : credentials with { Ambient = Probe(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET) };
    }

    /// <summary>These, with the ids that a run was given; null leaves the caller's. A user of its own has no other groups,
    /// and root, inside, has every capability.</summary>
    public Credentials With(uint? uid, uint? gid)
    {
        Credentials changed = this;
        if (uid is { } user)
        {
            ulong capabilities = user == 0 ? AllCapabilities : 0;
            changed = changed with
            {
                Uid = user,
                EffectiveUid = user,
                SavedUid = user,
                FileUid = user,
                Groups = user == Uid ? Groups : [],
                Effective = capabilities,
                Permitted = capabilities,
                Inheritable = 0,
                Ambient = 0,
                Bounding = AllCapabilities,
            };
        }

        return gid is not { } group ? changed : changed with { Gid = group, EffectiveGid = group, SavedGid = group, FileGid = group };
    }

    /// <summary>Linux's capable().</summary>
    public bool Has(int capability) => (Effective & (1UL << capability)) != 0;

    /// <summary>Whether a group counts: the one for files, or a supplementary one.</summary>
    public bool IsInGroup(uint gid) => gid == FileGid || Array.BinarySearch(Groups, gid) >= 0;

    /// <summary>Whether they may signal a process (kill).</summary>
    public bool MaySignal(Credentials target)
        => EffectiveUid == target.SavedUid || EffectiveUid == target.Uid || Uid == target.SavedUid || Uid == target.Uid || Has(CAP_KILL);

    /// <summary>Whether all of another process's ids are the caller's real ones (prlimit, ptrace).</summary>
    public bool IsSameUser(Credentials target)
        => Uid == target.EffectiveUid && Uid == target.SavedUid && Uid == target.Uid
            && Gid == target.EffectiveGid && Gid == target.SavedGid && Gid == target.Gid;

    /// <summary>These, after user ids changed from <paramref name="old"/>'s by a setuid call: capabilities come and go
    /// with user id 0.</summary>
    public Credentials AfterSetUid(Credentials old)
    {
        if ((SecureBits & SECBIT_NO_SETUID_FIXUP) != 0)
        {
            return this;
        }

        Credentials fixedUp = this;
        bool wasRoot = old.Uid == 0 || old.EffectiveUid == 0 || old.SavedUid == 0;
        if (wasRoot && Uid != 0 && EffectiveUid != 0 && SavedUid != 0)
        {
            fixedUp = fixedUp with { Ambient = 0 };
            if ((SecureBits & SECBIT_KEEP_CAPS) == 0)
            {
                fixedUp = fixedUp with { Permitted = 0, Effective = 0 };
            }
        }

        return old.EffectiveUid == 0 && EffectiveUid != 0 ? fixedUp with { Effective = 0 }
            : old.EffectiveUid != 0 && EffectiveUid == 0 ? fixedUp with { Effective = fixedUp.Permitted }
            : fixedUp;
    }

    /// <summary>These with another user id for files (setfsuid).</summary>
    public Credentials WithFileUid(uint uid)
    {
        Credentials changed = this with { FileUid = uid };
        return (SecureBits & SECBIT_NO_SETUID_FIXUP) != 0 ? changed
            : FileUid == 0 && uid != 0 ? changed with { Effective = Effective & ~FileCapabilities }
            : FileUid != 0 && uid == 0 ? changed with { Effective = Effective | (Permitted & FileCapabilities) }
            : changed;
    }

    /// <summary>What execve makes of them. Files give no privileges of their own: every file system is as if mounted
    /// nosuid.</summary>
    public Credentials ForExec()
    {
        bool rootCounts = (SecureBits & SECBIT_NOROOT) == 0;
        ulong permitted = Ambient;
        ulong effective = Ambient;
        if (rootCounts && (Uid == 0 || EffectiveUid == 0))
        {
            permitted |= Bounding | Inheritable;
            effective = EffectiveUid == 0 ? permitted : Ambient;
        }

        // A program cannot regain what was given up, then.
        permitted &= NoNewPrivileges ? Permitted : ulong.MaxValue;
        return this with
        {
            Permitted = permitted,
            Effective = effective & permitted,
            SavedUid = EffectiveUid,
            FileUid = EffectiveUid,
            SavedGid = EffectiveGid,
            FileGid = EffectiveGid,
            SecureBits = SecureBits & ~SECBIT_KEEP_CAPS,
        };
    }

    private static ulong Set(uint low, uint high) => (((ulong)high << 32) | low) & AllCapabilities;

    /// <summary>A set that the host tells one capability at a time.</summary>
    private static ulong Probe(int option, int what)
    {
        ulong set = 0;
        for (int capability = 0; (1UL << capability) <= AllCapabilities; capability++)
        {
            Result there = what == 0 ? LibC.prctl(option, (nuint)capability) : LibC.prctl(option, (nuint)what, (nuint)capability);
            set |= there.Raw == 1 ? 1UL << capability : 0;
        }

        return set;
    }
}
