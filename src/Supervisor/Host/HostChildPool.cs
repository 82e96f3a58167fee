using System.Collections.Generic;
using System.Threading;

using UmlHost.Native;

namespace UmlHost.Host;

/// <summary>Idle host children, so that fork and exec wait for no spawn: fresh ones, and those whose guest process
/// has ended, which the next address space empties first (<see cref="HostChild.EmptyOps"/>). Spawning is done by the
/// supervisor's main thread alone (<see cref="Serve"/>): children die with the thread that spawned them.
/// <para>Lock: <c>child pool lock</c>, a leaf (a monitor, for its condition).</para></summary>
internal sealed class HostChildPool(HostMemory memory, StubImage stub)
{
    /// <summary>Fresh children kept ready once a guest has asked for one.</summary>
    private const int FreshTarget = 2;

    private const int MostRecycled = 32;

    private readonly object _poolLock = new();
    private readonly Stack<HostChild> _recycled = new();
    private readonly Queue<HostChild> _fresh = new();
    private int _waiting;
    private bool _used;
    private bool _closed;
    private Result _error;

    /// <summary>Children spawned, and times that one was used again; for the report.</summary>
    public int Spawned { get; private set; }

    public int Reused { get; private set; }

    /// <summary>An idle child; waits for a spawn only if none is there. Any thread but the main one.</summary>
    /// <returns>Null, with the reason, where none can be spawned.</returns>
    public HostChild? Take(out Result error)
    {
        lock (_poolLock)
        {
            error = default;
            if (_recycled.TryPop(out HostChild? child))
            {
                Reused++;
                return child;
            }

            _used = true;
            _waiting++;
            Monitor.PulseAll(_poolLock);
            while (!_fresh.TryDequeue(out child))
            {
                if (_closed || _error.Failed)
                {
                    error = _error;
                    _error = default;
                    break;
                }

                Monitor.Wait(_poolLock);
            }

            _waiting--;
            Monitor.PulseAll(_poolLock);
            return child;
        }
    }

    /// <summary>Takes back a child whose guest process has ended, its thread parked.</summary>
    /// <returns>False if there are enough: the caller kills it.</returns>
    public bool Give(HostChild child)
    {
        lock (_poolLock)
        {
            if (_closed || _recycled.Count >= MostRecycled)
            {
                return false;
            }

            _recycled.Push(child);
            return true;
        }
    }

    /// <summary>The main thread's work: spawns what is asked for, until <see cref="Close"/>.</summary>
    public void Serve()
    {
        while (true)
        {
            lock (_poolLock)
            {
                while (!_closed && _fresh.Count >= _waiting + (_used ? FreshTarget : 0))
                {
                    Monitor.Wait(_poolLock);
                }

                if (_closed)
                {
                    break;
                }
            }

            Result spawned = HostChild.Spawn(memory, stub, out HostChild? child);
            lock (_poolLock)
            {
                if (child is not null)
                {
                    Spawned++;
                    _fresh.Enqueue(child);
                }
                else if (_waiting > 0)
                {
                    _error = spawned;
                }
                else
                {
                    // Nobody needs it now: try again when somebody does.
                    _used = false;
                }

                Monitor.PulseAll(_poolLock);
            }
        }

        KillIdle();
    }

    /// <summary>Ends <see cref="Serve"/>; idle children are killed.</summary>
    public void Close()
    {
        lock (_poolLock)
        {
            _closed = true;
            Monitor.PulseAll(_poolLock);
        }
    }

    private void KillIdle()
    {
        foreach (HostChild child in _recycled)
        {
            child.KillAndReap();
        }

        foreach (HostChild child in _fresh)
        {
            child.KillAndReap();
        }

        _recycled.Clear();
        _fresh.Clear();
    }
}
