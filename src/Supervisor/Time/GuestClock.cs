using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Time;

/// <summary>How CPU time is counted: Linux's CPUCLOCK_ names, the low two bits of a dynamic clock id.</summary>
internal enum CpuClock
{
    /// <summary>User and system time.</summary>
    Prof,

    /// <summary>User time.</summary>
    Virt,

    /// <summary>All.</summary>
    Sched,
}

/// <summary>A clock that a guest names by its clockid_t: one of the host's, or the CPU time of a process or a thread.
/// </summary>
internal readonly record struct GuestClock
{
    private const int PerThread = 4;
    private const int KindMask = 3;
    private const int DynamicFile = 3;

    /// <summary>CPU time is looked at no more often than this: Linux's tick.</summary>
    private const long Tick = 1_000_000;

    private readonly ThreadGroup? _group;
    private readonly GuestTask? _task;
    private readonly CpuClock _kind;

    private GuestClock(int id) => Id = id;

    private GuestClock(int id, GuestTask task, CpuClock kind)
    {
        Id = id;
        _task = task;
        _kind = kind;
    }

    public GuestClock(int id, ThreadGroup group, CpuClock kind)
    {
        Id = id;
        _group = group;
        _kind = kind;
    }

    public int Id { get; }

    public bool IsCpu => _group is not null || _task is not null;

    /// <summary>The clock of the calling thread itself: it cannot sleep on that.</summary>
    public bool IsOfThread(GuestTask task) => _task == task;

    public static GuestClock Monotonic => new(CLOCK_MONOTONIC);

    /// <summary>Resolves a clock id as <paramref name="task"/> means it. EINVAL for one that is no clock.</summary>
    /// <param name="toRead">Only to read it: then a thread id names its process too.</param>
    public static Errno Find(GuestTask task, int id, bool toRead, out GuestClock clock)
    {
        clock = new GuestClock(id);
        switch (id)
        {
            case CLOCK_PROCESS_CPUTIME_ID:
                clock = new GuestClock(id, task.Group, CpuClock.Sched);
                return Errno.None;
            case CLOCK_THREAD_CPUTIME_ID:
                clock = new GuestClock(id, task, CpuClock.Sched);
                return Errno.None;
            case >= 0:
                return IsKnown(id) ? Errno.None : Errno.EINVAL;
            default:
                return FindDynamic(task, id, toRead, out clock);
        }
    }

    /// <summary>Whether an id has a clock, whatever may be done with it.</summary>
    public static bool IsKnown(int id) => id is >= 0 and <= CLOCK_BOOTTIME_ALARM or CLOCK_TAI;

    /// <summary>A clock of a device file: guests have none.</summary>
    public static bool IsDeviceClock(int id) => id < 0 && (id & (PerThread | KindMask)) == DynamicFile;

    /// <summary>Now, in ns. For a process's CPU time, takes the task list lock.</summary>
    public Errno Read(out timespec now)
    {
        if (!IsCpu)
        {
            return HostClock.Get(Id, out now);
        }

        now = Deadline.ToTimespec(Now());
        return Errno.None;
    }

    /// <inheritdoc cref="Read"/>
    public long Now()
    {
        if (!IsCpu)
        {
            HostClock.Get(Id, out timespec now);
            return Deadline.ToNanoseconds(now);
        }

        CpuTime time = _task?.CpuTime ?? _group!.CpuTime;
        return _kind == CpuClock.Virt ? time.User : time.Total;
    }

    public Errno Resolution(out timespec resolution)
    {
        if (!IsCpu)
        {
            return HostClock.Resolution(Id, out resolution);
        }

        resolution = _kind == CpuClock.Sched ? new timespec { tv_nsec = 1 } : HostClock.TickResolution();
        return Errno.None;
    }

    /// <summary>When this clock shows <paramref name="time"/>, on a clock that can be slept on; for CPU time, when it
    /// may at the earliest.</summary>
    /// <param name="now">What it shows now; for CPU time only.</param>
    public Deadline DeadlineOf(long time, long now)
    {
        if (time == long.MaxValue)
        {
            return Deadline.Never;
        }

        switch (Id)
        {
            case var _ when IsCpu:
                int threads = int.Max(1, _group?.Tasks.Count ?? 1);
                return Deadline.After(long.Max(Tick, (time - now) / threads));
            case CLOCK_REALTIME:
                return new Deadline(CLOCK_REALTIME, time);
            case CLOCK_TAI:
                return new Deadline(CLOCK_REALTIME, time - Deadline.Now(CLOCK_TAI) + Deadline.Now(CLOCK_REALTIME));
            case CLOCK_BOOTTIME:
                return new Deadline(CLOCK_MONOTONIC, time - Deadline.Now(CLOCK_BOOTTIME) + Deadline.Now(CLOCK_MONOTONIC));
            default:
                return new Deadline(CLOCK_MONOTONIC, time);
        }
    }

    /// <summary>What a relative time counts on: setting the clock does not change it.</summary>
    public GuestClock Relative => Id is CLOCK_REALTIME or CLOCK_TAI ? new GuestClock(CLOCK_MONOTONIC) : this;

    private static Errno FindDynamic(GuestTask task, int id, bool toRead, out GuestClock clock)
    {
        clock = default;
        int kind = id & KindMask;
        if (kind > (int)CpuClock.Sched)
        {
            return Errno.EINVAL;
        }

        int pid = ~(id >> 3);
        bool ofThread = (id & PerThread) != 0;
        if (pid == 0)
        {
            clock = ofThread ? new GuestClock(id, task, (CpuClock)kind) : new GuestClock(id, task.Group, (CpuClock)kind);
            return Errno.None;
        }

        lock (task.Machine.Tasks.Lock)
        {
            if (ofThread)
            {
                GuestTask? thread = task.Machine.Tasks.FindTask(pid);
                if (thread?.Group != task.Group)
                {
                    return Errno.EINVAL;
                }

                clock = new GuestClock(id, thread, (CpuClock)kind);
                return Errno.None;
            }

            ThreadGroup? group = toRead && pid == task.Tid ? task.Group : task.Machine.Tasks.FindGroup(pid);
            if (group is null)
            {
                return Errno.EINVAL;
            }

            clock = new GuestClock(id, group, (CpuClock)kind);
            return Errno.None;
        }
    }
}
