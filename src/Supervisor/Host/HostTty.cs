using System;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The supervisor's controlling terminal, on a description of our own with O_NONBLOCK: that of the standard
/// streams is shared with whoever started the supervisor. Raw mode changes the terminal itself, and is undone by
/// <see cref="Restore"/>.</summary>
internal sealed unsafe class HostTty
{
    private static HostTty? s_raw;

    private readonly int _fd;
    private readonly int _wake;
    private ktermios _saved;

    private HostTty(int fd, int wake, ulong device)
    {
        _fd = fd;
        _wake = wake;
        Device = device;
    }

    /// <summary>st_rdev.</summary>
    public ulong Device { get; }

    /// <summary>Some terminal is in raw mode: messages need their own carriage returns.</summary>
    public static bool IsRaw => Volatile.Read(ref s_raw) is not null;

    /// <summary>The supervisor's process group is the terminal's foreground: it may read and change it.</summary>
    public bool IsForeground
    {
        get
        {
            int group;
            return !LibC.ioctl(_fd, TIOCGPGRP, &group).Failed && group == LibC.getpgid(0).Int;
        }
    }

    public ktermios Modes
    {
        get
        {
            ktermios modes = default;
            _ = LibC.ioctl(_fd, TCGETS2, &modes);
            return modes;
        }
    }

    public winsize WindowSize
    {
        get
        {
            winsize size = default;
            _ = LibC.ioctl(_fd, TIOCGWINSZ, &size);
            return size;
        }
    }

    /// <summary>The terminal of the first of the standard streams that is the controlling terminal; null if none is.
    /// </summary>
    public static HostTty? Open()
    {
        for (int fd = 0; fd <= 2; fd++)
        {
            int group;
            stat status;
            if (LibC.ioctl(fd, TIOCGPGRP, &group).Failed || LibC.fstat(fd, &status).Failed || !S_ISCHR(status.st_mode))
            {
                continue;
            }
            fixed (byte* name = "/dev/tty\0"u8)
            {
                Result own = LibC.open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
                Result wake = LibC.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
                if (!own.Failed && !wake.Failed)
                {
                    return new HostTty(own.Int, wake.Int, status.st_rdev);
                }
            }
        }
        return null;
    }

    /// <summary>Whether a descriptor is this terminal.</summary>
    public bool IsSame(int fd)
    {
        int group;
        stat status;
        return !LibC.ioctl(fd, TIOCGPGRP, &group).Failed && !LibC.fstat(fd, &status).Failed && status.st_rdev == Device;
    }

    /// <summary>Bytes come and go as they are, and no key means a signal. In the foreground only.</summary>
    public void SetRaw()
    {
        _saved = Modes;
        ktermios raw = _saved;
        raw.c_iflag &= ~(uint)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IUCLC | IXON | IXANY);
        raw.c_oflag &= ~(uint)OPOST;
        raw.c_lflag &= ~(uint)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        Volatile.Write(ref s_raw, this);
        _ = LibC.ioctl(_fd, TCSETS2, &raw);
    }

    /// <summary>Back to what it was before <see cref="SetRaw"/>.</summary>
    public void Restore()
    {
        if (Interlocked.CompareExchange(ref s_raw, null, this) == this)
        {
            fixed (ktermios* saved = &_saved)
            {
                _ = LibC.ioctl(_fd, TCSETS2, saved);
            }
        }
    }

    /// <summary>Whichever terminal is raw, for the moment before the supervisor dies.</summary>
    public static void RestoreAny() => Volatile.Read(ref s_raw)?.Restore();

    /// <summary>Somebody else has the terminal and set its modes: they are not ours to restore.</summary>
    public void Abandon() => Interlocked.CompareExchange(ref s_raw, null, this);

    /// <summary>Waits, as a reader in the background does, until the supervisor is in the foreground: SIGTTIN stops it,
    /// and its shell continues it.</summary>
    /// <returns>EIO where that cannot be.</returns>
    public Errno AwaitForeground()
    {
        byte none;
        return LibC.read(_fd, &none, 0).Error;
    }

    /// <summary>What was typed; EAGAIN for nothing, 0 at the end.</summary>
    public Result Read(Span<byte> to)
    {
        fixed (byte* at = to)
        {
            return LibC.read(_fd, at, (nuint)to.Length);
        }
    }

    /// <summary>EAGAIN where the terminal takes no more.</summary>
    public Result Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            return LibC.write(_fd, at, (nuint)bytes.Length);
        }
    }

    /// <summary>Sleeps until one of <paramref name="events"/> (POLL*) is there, or <see cref="Wake"/>.</summary>
    /// <param name="milliseconds">-1 for no limit.</param>
    /// <returns>What is there; 0 for neither.</returns>
    public uint Wait(uint events, int milliseconds)
    {
        pollfd* both = stackalloc pollfd[2];
        both[0] = new pollfd { fd = events != 0 ? _fd : -1, events = (short)events };
        both[1] = new pollfd { fd = _wake, events = POLLIN };
        if (LibC.poll(both, 2, milliseconds).Raw <= 0)
        {
            return 0;
        }
        if (both[1].revents != 0)
        {
            ulong count;
            _ = LibC.read(_wake, &count, sizeof(ulong));
        }
        return (ushort)both[0].revents;
    }

    /// <summary>Ends <see cref="Wait"/>, also one to come.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = LibC.write(_wake, &one, sizeof(ulong));
    }
}
