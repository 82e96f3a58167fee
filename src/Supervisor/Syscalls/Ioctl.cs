using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Syscalls;

/// <summary>ioctl: what any descriptor knows; the rest is the file's.</summary>
internal static unsafe class Ioctl
{
    public static readonly Syscall[] Calls =
    [
        new(16, "ioctl", &Control, ArgumentKind.Fd, ArgumentKind.IoctlRequest, ArgumentKind.IoctlArgument),
    ];

    private static SyscallResult Control(GuestTask task, in SyscallArguments args)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        if (reference.File is not { IsPath: false } file)
        {
            return Errno.EBADF;
        }
        switch (args.UInt(1))
        {
            case FIOCLEX:
                return task.Files.SetCloseOnExec(args.Int(0), true);
            case FIONCLEX:
                return task.Files.SetCloseOnExec(args.Int(0), false);
            case FIONBIO:
                return !task.Memory.Read(args.Address(2), out int on)
                    ? Errno.EFAULT
                    : file.SetStatusFlags(on != 0 ? file.Flags | O_NONBLOCK : file.Flags & ~O_NONBLOCK);
            case FIOASYNC:
                return !task.Memory.Read(args.Address(2), out int signals) ? Errno.EFAULT
                    : signals != 0 == ((file.Flags & FASYNC) != 0) ? SyscallResult.Zero
                    : file.SetAsync(args.Int(0), signals != 0);
            default:
                return file.Ioctl(task, args.UInt(1), args.ULong(2));
        }
    }
}
