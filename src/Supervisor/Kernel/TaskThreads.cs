using System;
using System.Collections.Generic;
using System.Threading;

namespace UmlHost.Kernel;

/// <summary>The supervisor's threads, one for each guest task. A thread whose task has ended waits for another: making
/// one costs more than a guest's clone does. Lock: <c>task thread lock</c>, a leaf.</summary>
internal sealed class TaskThreads
{
    /// <summary>Room for a handler's buffers; sparse like all stacks.</summary>
    private const int StackBytes = 512 * 1024;

    private const int MostIdle = 64;

    private readonly Lock _taskThreadLock = new();
    private readonly Stack<Worker> _idle = new();
    private int _count;

    /// <summary>Threads there are now, and most there ever were; for the report.</summary>
    public int Count => Volatile.Read(ref _count);

    public int Peak { get; private set; }

    /// <summary>A thread for a task that is to be made. Null where the host has no more of them.</summary>
    public Worker? Take()
    {
        Worker? worker;
        lock (_taskThreadLock)
        {
            if (_idle.TryPop(out worker))
            {
                return worker;
            }

            Peak = Math.Max(Peak, Interlocked.Increment(ref _count));
        }

        worker = new Worker(this);
        try
        {
            new Thread(worker.Run, StackBytes) { IsBackground = true, Name = "task" }.Start();
        }
        catch (OutOfMemoryException)
        {
            // What .NET makes of pthread_create's EAGAIN.
            Interlocked.Decrement(ref _count);
            return null;
        }

        return worker;
    }

    private bool Rest(Worker worker)
    {
        lock (_taskThreadLock)
        {
            if (_idle.Count >= MostIdle)
            {
                Interlocked.Decrement(ref _count);
                return false;
            }

            _idle.Push(worker);
            return true;
        }
    }

    /// <summary>A thread that waits for its task.</summary>
    public sealed class Worker(TaskThreads threads)
    {
        private readonly Host.HostFutex _given = new();
        private Action? _job;

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
            do
            {
                _given.Sleep(Native.Linux.CLOCK_MONOTONIC, long.MaxValue);
                Action job = Volatile.Read(ref _job)!;
                _job = null;
                job();
            }
            while (threads.Rest(this));
        }
    }
}
