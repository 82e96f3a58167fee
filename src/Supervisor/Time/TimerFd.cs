using System;
using System.Threading;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Time;

/// <summary>A timerfd: reads take the number of periods that are over.</summary>
internal sealed class TimerFd(Machine machine, GuestClock clock, int flags) : AnonymousFile(flags)
{
    private readonly FileTimer _timer = new(machine, clock);
    private bool _isAbsolute;

    protected override ReadOnlySpan<byte> Name => "anon_inode:[timerfd]"u8;

    public override bool CanPoll => true;

    public override void DescribeMore(TextBuffer text)
    {
        TimerSetting setting = Get();
        text.Append("clockid: "u8).Append(_timer.Clock.Id).Append("\nticks: "u8).Append(_timer.Ticks).Append("\nsettime flags: 0"u8).Append(_isAbsolute ? TFD_TIMER_ABSTIME : 0)
            .Append("\nit_value: ("u8).Append(setting.Value / Deadline.NanosecondsPerSecond).Append(", "u8).Append(setting.Value % Deadline.NanosecondsPerSecond)
            .Append(")\nit_interval: ("u8).Append(setting.Interval / Deadline.NanosecondsPerSecond).Append(", "u8).Append(setting.Interval % Deadline.NanosecondsPerSecond).Append(")\n"u8);
    }

    public TimerSetting Set(long value, long interval, bool absolute)
    {
        _isAbsolute = absolute;
        return _timer.Set(value, interval, absolute);
    }

    public TimerSetting Get()
    {
        _timer.CatchUp();
        return _timer.Get();
    }

    public override unsafe SyscallResult Read(GuestTask task, ref IovIter to)
    {
        if (to.Count < sizeof(ulong))
        {
            return Errno.EINVAL;
        }

        ulong ticks;
        while ((ticks = _timer.Take()) == 0)
        {
            if (IsNonblocking)
            {
                return Errno.EAGAIN;
            }

            FileTimer timer = _timer;
            if (task.Wait(timer.Wait, ref timer, static (ref FileTimer timer) => timer.Ticks != 0, Deadline.Never) == WaitResult.Interrupted)
            {
                return SyscallResult.RestartSys;
            }
        }

        return to.CopyOut(task.Memory, new ReadOnlySpan<byte>(&ticks, sizeof(ulong))) == sizeof(ulong) ? sizeof(ulong) : Errno.EFAULT;
    }

    public override uint Poll(PollTable? table)
    {
        table?.Add(_timer.Wait);
        return _timer.Ticks != 0 ? POLLIN : 0u;
    }

    protected override void Close() => _timer.Cancel();

    private sealed class FileTimer(Machine machine, GuestClock clock) : GuestTimer(machine, clock)
    {
        private ulong _ticks;
        private bool _isExpired;

        public WaitQueue Wait { get; } = new();

        public ulong Ticks => Volatile.Read(ref _ticks);

        protected override bool WaitsForGuest => true;

        public ulong Take()
        {
            long now = Now();
            lock (TimerLock)
            {
                CatchUp(now);
                ulong ticks = _ticks;
                Volatile.Write(ref _ticks, 0);
                return ticks;
            }
        }

        /// <summary>A timer that came counts on only when somebody looks.</summary>
        public void CatchUp()
        {
            long now = Now();
            lock (TimerLock)
            {
                CatchUp(now);
            }
        }

        protected override void OnSet()
        {
            Volatile.Write(ref _ticks, 0);
            _isExpired = false;
        }

        protected override void OnExpired(long now)
        {
            Volatile.Write(ref _ticks, _ticks + 1);
            if (Interval == 0)
            {
                Advance(now);
            }
            else
            {
                _isExpired = true;
            }
        }

        protected override void Notify() => Wait.Wake(POLLIN);

        private void CatchUp(long now)
        {
            if (_isExpired)
            {
                _isExpired = false;
                Volatile.Write(ref _ticks, _ticks + (ulong)(Advance(now) - 1));
                Arm(now);
            }
        }
    }
}
