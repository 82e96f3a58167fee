using System;
using System.Collections.Generic;
using System.Threading;

using UmlHost.Host;

namespace UmlHost.Kernel;

/// <summary>The supervisor's threads, one for each guest task. A thread whose task has ended waits for another: making
/// one costs more than a guest's clone does. If its task was the last in an address space it keeps the host child
/// too, stopped and under its own ptrace, so that the next fork or exec that it serves has one without a single host
/// call. Lock: <c>task thread lock</c>, a leaf (a monitor, for its condition).</summary>
internal sealed class TaskThreads
{
    /// <summary>Room for a handler's buffers; sparse like all stacks.</summary>
    private const int StackBytes = 512 * 1024;

    private const int MostIdle = 64;

    /// <summary>Idle threads that keep a host child.</summary>
    private const int MostHeld = 16;

    private readonly object _taskThreadLock = new();
    private readonly Stack<TaskThread> _idle = new();
    private readonly Stack<TaskThread> _idleWithChild = new();
    private int _held;
    private int _count;
    private bool _closed;

    /// <summary>Threads there are now, and most there ever were; for the report.</summary>
    public int Count => Volatile.Read(ref _count);

    public int Peak { get; private set; }

    /// <summary>Times that a kept host child was used again; for the report.</summary>
    public int ChildrenReused { get; private set; }

    /// <summary>A thread for a task that is to be made. Null where the host has no more of them.</summary>
    /// <param name="needsChild">The task will want a host child of its own.</param>
    public TaskThread? Take(bool needsChild)
    {
        TaskThread? thread;
        lock (_taskThreadLock)
        {
            (Stack<TaskThread> first, Stack<TaskThread> second) = needsChild ? (_idleWithChild, _idle) : (_idle, _idleWithChild);
            if (first.TryPop(out thread) || second.TryPop(out thread))
            {
                return thread;
            }

            Peak = Math.Max(Peak, Interlocked.Increment(ref _count));
        }

        thread = new TaskThread(this);
        try
        {
            new Thread(thread.Run, StackBytes) { IsBackground = true, Name = "task" }.Start();
        }
        catch (OutOfMemoryException)
        {
            // What .NET makes of pthread_create's EAGAIN.
            Interlocked.Decrement(ref _count);
            return null;
        }

        return thread;
    }

    /// <summary>Ends the host children that idle threads keep; returns when they are gone. No task runs any more.</summary>
    public void Close()
    {
        lock (_taskThreadLock)
        {
            _closed = true;
            while (_idleWithChild.TryPop(out TaskThread? thread))
            {
                thread.Give(static () => TaskThread.Current!.KillHeld());
            }

            while (_held > 0)
            {
                Monitor.Wait(_taskThreadLock);
            }
        }
    }

    /// <summary>Whether one more thread may keep its child.</summary>
    internal bool TryHold()
    {
        lock (_taskThreadLock)
        {
            if (_closed || _held >= MostHeld)
            {
                return false;
            }

            _held++;
            return true;
        }
    }

    internal void EndHold(bool reused)
    {
        lock (_taskThreadLock)
        {
            _held--;
            ChildrenReused += reused ? 1 : 0;
            Monitor.PulseAll(_taskThreadLock);
        }
    }

    /// <summary>A thread has nothing to do.</summary>
    /// <returns>False if it is to end; it keeps no child then.</returns>
    internal bool Rest(TaskThread thread)
    {
        lock (_taskThreadLock)
        {
            if (thread.Held is not null && !_closed)
            {
                _idleWithChild.Push(thread);
                return true;
            }

            if (!_closed && _idle.Count < MostIdle)
            {
                _idle.Push(thread);
                return true;
            }
        }

        Interlocked.Decrement(ref _count);
        return false;
    }
}

/// <summary>One of them.</summary>
internal sealed class TaskThread(TaskThreads threads)
{
    [ThreadStatic]
    private static TaskThread? t_current;

    private readonly HostFutex _given = new();
    private Action? _job;

    /// <summary>The calling thread; null on a thread of another kind.</summary>
    public static TaskThread? Current => t_current;

    /// <summary>The one thread of an idle host child, stopped, traced by this thread.</summary>
    public PtraceThread? Held { get; private set; }

    /// <summary>Keeps a host child whose guest process has ended. On the thread itself.</summary>
    /// <returns>False if this one, or all together, have enough.</returns>
    public bool TryHold(PtraceThread host)
    {
        if (Held is not null || !host.TryKeep() || !threads.TryHold())
        {
            return false;
        }

        Held = host;
        return true;
    }

    /// <summary>Gives up the host child to a task on this thread; null if there is none.</summary>
    public PtraceThread? TakeHeld()
    {
        PtraceThread? held = Held;
        if (held is not null)
        {
            Held = null;
            threads.EndHold(reused: true);
        }

        return held;
    }

    internal void KillHeld()
    {
        PtraceThread held = Held!;
        Held = null;
        held.Child.KillAndReap(held.Tid);
        threads.EndHold(reused: false);
    }

    /// <summary>Runs a task's life; the thread is another's after that.</summary>
    public void Give(Action job)
    {
        Volatile.Write(ref _job, job);
        _given.Wake();
    }

    /// <summary>There is to be no task.</summary>
    public void Dismiss() => Give(static () => { });

    internal void Run()
    {
        t_current = this;
        do
        {
            _given.Sleep(Native.Linux.CLOCK_MONOTONIC, long.MaxValue);
            Action job = Volatile.Read(ref _job)!;
            _job = null;
            PtraceThread? held = Held;
            job();
            if (held == Held)
            {
                // The job had another host thread, perhaps on another CPU.
                held?.ForgetPlace();
            }
        }
        while (threads.Rest(this));
    }
}
