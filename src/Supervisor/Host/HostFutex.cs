using System.Runtime.InteropServices;
using System.Threading;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>Where one supervisor thread sleeps until another wakes it or a point in time comes: a host futex, so
/// that a hand-off costs one system call on each side and timeouts are exact. A wake-up that comes first is kept.
/// </summary>
internal unsafe class HostFutex
{
    private const uint Idle = 0;
    private const uint Woken = 1;
    private const uint Sleeping = 2;

    // Never freed by hand: a late waker may still hold it. The finalizer knows that nobody does.
    private readonly uint* _word = (uint*)NativeMemory.AllocZeroed(sizeof(uint));

    ~HostFutex() => NativeMemory.Free(_word);

    /// <summary>Forgets a wake-up that came before.</summary>
    public void Arm() => Volatile.Write(ref *_word, Idle);

    /// <summary>Sleeps until <see cref="Wake"/>; returns at once if that was called since <see cref="Arm"/>.</summary>
    /// <param name="clock">CLOCK_MONOTONIC or CLOCK_REALTIME.</param>
    /// <param name="until">Absolute, in ns; long.MaxValue is never.</param>
    /// <returns>False when the time had come.</returns>
    public bool Sleep(int clock, long until)
    {
        while (true)
        {
            if (Interlocked.CompareExchange(ref *_word, Sleeping, Idle) == Woken)
            {
                Volatile.Write(ref *_word, Idle);
                return true;
            }

            timespec timeout = new() { tv_sec = until / 1_000_000_000, tv_nsec = until % 1_000_000_000 };
            int op = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0);
            Result waited = LibC.futex(_word, op, Sleeping, until == long.MaxValue ? null : &timeout, null, uint.MaxValue);
            if (waited.Error == Errno.ETIMEDOUT && Interlocked.CompareExchange(ref *_word, Idle, Sleeping) == Sleeping)
            {
                return false;
            }
        }
    }

    /// <summary>Whether <see cref="Wake"/> was called since <see cref="Arm"/>.</summary>
    protected bool IsWoken => Volatile.Read(ref *_word) == Woken;

    /// <summary>The sleeper is about to be woken. On the waker's thread.</summary>
    protected virtual void Waking()
    {
    }

    /// <summary>Any thread.</summary>
    /// <returns>False if it had been woken already.</returns>
    public bool Wake()
    {
        uint before = Interlocked.Exchange(ref *_word, Woken);
        if (before == Sleeping)
        {
            Waking();
            LibC.futex_wake(_word, 1);
        }
        return before != Woken;
    }
}
