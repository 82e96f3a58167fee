using System;
using System.Runtime.CompilerServices;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

using K = UmlHost.Syscalls.ArgumentKind;

namespace UmlHost.Syscalls;

/// <summary>Extended attributes: <c>user.</c>, <c>trusted.</c> and <c>security.</c>.</summary>
[SkipLocalsInit]
internal static unsafe class XattrCalls
{
    public static readonly Syscall[] Calls =
    [
        new(188, "setxattr", &SetXattr, K.Path, K.String, K.InBuffer, K.Size, K.XattrFlags),
        new(189, "lsetxattr", &LSetXattr, K.Path, K.String, K.InBuffer, K.Size, K.XattrFlags),
        new(190, "fsetxattr", &FSetXattr, K.Fd, K.String, K.InBuffer, K.Size, K.XattrFlags),
        new(191, "getxattr", &GetXattr, K.Path, K.String, K.OutBuffer, K.Size),
        new(192, "lgetxattr", &LGetXattr, K.Path, K.String, K.OutBuffer, K.Size),
        new(193, "fgetxattr", &FGetXattr, K.Fd, K.String, K.OutBuffer, K.Size),
        new(194, "listxattr", &ListXattr, K.Path, K.OutBuffer, K.Size),
        new(195, "llistxattr", &LListXattr, K.Path, K.OutBuffer, K.Size),
        new(196, "flistxattr", &FListXattr, K.Fd, K.OutBuffer, K.Size),
        new(197, "removexattr", &RemoveXattr, K.Path, K.String),
        new(198, "lremovexattr", &LRemoveXattr, K.Path, K.String),
        new(199, "fremovexattr", &FRemoveXattr, K.Fd, K.String),
    ];

