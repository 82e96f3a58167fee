namespace UmlHost.Bench;

internal enum Against
{
    Native,
    Floor,
    Milliseconds,
}

/// <summary>A limit the issue sets: a ratio to another column, or an absolute time.</summary>
internal sealed record Target(Against Against, double Limit);

internal enum FloorLoop
{
    None,
    Call,
    Pread,
}

/// <summary>One line of the table: what to run, and what to hold it against.</summary>
internal sealed record Row(string Name, string Program)
{
    /// <summary>What follows the iteration count; "{data}", "{functions}" and "{true}" stand for files in the output folder.</summary>
    public string[] Arguments { get; init; } = [];

    /// <summary>A fixed iteration count (a number of pages). Without one, the runner finds how many make a loop long enough.</summary>
    public long? Iterations { get; init; }

    public FloorLoop Floor { get; init; } = FloorLoop.None;

    /// <summary>How many system calls one iteration makes: the floor is that many times its loop.</summary>
    public int FloorCalls { get; init; } = 1;

    public Target? Target { get; init; }

    /// <summary>There is nothing to run as a guest: the row is there for others to be held against.</summary>
    public bool NativeOnly { get; init; }

    /// <summary>For the notes.</summary>
    public string? Note { get; init; }

    /// <summary>Count the faults the supervisor sees, from its report.</summary>
    public bool CountFaults { get; init; }

    /// <summary>The measure is the program's whole life, from spawn to its end, not a loop inside.</summary>
    public bool WholeLife { get; init; }

    /// <summary>How many whole lives are measured; without one, as many as the runner takes.</summary>
    public int? Lives { get; init; }

    public string Unit => WholeLife ? "ms" : "ns";

    /// <summary>One system call, fault, signal or the like in each.</summary>
    public static readonly Row[] Small =
    [
        new("getppid", "getppid") { Floor = FloorLoop.Call, Target = new(Against.Floor, 1.25) },
        new("clock_gettime", "clock_gettime"),
        new("read 1 byte", "read1") { Arguments = ["{data}"], Floor = FloorLoop.Call, Target = new(Against.Floor, 1.35) },
        new("pread 64 KiB", "pread64k") { Arguments = ["{data}"], Floor = FloorLoop.Pread },
        new("open+close", "open_close") { Arguments = ["{data}"], Floor = FloorLoop.Call, FloorCalls = 2 },
        new("page fault, sequential", "fault")
        {
            Arguments = ["sequential"],
            Iterations = FaultPages,
            Target = new(Against.Native, 2),
            CountFaults = true,
        },
        new("page fault, random", "fault")
        {
            Arguments = ["random"],
            Iterations = FaultPages,
            Target = new(Against.Native, 4),
            CountFaults = true,
        },
        new("mmap+touch+munmap", "mmap_touch_munmap"),
        new("mprotect twice + touch", "mprotect_touch"),
        new("true, start to end", "true") { WholeLife = true, Target = new(Against.Milliseconds, 40) },
        new("200 × true by sh", "/bin/busybox")
        {
            WholeLife = true,
            Arguments = ["sh", "-c", "i=0; while [ $i -lt 200 ]; do i=$((i+1)); {true}; done"],
        },
        new("signal to self", "signal_self") { Floor = FloorLoop.Call, Target = new(Against.Floor, 5) },
        new("thread create+join", "thread_create") { Target = new(Against.Native, 10) },
        new("1,000 threads at once", "threads_alive") { Iterations = 1000 },
        new("two spinning threads", "spin_threads") { Arguments = ["together"], Target = new(Against.Native, 1.2) },
        new("the same, in turn", "spin_threads") { Arguments = ["apart"], Note = "the row above is to take half of this on two CPUs" },
        new("futex ping-pong", "futex_pingpong") { Target = new(Against.Native, 1.5) },
        new("fork+exit+wait", "fork_wait") { Target = new(Against.Native, 5) },
        new("fork+exec of true", "fork_exec") { Arguments = ["{true}"], Target = new(Against.Native, 2.5) },
        new("fork, 10 pages packed", "fork_pages") { Arguments = ["packed"] },
        new("fork, 10 pages over 1 TiB", "fork_pages") { Arguments = ["spread"], Note = "should cost what packed ones do" },
        new("page-table walk, packed", "page_table_walk") { Arguments = ["packed"], NativeOnly = true, Note = Strawman },
        new("page-table walk, 1 TiB", "page_table_walk") { Arguments = ["spread"], NativeOnly = true, Note = Strawman },
        new("COW fault", "cow_fault") { Iterations = CowPages, Target = new(Against.Native, 5) },
        new("COW fault, random order", "cow_random") { Iterations = RandomCowPages },
        new("pipe ping-pong", "pipe_pingpong") { Target = new(Against.Native, 1.5) },
    ];

    private const string Strawman = "what a fork by page table would add to the row of the same pages";

    private const long FaultPages = 64 * 1024 / 4;
    private const long CowPages = 16 * 1024 / 4;
    private const long RandomCowPages = 64 * 1024 / 4;
}
