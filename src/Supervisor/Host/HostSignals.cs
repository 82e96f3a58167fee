using System;
using System.Runtime.InteropServices;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>Signals that the host sends to the supervisor (a terminal's ^C, kill, timeout): they are for the guest.
/// stub/startup.c blocks them before the runtime starts, so that a thread of its own reads them; where that is
/// not linked in (dotnet umlhost.dll) the runtime's own threads may still die of them.</summary>
internal static unsafe partial class HostSignals
{
    private const int StackBytes = 256 * 1024;

    private static readonly int[] s_forwarded = [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCONT, SIGTSTP, SIGWINCH];

    /// <summary>What the caller blocked and ignored, which a program inherits: bit N-1 is signal N.</summary>
    public static ulong Blocked { get; private set; }

    public static ulong Ignored { get; private set; }

    /// <summary>Before other threads start: blocks what is forwarded, and looks at what the caller left.</summary>
    public static void Block()
    {
        sigset_t old;
        sigset_t set = Forwarded();
        LibC.sigprocmask(SIG_BLOCK, &set, &old);

        // A write to a host pipe that nobody reads is an EPIPE, and the guest's SIGPIPE.
        sigaction ignore = new() { sa_handler = SIG_IGN };
        LibC.sigaction(SIGPIPE, &ignore, null);
        ulong blocked = old.__val[0], ignored = 0;
        try
        {
            startup_signals(&blocked, &ignored);
        }
        catch (DllNotFoundException)
        {
            // Not the ahead-of-time build: what the runtime left has to do.
        }

        (Blocked, Ignored) = (blocked, ignored);
    }

    /// <summary>From now on calls <paramref name="forward"/> for each: the signal, whether the host kernel sent it
    /// (a terminal) or else a process, and that one's user.</summary>
    public static Result Forward(Action<int, bool, uint> forward)
    {
        sigset_t set = Forwarded();
        Result descriptor = LibC.signalfd(-1, &set, SFD_CLOEXEC);
        if (!descriptor.Failed)
        {
            new Thread(() => Run(descriptor.Int, forward), StackBytes) { IsBackground = true, Name = "host signals" }.Start();
        }

        return descriptor;
    }

    /// <summary>Stops the supervisor, as a stopped program is: its caller's shell sees it. Returns when it has been
    /// continued.</summary>
    /// <param name="group">The others of its process group are sent SIGTSTP.</param>
    public static void Stop(bool group)
    {
        if (group)
        {
            LibC.kill(0, SIGTSTP);
        }

        LibC.kill(LibC.getpid(), SIGSTOP);
    }

    /// <summary>The end of the supervisor where nothing else helps.</summary>
    public static void Kill() => LibC.kill(LibC.getpid(), SIGKILL);

    /// <summary>Somebody above the supervisor, in its session but not in its process group, can continue it when it
    /// stops: the group is not orphaned, as far as its ancestors tell.</summary>
    public static bool HasShell
    {
        get
        {
            int group = LibC.getpgid(0).Int;
            int parent = LibC.getppid();
            while (parent > 0 && LibC.getpgid(parent).Raw == group)
            {
                parent = ParentOf(parent);
            }

            return parent > 0 && LibC.getsid(parent) is { Failed: false } session && session.Raw == LibC.getsid(0).Raw;
        }
    }

    /// <summary>stub/startup.c, in the ahead-of-time build.</summary>
    [LibraryImport("startup"), SuppressGCTransition]
    private static partial void startup_signals(ulong* blocked, ulong* ignored);

    /// <summary>From /proc/PID/stat: the second field after the name in parentheses. 0 where that cannot be read.</summary>
    private static int ParentOf(int pid)
    {
        Span<byte> text = stackalloc byte[256];
        fixed (byte* path = System.Text.Encoding.ASCII.GetBytes($"/proc/{pid}/stat\0"), at = text)
        {
            Result file = LibC.open(path, O_RDONLY | O_CLOEXEC);
            if (file.Failed)
            {
                return 0;
            }

            Result read = LibC.read(file.Int, at, (nuint)text.Length);
            LibC.close(file.Int);
            ReadOnlySpan<byte> rest = read.Failed ? default : text[..read.Int];
            const int StateLength = 4;
            int end = rest.LastIndexOf((byte)')') + StateLength;
            return end >= StateLength && end < rest.Length && System.Buffers.Text.Utf8Parser.TryParse(rest[end..], out int parent, out _) ? parent : 0;
        }
    }

    private static void Run(int descriptor, Action<int, bool, uint> forward)
    {
        signalfd_siginfo info;
        while (true)
        {
            Result read = LibC.read(descriptor, &info, (nuint)sizeof(signalfd_siginfo));
            if (read.Int == sizeof(signalfd_siginfo))
            {
                // What the supervisor sent to its process group is not for its guests.
                if (info.ssi_code <= 0 && info.ssi_pid == (uint)LibC.getpid())
                {
                    continue;
                }

                forward((int)info.ssi_signo, info.ssi_code > 0, info.ssi_uid);
            }
            else if (read.Error != Errno.EINTR)
            {
                return;
            }
        }
    }

    private static sigset_t Forwarded()
    {
        sigset_t set = default;
        foreach (int signal in s_forwarded)
        {
            set.__val[0] |= sigmask(signal);
        }

        return set;
    }
}
