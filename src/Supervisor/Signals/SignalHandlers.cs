using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>What a process does with each signal (Linux's sighand_struct). Threads share it, and so do processes
/// made with CLONE_SIGHAND alone. Lock: <c>handlers lock</c>, a leaf, so that processes that share one need no
/// sighand lock in common.</summary>
internal sealed class SignalHandlers
{
    public const int Count = 64;

    public const ulong SIG_DFL = 0;
    public const ulong SIG_IGN = 1;

    private readonly Lock _handlersLock = new();
    private readonly kernel_sigaction[] _actions = new kernel_sigaction[Count];

    /// <param name="signal">1 to 64.</param>
    public kernel_sigaction this[int signal]
    {
        get
        {
            lock (_handlersLock)
            {
                return _actions[signal - 1];
            }
        }
    }

    /// <summary>Whether <paramref name="signal"/> has no effect, now that it is not blocked.</summary>
    public bool Ignores(int signal)
    {
        ulong handler = this[signal].handler;
        return handler == SIG_IGN || (handler == SIG_DFL && SignalSet.Ignore.Has(signal));
    }

    /// <summary>SIGCHLD's action makes children leave no zombie: SIG_IGN, or SA_NOCLDWAIT.</summary>
    public bool ReapsChildren
    {
        get
        {
            kernel_sigaction action = this[SIGCHLD];
            return action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT) != 0;
        }
    }

    /// <summary>Sets what <paramref name="signal"/> does, returns what it did.</summary>
    public kernel_sigaction Exchange(int signal, kernel_sigaction action)
    {
        action.mask &= ~SignalSet.Unblockable;
        lock (_handlersLock)
        {
            kernel_sigaction old = _actions[signal - 1];
            _actions[signal - 1] = action;
            return old;
        }
    }

    /// <summary>The action for a signal that is being delivered; SA_RESETHAND takes the handler away.</summary>
    public kernel_sigaction Take(int signal)
    {
        lock (_handlersLock)
        {
            ref kernel_sigaction action = ref _actions[signal - 1];
            kernel_sigaction taken = action;
            if (taken.handler > SIG_IGN && (taken.flags & SA_RESETHAND) != 0)
            {
                action.handler = SIG_DFL;
            }

            return taken;
        }
    }

    /// <summary>Only the handler goes: flags and mask stay.</summary>
    public void Reset(int signal)
    {
        lock (_handlersLock)
        {
            _actions[signal - 1].handler = SIG_DFL;
        }
    }

    /// <summary>What a program starts with whose caller ignores <paramref name="ignored"/>.</summary>
    public static SignalHandlers Ignoring(ulong ignored)
    {
        SignalHandlers handlers = new();
        for (int signal = 1; signal <= Count; signal++)
        {
            handlers._actions[signal - 1].handler = (ignored & ~SignalSet.Unblockable).Has(signal) ? SIG_IGN : SIG_DFL;
        }

        return handlers;
    }

    /// <summary>A copy, as fork makes it.</summary>
    public SignalHandlers Fork()
    {
        SignalHandlers copy = new();
        lock (_handlersLock)
        {
            _actions.CopyTo(copy._actions, 0);
        }

        return copy;
    }

    /// <summary>What a new program starts with: ignored signals stay ignored, all else is the default.</summary>
    public SignalHandlers ForExec()
    {
        SignalHandlers fresh = new();
        lock (_handlersLock)
        {
            for (int index = 0; index < Count; index++)
            {
                if (_actions[index].handler == SIG_IGN)
                {
                    fresh._actions[index].handler = SIG_IGN;
                }
            }
        }

        return fresh;
    }
}
