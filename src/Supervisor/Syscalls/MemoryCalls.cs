using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>mmap and its family.</summary>
internal static unsafe class MemoryCalls
{
    public static readonly Syscall[] Calls =
    [
        new(9, "mmap", &Mmap, K.Pointer, K.Size, K.Prot, K.MapFlags, K.Fd, K.Hex),
        new(10, "mprotect", &Mprotect, K.Pointer, K.Size, K.Prot),
        new(11, "munmap", &Munmap, K.Pointer, K.Size),
        new(12, "brk", &Brk, K.Pointer),
        new(28, "madvise", &Madvise, K.Pointer, K.Size, K.Advice),
    ];

    private static SyscallResult Mmap(GuestTask task, in SyscallArguments arguments)
    {
        GuestAddress hint = arguments.Address(0);
        ulong length = arguments.ULong(1);
        int prot = arguments.Int(2);
        int flags = arguments.Int(3);
        ulong offset = arguments.ULong(5);
        if ((offset & ~GuestAddress.PageMask) != 0)
        {
            return Errno.EINVAL;
        }

        if ((flags & MAP_ANONYMOUS) != 0)
        {
            return task.Memory.Map(hint, length, prot, flags, null, offset);
        }

        using FileReference reference = task.Files.Get(arguments.Int(4));
        if (reference.File is not { } file || file.IsPath)
        {
            return Errno.EBADF;
        }

        if (length == 0)
        {
            return Errno.EINVAL;
        }

        bool shared = (flags & MAP_TYPE) is MAP_SHARED or MAP_SHARED_VALIDATE;
        if (!file.CanRead || (shared && (prot & PROT_WRITE) != 0 && !file.CanWrite))
        {
            return Errno.EACCES;
        }

        return file.Mapping is { } mapping
            ? task.Memory.Map(hint, length, prot, flags, mapping, offset, shared && !file.CanWrite ? VmaFlags.DenyWrite : VmaFlags.None)
            : Errno.ENODEV;
    }

    private static SyscallResult Mprotect(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Protect(arguments.Address(0), arguments.ULong(1), arguments.Int(2));

    private static SyscallResult Munmap(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Unmap(arguments.Address(0), arguments.ULong(1));

    private static SyscallResult Brk(GuestTask task, in SyscallArguments arguments)
        => (long)task.Memory.Break(arguments.Address(0)).Value;

    private static SyscallResult Madvise(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Advise(arguments.Address(0), arguments.ULong(1), arguments.Int(2));
}
