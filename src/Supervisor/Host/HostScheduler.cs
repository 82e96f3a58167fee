using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>What the host's scheduler knows and does for guests.</summary>
internal static unsafe class HostScheduler
{
    /// <summary>The shortest that the host gives, in ns.</summary>
    private const ulong ShortSlice = 100_000;

    /// <summary>CPU and memory node of the calling thread, which a task's host thread shares.</summary>
    public static void CurrentCpu(out uint cpu, out uint node)
    {
        uint here;
        uint memory;
        LibC.syscall_nonblocking(SYS_getcpu, (nint)(&here), (nint)(&memory));
        cpu = here;
        node = memory;
    }

    /// <summary>Bytes of the host kernel's own CPU masks.</summary>
    public static int CpuMaskBytes()
    {
        ulong* mask = stackalloc ulong[1024];
        Result size = LibC.sched_getaffinity(0, 1024 * sizeof(ulong), mask);
        return size.Failed ? sizeof(ulong) : size.Int;
    }

    /// <summary>The slice that the host gives to threads of the ordinary policy.</summary>
    public static timespec RoundRobinInterval()
    {
        timespec interval;
        LibC.syscall_nonblocking(SYS_sched_rr_get_interval, 0, (nint)(&interval));
        return interval;
    }

    /// <summary>The slice of a thread of the ordinary policy in ns, as sched_getattr shows it to who did not ask for
    /// another.</summary>
    public static ulong Slice { get; private set; }

    /// <summary>Asks for short slices for the calling thread, and for all threads and processes that it makes. Each trap is
    /// two hand-offs between threads of one CPU; where something computes there too, the host makes each of them wait
    /// for the end of that one's slice, some milliseconds if it is of the ordinary length. Hosts before Linux 6.12
    /// do nothing.</summary>
    public static void ShortenSlices()
    {
        sched_attr attributes;
        if (LibC.syscall_nonblocking(SYS_sched_getattr, 0, (nint)(&attributes), sizeof(sched_attr), 0).Failed)
        {
            return;
        }

        Slice = attributes.sched_runtime;
        if (attributes.sched_policy == SCHED_NORMAL)
        {
            attributes.sched_runtime = ShortSlice;
            _ = LibC.syscall_nonblocking(SYS_sched_setattr, 0, (nint)(&attributes), 0);
        }
    }

    /// <summary>Gives another thread the ordinary slice, or a short one.</summary>
    public static void SetSlice(int thread, bool ordinary)
    {
        sched_attr attributes;
        if (!LibC.syscall_nonblocking(SYS_sched_getattr, thread, (nint)(&attributes), sizeof(sched_attr), 0).Failed
            && attributes.sched_policy == SCHED_NORMAL)
        {
            attributes.sched_runtime = ordinary ? ulong.Max(Slice, 10 * ShortSlice) : ShortSlice;
            _ = LibC.syscall_nonblocking(SYS_sched_setattr, thread, (nint)(&attributes), 0);
        }
    }

    public static void Yield() => LibC.sched_yield();

    /// <summary>Load averages, uptime and memory of the host.</summary>
    public static sysinfo Information()
    {
        sysinfo information;
        LibC.sysinfo(&information);
        return information;
    }

    /// <summary>Bytes of memory and swap that the host has.</summary>
    public static ulong MemoryAndSwap()
    {
        sysinfo information = Information();
        return (information.totalram + information.totalswap) * information.mem_unit;
    }

    /// <summary>A memory barrier on every thread of the machine (MEMBARRIER_CMD_GLOBAL); takes milliseconds.</summary>
    public static Result GlobalBarrier() => LibC.syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0);
}
