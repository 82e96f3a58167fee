using System.Collections.Concurrent;
using System.Threading;

namespace UmlHost.Signals;

/// <summary>How many signals are queued for one user's processes: what RLIMIT_SIGPENDING limits.</summary>
internal sealed class SignalAccount(uint uid)
{
    private static readonly ConcurrentDictionary<uint, SignalAccount> s_accounts = new();

    private long _pending;

    public uint Uid { get; } = uid;

    /// <summary>Queued now; /proc's SigQ shows it.</summary>
    public long Pending => Interlocked.Read(ref _pending);

    public static SignalAccount Of(uint uid) => s_accounts.GetOrAdd(uid, static id => new SignalAccount(id));

    /// <returns>False, and nothing is charged, if there would be more than <paramref name="limit"/>.</returns>
    public bool TryCharge(ulong limit)
    {
        if ((ulong)Interlocked.Increment(ref _pending) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _pending);
        return false;
    }

    public void Release() => Interlocked.Decrement(ref _pending);
}

/// <summary>A process's spare <see cref="QueuedSignal"/>s, so that sending one allocates nothing. Under the
/// process's sighand lock.</summary>
internal sealed class SignalPool
{
    private const int Most = 64;

    private QueuedSignal? _free;
    private int _count;
    private SignalAccount? _account;

    /// <summary>A node charged to <paramref name="uid"/>, the user of the process that the signal is for.</summary>
    /// <returns>Null if <paramref name="limit"/> is reached.</returns>
    public QueuedSignal? Take(uint uid, ulong limit)
    {
        SignalAccount account = _account?.Uid == uid ? _account : _account = SignalAccount.Of(uid);
        if (!account.TryCharge(limit))
        {
            return null;
        }

        QueuedSignal? node = _free;
        if (node is null)
        {
            node = new QueuedSignal();
        }
        else
        {
            _free = node.Next;
            _count--;
        }

        node.Account = account;
        return node;
    }

    public void Return(QueuedSignal node)
    {
        node.Account!.Release();
        node.Account = null;
        if (_count < Most)
        {
            node.Next = _free;
            _free = node;
            _count++;
        }
    }
}
