using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>What would change mounts. They are the command line's; a guest is refused, whoever it is inside.</summary>
internal static unsafe class MountCalls
{
    private const int UmountFlags = 0xf;

    public static readonly Syscall[] Calls =
    [
        new(155, "pivot_root", &Refuse, K.Path, K.Path) { Support = Support.Partial, Caveat = Caveat },
        new(165, "mount", &Refuse, K.Path, K.Path, K.String, K.MountFlags, K.String) { Support = Support.Partial, Caveat = Caveat },
        new(166, "umount2", &Unmount, K.Path, K.UmountFlags) { Support = Support.Partial, Caveat = Caveat },
    ];

    private const string Caveat = "EPERM: mounts are made by options of umlhost run";

    private static SyscallResult Refuse(GuestTask task, in SyscallArguments args) => Errno.EPERM;

    private static SyscallResult Unmount(GuestTask task, in SyscallArguments args)
    {
        if ((args.Int(1) & ~UmountFlags) != 0)
        {
            return Errno.EINVAL;
        }

        // Linux looks the path up first.
        Errno error = Paths.Find(task, AT_FDCWD, args.Address(0), follow: true, out _);
        return error != Errno.None ? error : Errno.EPERM;
    }
}
