using System.Numerics;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Signals;

/// <summary>A signal with its siginfo, waiting (Linux's sigqueue).</summary>
internal sealed class QueuedSignal
{
    public siginfo_t Info;

    public QueuedSignal? Next { get; set; }

    /// <summary>Whom it counts for (RLIMIT_SIGPENDING).</summary>
    public SignalAccount? Account { get; set; }
}

/// <summary>Signals that wait for one thread, or for any thread of a process (Linux's sigpending). A standard signal
/// is there at most once, a realtime signal as often as it was sent. Under the process's sighand lock.</summary>
internal sealed class SignalQueue
{
    private QueuedSignal? _first;
    private QueuedSignal? _last;

    /// <summary>The signals that wait.</summary>
    public ulong Set { get; private set; }

    /// <summary>At the end. Without <paramref name="node"/> the signal comes with no more than its number.</summary>
    public void Add(int signal, QueuedSignal? node)
    {
        Set |= SignalSet.Of(signal);
        if (node is null)
        {
            return;
        }

        node.Next = null;
        if (_last is null)
        {
            _first = node;
        }
        else
        {
            _last.Next = node;
        }

        _last = node;
    }

    /// <summary>The one of <paramref name="wanted"/> that is next: what an instruction raised, then the lowest
    /// number. 0 if none waits.</summary>
    public int Next(ulong wanted)
    {
        ulong set = Set & wanted;
        if (set == 0)
        {
            return 0;
        }

        ulong synchronous = set & SignalSet.Synchronous;
        return BitOperations.TrailingZeroCount(synchronous != 0 ? synchronous : set) + 1;
    }

    /// <summary>Takes out the oldest of <paramref name="signal"/>, which waits.</summary>
    public void Take(int signal, SignalPool pool, out siginfo_t info)
    {
        QueuedSignal? before = null;
        for (QueuedSignal? node = _first; node is not null; before = node, node = node.Next)
        {
            if (node.Info.si_signo == signal)
            {
                info = node.Info;
                QueuedSignal? after = node.Next;
                Unlink(before, node);
                pool.Return(node);
                if (!Contains(after, signal))
                {
                    Set &= ~SignalSet.Of(signal);
                }

                return;
            }
        }

        Set &= ~SignalSet.Of(signal);
        info = new siginfo_t { si_signo = signal, si_code = SI_USER };
    }

    /// <summary>Drops all signals of <paramref name="set"/>.</summary>
    public void Drop(ulong set, SignalPool pool)
    {
        if ((Set & set) == 0)
        {
            return;
        }

        Set &= ~set;
        QueuedSignal? before = null;
        for (QueuedSignal? node = _first; node is not null;)
        {
            QueuedSignal? after = node.Next;
            if (set.Has(node.Info.si_signo))
            {
                Unlink(before, node);
                pool.Return(node);
            }
            else
            {
                before = node;
            }

            node = after;
        }
    }

    private static bool Contains(QueuedSignal? node, int signal)
    {
        for (; node is not null; node = node.Next)
        {
            if (node.Info.si_signo == signal)
            {
                return true;
            }
        }

        return false;
    }

    private void Unlink(QueuedSignal? before, QueuedSignal node)
    {
        if (before is null)
        {
            _first = node.Next;
        }
        else
        {
            before.Next = node.Next;
        }

        if (_last == node)
        {
            _last = before;
        }
    }
}
