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

    /// <summary>Whoever started the supervisor is in its session, and so can continue it when it stops.</summary>
    public static bool HasShell => LibC.getsid(LibC.getppid()) is { Failed: false } session && session.Raw == LibC.getsid(0).Raw;

    /// <summary>stub/startup.c, in the ahead-of-time build.</summary>
    [LibraryImport("startup"), SuppressGCTransition]
    private static partial void startup_signals(ulong* blocked, ulong* ignored);

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
