using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

using UmlHost.Kernel;
using UmlHost.Time;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

public class TimerQueueTests
{
    [Fact]
    public void TimersComeInTheirOrderAndCancelledOnesDoNot()
    {
        TimerQueue queue = new(CLOCK_MONOTONIC, new Placement());
        List<Recorder> come = [];
        Random random = new(7);
        long start = Deadline.Now(CLOCK_MONOTONIC) + 300_000_000;
        Recorder[] timers = [.. Enumerable.Range(0, 500).Select(_ => new Recorder(come))];
        foreach (Recorder timer in timers)
        {
            queue.Arm(timer, start + random.Next(40_000_000));
        }

        // Some are set anew, earlier and later, and some never come.
        foreach (Recorder timer in timers.Where((_, index) => index % 3 == 0))
        {
            queue.Arm(timer, start + random.Next(40_000_000));
        }

        Recorder[] cancelled = [.. timers.Where((_, index) => index % 7 == 0)];
        foreach (Recorder timer in cancelled)
        {
            queue.Cancel(timer);
            queue.Cancel(timer);
        }

        using ManualResetEventSlim done = new();
        queue.Arm(new Last(done), start + 50_000_000);
        Assert.True(done.Wait(TimeSpan.FromSeconds(20)));

        lock (come)
        {
            Assert.Equal(timers.Except(cancelled).ToHashSet(), [.. come]);
            Assert.Equal(come.Count, come.Distinct().Count());
            Assert.All(come.Zip(come.Skip(1)), pair => Assert.True(pair.First.Due <= pair.Second.Due));
            Assert.All(come, timer => Assert.True(timer.Came >= timer.Due));
        }
    }

    [Fact]
    public void ATimerThatBecomesTheFirstWakesTheQueue()
    {
        TimerQueue queue = new(CLOCK_MONOTONIC, new Placement());
        using ManualResetEventSlim later = new();
        using ManualResetEventSlim sooner = new();
        queue.Arm(new Last(later), Deadline.Now(CLOCK_MONOTONIC) + 3_600_000_000_000);
        Thread.Sleep(20);
        queue.Arm(new Last(sooner), Deadline.Now(CLOCK_MONOTONIC) + 1_000_000);
        Assert.True(sooner.Wait(TimeSpan.FromSeconds(20)));
        Assert.False(later.IsSet);
    }

    private sealed class Recorder(List<Recorder> come) : QueuedTimer
    {
        public long Due { get; private set; }

        public long Came { get; private set; }

        protected internal override void OnTime()
        {
            Due = Time;
            Came = Deadline.Now(CLOCK_MONOTONIC);
            lock (come)
            {
                come.Add(this);
            }
        }
    }

    private sealed class Last(ManualResetEventSlim done) : QueuedTimer
    {
        protected internal override void OnTime() => done.Set();
    }
}