    private static SyscallResult SetXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: true, out VfsPath place) is var error and not Errno.None ? error : Set(task, place, args);

    private static SyscallResult LSetXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: false, out VfsPath place) is var error and not Errno.None ? error : Set(task, place, args);

    private static SyscallResult FSetXattr(GuestTask task, in SyscallArguments args) =>
        OfFile(task, args, out VfsPath place) is var error and not Errno.None ? error : Set(task, place, args);

    private static SyscallResult GetXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: true, out VfsPath place) is var error and not Errno.None ? error : Get(task, place, args);

    private static SyscallResult LGetXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: false, out VfsPath place) is var error and not Errno.None ? error : Get(task, place, args);

    private static SyscallResult FGetXattr(GuestTask task, in SyscallArguments args) =>
        OfFile(task, args, out VfsPath place) is var error and not Errno.None ? error : Get(task, place, args);

    private static SyscallResult ListXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: true, out VfsPath place) is var error and not Errno.None ? error : List(task, place, args);

    private static SyscallResult LListXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: false, out VfsPath place) is var error and not Errno.None ? error : List(task, place, args);

    private static SyscallResult FListXattr(GuestTask task, in SyscallArguments args) =>
        OfFile(task, args, out VfsPath place) is var error and not Errno.None ? error : List(task, place, args);

    private static SyscallResult RemoveXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: true, out VfsPath place) is var error and not Errno.None ? error : Remove(task, place, args);

    private static SyscallResult LRemoveXattr(GuestTask task, in SyscallArguments args) =>
        Paths.Find(task, AT_FDCWD, args.Address(0), follow: false, out VfsPath place) is var error and not Errno.None ? error : Remove(task, place, args);

    private static SyscallResult FRemoveXattr(GuestTask task, in SyscallArguments args) =>
        OfFile(task, args, out VfsPath place) is var error and not Errno.None ? error : Remove(task, place, args);

    private static Errno OfFile(GuestTask task, in SyscallArguments args, out VfsPath place)
    {
        using FileReference reference = task.Files.Get(args.Int(0));
        place = default;
        if (reference.File is not { IsPath: false } file)
        {
            return Errno.EBADF;
        }

        place = file.Place;
        return place.IsNone ? Errno.EOPNOTSUPP : Errno.None;
    }

    private static SyscallResult Set(GuestTask task, in VfsPath place, in SyscallArguments args)
    {
        if ((args.Int(4) & ~(XATTR_CREATE | XATTR_REPLACE)) != 0)
        {
            return Errno.EINVAL;
        }

        Span<byte> name = stackalloc byte[XATTR_NAME_MAX + 1];
        int length = ReadName(task, args.Address(1), name);
        if (length < 0)
        {
            return (long)length;
        }

        ulong size = args.ULong(3);
        if (size > XATTR_SIZE_MAX)
        {
            return Errno.E2BIG;
        }

        Span<byte> value = task.Scratch.AsSpan(0, (int)size);
        if (task.Memory.CopyIn(args.Address(2), value) != value.Length)
        {
            return Errno.EFAULT;
        }

        Errno error = MayAccess(task, place, name[..length], W_OK);
        error = error != Errno.None ? error : place.Inode!.SetXattr(name[..length], value, args.Int(4));
        if (error == Errno.None)
        {
            FsNotify.Changed(place);
        }

        return error;
    }

    private static SyscallResult Get(GuestTask task, in VfsPath place, in SyscallArguments args)
    {
        Span<byte> name = stackalloc byte[XATTR_NAME_MAX + 1];
        int length = ReadName(task, args.Address(1), name);
        if (length < 0)
        {
            return (long)length;
        }

        Errno error = MayAccess(task, place, name[..length], R_OK);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> value = task.Scratch.AsSpan(0, (int)Math.Min(args.ULong(3), XATTR_SIZE_MAX));
        Result got = place.Inode!.GetXattr(name[..length], value);
        return got.Failed || value.IsEmpty || task.Memory.CopyOut(args.Address(2), value[..got.Int]) == got.Int ? got : Errno.EFAULT;
    }

    private static SyscallResult List(GuestTask task, in VfsPath place, in SyscallArguments args)
    {
        Span<byte> names = task.Scratch.AsSpan(0, XATTR_LIST_MAX);
        Result got = place.Inode!.ListXattr(names);
        if (got.Failed)
        {
            return got;
        }

        // trusted. is only for those who may read it.
        int used = 0;
        bool privileged = task.Credentials.Has(CAP_SYS_ADMIN);
        for (int at = 0; at < got.Int;)
        {
            int length = names[at..].IndexOf((byte)0) + 1;
            if (privileged || !names[at..].StartsWith("trusted."u8))
            {
                names.Slice(at, length).CopyTo(names[used..]);
                used += length;
            }

            at += length;
        }

        return args.ULong(2) == 0 ? used
            : args.ULong(2) < (ulong)used ? Errno.ERANGE
            : task.Memory.CopyOut(args.Address(1), names[..used]) == used ? used
            : Errno.EFAULT;
    }

    private static SyscallResult Remove(GuestTask task, in VfsPath place, in SyscallArguments args)
    {
        Span<byte> name = stackalloc byte[XATTR_NAME_MAX + 1];
        int length = ReadName(task, args.Address(1), name);
        if (length < 0)
        {
            return (long)length;
        }

        Errno error = MayAccess(task, place, name[..length], W_OK);
        error = error != Errno.None ? error : place.Inode!.RemoveXattr(name[..length]);
        if (error == Errno.None)
        {
            FsNotify.Changed(place);
        }

        return error;
    }

    /// <returns>The length; -ERANGE for an empty or too long name.</returns>
    private static int ReadName(GuestTask task, GuestAddress address, Span<byte> name)
    {
        int length = task.Memory.ReadString(address, name);
        return length is 0 or -(int)Errno.ENAMETOOLONG ? -(int)Errno.ERANGE : length;
    }

    /// <summary>Linux's xattr_permission, and what the file systems have no names for.</summary>
    private static Errno MayAccess(GuestTask task, in VfsPath place, ReadOnlySpan<byte> name, int mode)
    {
        Inode inode = place.Inode!;
        Credentials who = task.Credentials;
        bool writes = mode == W_OK;
        if (writes && place.Mount.IsReadOnly)
        {
            return Errno.EROFS;
        }

        if (name.StartsWith("security."u8) && name.Length > "security.".Length)
        {
            return writes && !who.Has(CAP_SYS_ADMIN) ? Errno.EPERM : Errno.None;
        }

        if (name.StartsWith("trusted."u8) && name.Length > "trusted.".Length)
        {
            return who.Has(CAP_SYS_ADMIN) ? Errno.None : writes ? Errno.EPERM : Errno.ENODATA;
        }

        if (!name.StartsWith("user."u8) || name.Length == "user.".Length)
        {
            return name.SequenceEqual("user."u8) ? Errno.EINVAL : Errno.EOPNOTSUPP;
        }

        if (inode.Type is not (S_IFREG or S_IFDIR))
        {
            return writes ? Errno.EPERM : Errno.ENODATA;
        }

        if (writes && inode.IsDirectory && (inode.Ownership.Mode & S_ISVTX) != 0 && !Permissions.IsOwner(inode, who))
        {
            return Errno.EPERM;
        }

        return Permissions.Check(inode, who, mode);
    }
}
