using System;
using System.Text;

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
    /// <summary>The flags that mmap has always had (LEGACY_MAP_MASK): MAP_SHARED_VALIDATE refuses all others, for no
    /// file here supports more.</summary>
    private const int KnownMapFlags = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_UNINITIALIZED
        | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT | MAP_ABOVE4G
        | MAP_HUGE_2MB | MAP_HUGE_1GB;

    public static readonly Syscall[] Calls =
    [
        new(9, "mmap", &Mmap, K.Pointer, K.Size, K.Prot, K.MapFlags, K.Fd, K.Hex),
        new(10, "mprotect", &Mprotect, K.Pointer, K.Size, K.Prot),
        new(11, "munmap", &Munmap, K.Pointer, K.Size),
        new(12, "brk", &Brk, K.Pointer),
        new(25, "mremap", &Mremap, K.Pointer, K.Size, K.Size, K.MremapFlags, K.Pointer),
        new(26, "msync", &Msync, K.Pointer, K.Size, K.MsyncFlags),
        new(27, "mincore", &Mincore, K.Pointer, K.Size, K.Pointer),
        new(28, "madvise", &Madvise, K.Pointer, K.Size, K.Advice) { Support = Support.Partial, Caveat = "no guard pages, no MADV_COLLAPSE; MADV_WILLNEED, COLD and PAGEOUT change nothing" },
        new(216, "remap_file_pages", &RemapFilePages, K.Pointer, K.Size, K.Prot, K.Size, K.MapFlags),
        new(329, "pkey_mprotect", &PkeyMprotect, K.Pointer, K.Size, K.Prot, K.Int) { Support = Support.Partial, Caveat = "no protection keys" },
        new(330, "pkey_alloc", &PkeyAlloc, K.Hex, K.Hex) { Support = Support.Partial, Caveat = "no protection keys: ENOSPC" },
        new(331, "pkey_free", &PkeyFree, K.Int) { Support = Support.Partial, Caveat = "no protection keys" },
        new(462, "mseal", &Mseal, K.Pointer, K.Size, K.Hex),
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

        ulong lockLimit = (flags & MAP_LOCKED) != 0 || task.Memory.LocksNewAreas ? MemoryLockCalls.LimitOf(task) : ulong.MaxValue;
        if ((flags & MAP_ANONYMOUS) != 0)
        {
            return (flags & MAP_HUGETLB) != 0
                ? HugePages(length, flags)
                : task.Memory.Map(hint, length, prot, flags, null, offset, lockLimit: lockLimit);
        }

        using FileReference reference = task.Files.Get(arguments.Int(4));
        if (reference.File is not { } file || file.IsPath)
        {
            return Errno.EBADF;
        }

        if (length == 0 || (flags & MAP_HUGETLB) != 0)
        {
            return Errno.EINVAL;
        }

        int type = flags & MAP_TYPE;
        if (type == MAP_SHARED_VALIDATE && (flags & ~KnownMapFlags) != 0)
        {
            return Errno.EOPNOTSUPP;
        }

        bool shared = type is MAP_SHARED or MAP_SHARED_VALIDATE;
        if (!file.CanRead || (shared && (prot & PROT_WRITE) != 0 && !file.CanWrite))
        {
            return Errno.EACCES;
        }

        bool isSealed = file.Seals is { Failed: false } seals && (seals.Raw & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0;
        if (((prot & PROT_EXEC) != 0 && !file.Place.IsNone && (file.Place.Mount.Flags & MountFlags.NoExec) != 0) || (shared && isSealed && (prot & PROT_WRITE) != 0))
        {
            return Errno.EPERM;
        }

        return file.Mapping is { } mapping
            ? task.Memory.Map(hint, length, prot, flags, mapping, offset, shared && (isSealed || !file.CanWrite) ? VmaFlags.DenyWrite : VmaFlags.None, lockLimit)
            : Errno.ENODEV;
    }

    /// <summary>MAP_HUGETLB on a machine that has set no huge pages aside.</summary>
    private static Errno HugePages(ulong length, int flags)
        => length == 0 || (flags >>> MAP_HUGE_SHIFT & MAP_HUGE_MASK) is not (0 or 21 or 30) ? Errno.EINVAL : Errno.ENOMEM;

    private static SyscallResult Mremap(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Remap(
            arguments.Address(0), arguments.ULong(1), arguments.ULong(2), arguments.Int(3), arguments.Address(4), MemoryLockCalls.LimitOf(task));

    private static SyscallResult RemapFilePages(GuestTask task, in SyscallArguments arguments)
        => task.Memory.RemapFilePages(arguments.Address(0), arguments.ULong(1), arguments.Int(2), arguments.ULong(3), arguments.Int(4));

    private static SyscallResult Msync(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Synchronize(arguments.Address(0), arguments.ULong(1), arguments.Int(2));

    private static SyscallResult Mincore(GuestTask task, in SyscallArguments arguments)
    {
        GuestAddress start = arguments.Address(0);
        ulong length = arguments.ULong(1);
        ulong pages = (length >> GuestAddress.PageShift) + ((length & ~GuestAddress.PageMask) != 0 ? 1UL : 0);
        if (!start.IsPageAligned)
        {
            return Errno.EINVAL;
        }

        if (!IovIter.IsUserRange(start, length))
        {
            return Errno.ENOMEM;
        }

        if (!IovIter.IsUserRange(arguments.Address(2), pages))
        {
            return Errno.EFAULT;
        }

        Span<byte> buffer = stackalloc byte[512];
        for (ulong done = 0; done < pages;)
        {
            Span<byte> part = buffer[..(int)ulong.Min(pages - done, (ulong)buffer.Length)];
            Errno error = task.Memory.Resident(start + (done << GuestAddress.PageShift), part);
            if (error != Errno.None)
            {
                return error;
            }

            if (task.Memory.CopyOut(arguments.Address(2) + done, part) != part.Length)
            {
                return Errno.EFAULT;
            }

            done += (ulong)part.Length;
        }

        return Errno.None;
    }

    private static SyscallResult Mseal(GuestTask task, in SyscallArguments arguments)
        => arguments.ULong(2) != 0 ? Errno.EINVAL : task.Memory.Seal(arguments.Address(0), arguments.ULong(1));

    // Protection keys: the processor is told to have none, as on a machine without them.
    private static SyscallResult PkeyMprotect(GuestTask task, in SyscallArguments arguments)
        => arguments.Int(3) is -1 or 0 ? task.Memory.Protect(arguments.Address(0), arguments.ULong(1), arguments.Int(2)) : Errno.EINVAL;

    private static SyscallResult PkeyAlloc(GuestTask task, in SyscallArguments arguments)
        => arguments.ULong(0) != 0 || (arguments.ULong(1) & ~(ulong)(PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE)) != 0 ? Errno.EINVAL : Errno.ENOSPC;

    private static SyscallResult PkeyFree(GuestTask task, in SyscallArguments arguments) => Errno.EINVAL;

    /// <summary>prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME).</summary>
    internal static SyscallResult SetName(GuestTask task, GuestAddress start, ulong length, GuestAddress name)
    {
        const int LongestName = 80;
        string? text = null;
        if (!name.IsNull)
        {
            Span<byte> bytes = stackalloc byte[LongestName];
            int read = task.Memory.ReadString(name, bytes);
            if (read < 0)
            {
                return read == -(int)Errno.EFAULT ? Errno.EFAULT : Errno.EINVAL;
            }

            bytes = bytes[..read];
            if (bytes.ContainsAnyExceptInRange((byte)' ', (byte)'~') || bytes.ContainsAny("\\`$[]"u8))
            {
                return Errno.EINVAL;
            }

            text = Encoding.ASCII.GetString(bytes);
        }

        return task.Memory.SetName(start, length, text);
    }

    private static SyscallResult Mprotect(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Protect(arguments.Address(0), arguments.ULong(1), arguments.Int(2));

    private static SyscallResult Munmap(GuestTask task, in SyscallArguments arguments)
        => task.Memory.Unmap(arguments.Address(0), arguments.ULong(1));

    private static SyscallResult Brk(GuestTask task, in SyscallArguments arguments)
        => (long)task.Memory.Break(arguments.Address(0), task.Memory.LocksNewAreas ? MemoryLockCalls.LimitOf(task) : ulong.MaxValue).Value;

    private static SyscallResult Madvise(GuestTask task, in SyscallArguments arguments)
        => arguments.Int(2) is MADV_HWPOISON or MADV_SOFT_OFFLINE && !task.Credentials.Has(CAP_SYS_ADMIN)
            ? Errno.EPERM
            : task.Memory.Advise(arguments.Address(0), arguments.ULong(1), arguments.Int(2));
}
