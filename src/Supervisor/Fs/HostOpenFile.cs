using System;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Fs;

/// <summary>An open file with a host descriptor behind it: opened for reading, or only for its place
/// (O_PATH). The descriptor is this object's and closed with it; a guest never gets it.</summary>
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

    public override Errno CheckAccess(int mode, bool effective) => HostPaths.Access(HostFd, Type, mode, effective);

    protected override void Close() => _ = LibC.close(HostFd);
}

/// <summary>A file opened with O_PATH: a place to start walks from, to stat and to be told about.</summary>
internal sealed class HostPathFile(int hostFd, uint type, int flags) : HostOpenFile(hostFd, type, flags)
{
    public override Result ReadLink(Span<byte> target) => Type == S_IFLNK ? HostPaths.ReadLink(HostFd, target) : base.ReadLink(target);
}
