using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>Sets of signals as one word: bit N-1 is signal N.</summary>
internal static class SignalSet
{
    /// <summary>Signals that can be neither blocked nor handled.</summary>
    public const ulong Unblockable = (1UL << (SIGKILL - 1)) | (1UL << (SIGSTOP - 1));

    /// <summary>Those whose default action stops the process.</summary>
    public const ulong Stop = (1UL << (SIGSTOP - 1)) | (1UL << (SIGTSTP - 1)) | (1UL << (SIGTTIN - 1)) | (1UL << (SIGTTOU - 1));

    /// <summary>Those whose default action is nothing. SIGCONT's effect comes when it is sent.</summary>
    public const ulong Ignore = (1UL << (SIGCONT - 1)) | (1UL << (SIGCHLD - 1)) | (1UL << (SIGWINCH - 1)) | (1UL << (SIGURG - 1));

    /// <summary>Those whose default action is a core dump.</summary>
    public const ulong CoreDump = Synchronous | (1UL << (SIGQUIT - 1)) | (1UL << (SIGABRT - 1)) | (1UL << (SIGXCPU - 1)) | (1UL << (SIGXFSZ - 1));

    /// <summary>Those that an instruction raises: delivered before all others.</summary>
    public const ulong Synchronous = (1UL << (SIGSEGV - 1)) | (1UL << (SIGBUS - 1)) | (1UL << (SIGILL - 1)) | (1UL << (SIGTRAP - 1))
        | (1UL << (SIGFPE - 1)) | (1UL << (SIGSYS - 1));

    /// <param name="signal">1 to 64.</param>
    public static ulong Of(int signal) => 1UL << (signal - 1);

    public static bool Has(this ulong set, int signal) => (set & Of(signal)) != 0;
}
