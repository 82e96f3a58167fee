using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>What a process does with each signal (Linux's sighand_struct). Lock: <c>sighand lock</c>.</summary>
internal sealed class SignalHandlers
{
    public const int Count = 64;

    public const ulong SIG_DFL = 0;
    public const ulong SIG_IGN = 1;

    /// <summary>Signals that can be neither blocked nor handled.</summary>
    public const ulong Unblockable = (1UL << (SIGKILL - 1)) | (1UL << (SIGSTOP - 1));

    private readonly Lock _sighandLock = new();
    private readonly kernel_sigaction[] _actions = new kernel_sigaction[Count];

    /// <param name="signal">1 to 64.</param>
    public kernel_sigaction this[int signal]
    {
        get
        {
            lock (_sighandLock)
            {
                return _actions[signal - 1];
            }
        }
    }

    /// <summary>sigaction: sets what <paramref name="signal"/> does, returns what it did.</summary>
    public kernel_sigaction Exchange(int signal, kernel_sigaction action)
    {
        action.mask &= ~Unblockable;
        lock (_sighandLock)
        {
            kernel_sigaction old = _actions[signal - 1];
            _actions[signal - 1] = action;
            return old;
        }
    }
}
