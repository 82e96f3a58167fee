using System;
using System.Threading;

using UmlHost.Host;
using UmlHost.Kernel;

namespace UmlHost.Time;

/// <summary>Something that is to happen at a point in time. In one <see cref="TimerQueue"/> at a time, under whose
/// lock the fields change.</summary>
internal abstract class QueuedTimer
{
    internal TimerQueue? Queue { get; set; }

    internal int HeapIndex { get; set; }

    internal long Time { get; set; }

    /// <summary>The time has come, or had: it may have been set anew or cancelled just now. On the queue's thread,
    /// without locks.</summary>
    protected internal abstract void OnTime();
}

/// <summary>The machine's timers on one host clock: a heap, and a thread that sleeps until the first of them. The
/// thread begins with the first timer. Lock: <c>timer queue lock</c>, a leaf.</summary>
/// <param name="clock">CLOCK_MONOTONIC or CLOCK_REALTIME.</param>
internal sealed class TimerQueue(int clock, Placement placement)
{
    private const int StackBytes = 256 * 1024;

    private readonly Lock _timerQueueLock = new();
    private readonly HostFutex _sleeper = new();
    private QueuedTimer[] _heap = new QueuedTimer[16];
    private int _count;
    private bool _started;

    /// <summary>Sets a timer that is in this queue or none, whether it was set or not.</summary>
    public void Arm(QueuedTimer timer, long time)
    {
        bool first;
        lock (_timerQueueLock)
        {
            if (timer.Queue is null)
            {
                if (_count == _heap.Length)
                {
                    Array.Resize(ref _heap, _count * 2);
                }

                timer.Queue = this;
                timer.HeapIndex = _count;
                _heap[_count++] = timer;
            }

            timer.Time = time;
            SiftDown(SiftUp(timer.HeapIndex));
            first = timer.HeapIndex == 0;
            if (!_started)
            {
                _started = true;
                new Thread(Run, StackBytes) { IsBackground = true, Name = "timer" }.Start();
            }
        }

        if (first)
        {
            _sleeper.Wake();
        }
    }

    /// <summary>After this the timer is not begun any more; it may be under way.</summary>
    public void Cancel(QueuedTimer timer)
    {
        lock (_timerQueueLock)
        {
            if (timer.Queue == this)
            {
                Remove(timer);
            }
        }
    }

    private void Run()
    {
        HostSystem.RunAnywhere(placement.Cpus);
        while (true)
        {
            _sleeper.Arm();
            long next = RunDue();
            _sleeper.Sleep(clock, next);
        }
    }

    /// <returns>The time of the next; long.MaxValue if there is none.</returns>
    private long RunDue()
    {
        while (true)
        {
            QueuedTimer timer;
            lock (_timerQueueLock)
            {
                if (_count == 0)
                {
                    return long.MaxValue;
                }

                timer = _heap[0];
                if (timer.Time > Deadline.Now(clock))
                {
                    return timer.Time;
                }

                Remove(timer);
            }

            timer.OnTime();
        }
    }

    private void Remove(QueuedTimer timer)
    {
        int index = timer.HeapIndex;
        QueuedTimer last = _heap[--_count];
        _heap[_count] = null!;
        timer.Queue = null;
        if (last != timer)
        {
            _heap[index] = last;
            last.HeapIndex = index;
            SiftDown(SiftUp(index));
        }
    }

    private int SiftUp(int index)
    {
        while (index > 0 && _heap[index].Time < _heap[(index - 1) / 2].Time)
        {
            Swap(index, (index - 1) / 2);
            index = (index - 1) / 2;
        }

        return index;
    }

    private void SiftDown(int index)
    {
        while (true)
        {
            int least = index;
            for (int child = (2 * index) + 1; child <= (2 * index) + 2 && child < _count; child++)
            {
                if (_heap[child].Time < _heap[least].Time)
                {
                    least = child;
                }
            }

            if (least == index)
            {
                return;
            }

            Swap(index, least);
            index = least;
        }
    }

    private void Swap(int a, int b)
    {
        (_heap[a], _heap[b]) = (_heap[b], _heap[a]);
        _heap[a].HeapIndex = a;
        _heap[b].HeapIndex = b;
    }
}
