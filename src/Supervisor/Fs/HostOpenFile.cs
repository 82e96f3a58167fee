using System;

using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open file with a host descriptor and no inode of the guest's trees behind it: a standard stream. The
/// descriptor is this object's and closed with it; a guest never gets it.</summary>
/// <param name="hostFd">Taken over.</param>
/// <param name="type">The type bits of st_mode.</param>
internal abstract unsafe class HostOpenFile(int hostFd, uint type, int flags) : OpenFile(flags)
{
    public int HostFd { get; } = hostFd;

    public override uint Type { get; } = type;

    public override Errno Stat(out stat status)
    {
        return HostPaths.Stat(HostFd, out status).Error;
    }

    public override Errno Statx(uint flags, uint mask, out statx status)
    {
        byte empty = 0;
        fixed (statx* at = &status)
        {
            return LibC.statx(HostFd, &empty, (int)flags | AT_EMPTY_PATH, mask, at).Error;
        }
    }

    public override Errno StatFs(out statfs status)
    {
        fixed (statfs* at = &status)
        {
            return LibC.fstatfs(HostFd, at).Error;
        }
    }

    public override Errno CheckAccess(Credentials who, int mode)
    {
        byte empty = 0;
        return LibC.faccessat2(HostFd, &empty, mode, AT_EMPTY_PATH | AT_EACCESS).Error;
    }

    public override Result Describe(GuestTask task, Span<byte> text) => HostPaths.PathOf(HostFd, text);

    public override Inode? Loose() => new Again(this);

    protected override void Close() => _ = LibC.close(HostFd);

    /// <summary>Opens the stream once more, on a descriptor of its own.</summary>
    private sealed class Again(HostOpenFile stream) : LooseInode(stream)
    {
        public override bool OpensItself => true;

        public override OpenFile? Open(GuestTask task, int flags, out Errno error)
        {
            Result own = LibC.fcntl(stream.HostFd, F_DUPFD_CLOEXEC, 3);
            error = own.Error;
            return own.Failed ? null : HostStream.Create(own.Int, stream.Type, DeviceNumber, flags);
        }
    }
}
