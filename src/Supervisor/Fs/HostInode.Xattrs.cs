using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

// Extended attributes of host files: those of users, which mean nothing to a kernel.
internal sealed unsafe partial class HostInode
{
    public override Result GetXattr(ReadOnlySpan<byte> name, Span<byte> value)
    {
        if (!name.StartsWith("user."u8))
        {
            return new Result(-(long)Errno.ENODATA);
        }

        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return new Result(-(long)error);
        }

        Span<byte> path = stackalloc byte[32], terminated = stackalloc byte[XATTR_NAME_MAX + 1];
        fixed (byte* file = PathOf(use.Fd, path), at = Terminate(name, terminated), to = value)
        {
            return LibC.getxattr(file, at, to, (nuint)value.Length);
        }
    }

    public override Errno SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int flags)
    {
        if (!name.StartsWith("user."u8))
        {
            return Errno.EOPNOTSUPP;
        }

        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> path = stackalloc byte[32], terminated = stackalloc byte[XATTR_NAME_MAX + 1];
        fixed (byte* file = PathOf(use.Fd, path), at = Terminate(name, terminated), from = value)
        {
            return LibC.setxattr(file, at, from, (nuint)value.Length, flags).Error;
        }
    }

    public override Errno RemoveXattr(ReadOnlySpan<byte> name)
    {
        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return error;
        }

        Span<byte> path = stackalloc byte[32], terminated = stackalloc byte[XATTR_NAME_MAX + 1];
        fixed (byte* file = PathOf(use.Fd, path), at = Terminate(name, terminated))
        {
            return name.StartsWith("user."u8) ? LibC.removexattr(file, at).Error : Errno.ENODATA;
        }
    }

    public override Result ListXattr(Span<byte> names)
    {
        if (Type is not (S_IFREG or S_IFDIR))
        {
            return new Result(0);
        }

        using Use use = Open(out Errno error);
        if (error != Errno.None)
        {
            return new Result(-(long)error);
        }

        byte[] all = new byte[XATTR_LIST_MAX];
        Span<byte> path = stackalloc byte[32];
        Result length;
        fixed (byte* file = PathOf(use.Fd, path), at = all)
        {
            length = LibC.listxattr(file, at, (nuint)all.Length);
        }

        if (length.Failed)
        {
            return length.Error == Errno.EOPNOTSUPP ? new Result(0) : length;
        }

        int used = 0;
        ReadOnlySpan<byte> left = all.AsSpan(0, length.Int);
        while (!left.IsEmpty)
        {
            ReadOnlySpan<byte> name = left[..(left.IndexOf((byte)0) + 1)];
            left = left[name.Length..];
            if (!name.StartsWith("user."u8))
            {
                continue;
            }

            if (!names.IsEmpty)
            {
                if (used + name.Length > names.Length)
                {
                    return new Result(-(long)Errno.ERANGE);
                }

                name.CopyTo(names[used..]);
            }

            used += name.Length;
        }

        return new Result(used);
    }

    /// <summary>Gives <paramref name="copy"/> the attributes that this file has.</summary>
    public void CopyXattrs(Inode copy)
    {
        Result length = ListXattr(default);
        if (length.Failed || length.Raw == 0)
        {
            return;
        }

        byte[] names = new byte[length.Int];
        byte[] value = new byte[XATTR_SIZE_MAX];
        ReadOnlySpan<byte> left = names.AsSpan(0, Math.Max(0, ListXattr(names).Int));
        while (!left.IsEmpty)
        {
            ReadOnlySpan<byte> name = left[..left.IndexOf((byte)0)];
            left = left[(name.Length + 1)..];
            Result got = GetXattr(name, value);
            if (!got.Failed)
            {
                _ = copy.SetXattr(name, value.AsSpan(0, got.Int), 0);
            }
        }
    }

    private static ReadOnlySpan<byte> PathOf(int fd, Span<byte> path)
    {
        "/proc/self/fd/"u8.CopyTo(path);
        fixed (byte* at = path["/proc/self/fd/".Length..])
        {
            HostPaths.NameOf(fd, at);
        }

        return path;
    }
}
