using System.Threading;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Ipc;

/// <summary>A System V object: key, owner and mode (Linux's kern_ipc_perm). Everything in it, and in what derives from
/// it, is under its <c>ipc object lock</c>, an object lock.</summary>
internal abstract class IpcObject(int key, uint mode, Credentials creator)
{
    /// <summary>What <see cref="Permits"/> is asked for.</summary>
    public const uint ReadBits = S_IRUSR | S_IRGRP | S_IROTH, WriteBits = S_IWUSR | S_IWGRP | S_IWOTH, ExecuteBits = S_IXUSR | S_IXGRP | S_IXOTH;

    private const uint PermissionBits = S_IRWXU | S_IRWXG | S_IRWXO;

    private readonly uint _creatorUid = creator.EffectiveUid, _creatorGid = creator.EffectiveGid;

    public Lock Lock { get; } = new();

    public int Id { get; set; }

    /// <summary>IPC_PRIVATE where it cannot be found by key.</summary>
    public int Key { get; set; } = key;

    public uint Uid { get; private set; } = creator.EffectiveUid;

    public uint Gid { get; private set; } = creator.EffectiveGid;

    public uint Mode { get; set; } = mode & PermissionBits;

    /// <summary>IPC_RMID was called: those who still know it get EIDRM.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>Seconds since 1970.</summary>
    public long Changed { get; set; } = Now();

    public static long Now() => Deadline.Now(CLOCK_REALTIME) / Deadline.NanosecondsPerSecond;

    /// <summary>ipcperms: <paramref name="wanted"/> has the bits in any of the three places.</summary>
    public bool Permits(Credentials credentials, uint wanted)
    {
        uint granted = Mode;
        if (credentials.EffectiveUid == _creatorUid || credentials.EffectiveUid == Uid)
        {
            granted >>= 6;
        }
        else if (IsIn(credentials, _creatorGid) || IsIn(credentials, Gid))
        {
            granted >>= 3;
        }

        return (((wanted >> 6) | (wanted >> 3) | wanted) & ~granted & 7) == 0 || credentials.Has(CAP_IPC_OWNER);
    }

    /// <summary>Who may change and remove it.</summary>
    public bool IsOwnedBy(Credentials credentials)
        => credentials.EffectiveUid == _creatorUid || credentials.EffectiveUid == Uid || credentials.Has(CAP_SYS_ADMIN);

    /// <summary>IPC_SET.</summary>
    public Errno SetOwner(in ipc_perm wanted)
    {
        if (wanted.uid == uint.MaxValue || wanted.gid == uint.MaxValue)
        {
            return Errno.EINVAL;
        }

        Uid = wanted.uid;
        Gid = wanted.gid;
        Mode = (Mode & ~PermissionBits) | (wanted.mode & PermissionBits);
        Changed = Now();
        return Errno.None;
    }

    /// <summary>IPC_STAT.</summary>
    public ipc_perm Permissions() => new()
    {
        __key = Key,
        uid = Uid,
        gid = Gid,
        cuid = _creatorUid,
        cgid = _creatorGid,
        mode = Mode,
        __seq = (ushort)(Id / IpcTable.IdsPerSequence),
    };

    private static bool IsIn(Credentials credentials, uint group) => credentials.EffectiveGid == group || System.Array.BinarySearch(credentials.Groups, group) >= 0;
}
