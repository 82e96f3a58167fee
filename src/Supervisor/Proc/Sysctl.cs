using System;

using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Ipc;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>/proc/sys. What the guest kernel decides is read from where it decides; what depends on the host is the host's
/// (<see cref="SysctlTree.Host"/>). Nothing but the names can be set: the rest is readable only, and opening it for writing
/// gives EACCES, root included.</summary>
internal static class Sysctl
{
    private const ulong Unlimited = long.MaxValue;

    public static void AddTo(PseudoFileSystem proc, Machine machine, PseudoDirectory sys)
    {
        SysctlTree tree = new(proc, sys);
        AddKernel(tree, machine);
        AddMemory(tree);
        AddFiles(tree, machine);
        tree.Host("net/core/somaxconn");
        tree.Value("net/core/rmem_default", Sockets.SocketOptions.DefaultBuffer);
        tree.Value("net/core/rmem_max", Sockets.SocketOptions.DefaultBuffer);
        tree.Value("net/core/wmem_default", Sockets.SocketOptions.DefaultBuffer);
        tree.Value("net/core/wmem_max", Sockets.SocketOptions.DefaultBuffer);
        tree.Host("net/unix/max_dgram_qlen");
    }

    private static void AddKernel(SysctlTree tree, Machine machine)
    {
        UtsNamespace name = machine.Name;
        tree.Text("kernel/ostype", text => AppendName(text, name.Get(), nameof(utsname.sysname)));
        tree.Text("kernel/osrelease", text => AppendName(text, name.Get(), nameof(utsname.release)));
        tree.Text("kernel/version", text => AppendName(text, name.Get(), nameof(utsname.version)));
        tree.Text("kernel/arch", text => AppendName(text, name.Get(), nameof(utsname.machine)));
        tree.Text("kernel/hostname", text => AppendName(text, name.Get(), nameof(utsname.nodename)), (_, text) => SetName(text, name.SetNodeName));
        tree.Text("kernel/domainname", text => AppendName(text, name.Get(), nameof(utsname.domainname)), (_, text) => SetName(text, name.SetDomainName));
        tree.Value("kernel/pid_max", TaskList.MaxPid);
        tree.Value("kernel/threads-max", TaskList.MaxPid);
        tree.Text("kernel/ns_last_pid", text => text.Append(machine.Tasks.LastPid).Append("\n"u8));
        tree.Value("kernel/cap_last_cap", CAP_CHECKPOINT_RESTORE);
        tree.Value("kernel/ngroups_max", 65536);
        tree.Value("kernel/overflowuid", 65534);
        tree.Value("kernel/overflowgid", 65534);
        tree.Value("kernel/randomize_va_space", machine.IsRandomized ? 2 : 0);
        tree.Line("kernel/core_pattern", "core");
        tree.Value("kernel/core_uses_pid", 0);
        tree.Value("kernel/core_pipe_limit", 0);
        tree.Value("kernel/panic", 0);
        tree.Value("kernel/panic_on_oops", 0);
        tree.Value("kernel/tainted", 0);
        tree.Value("kernel/kptr_restrict", 2);
        tree.Value("kernel/dmesg_restrict", 1);
        tree.Value("kernel/perf_event_paranoid", 3);
        tree.Value("kernel/unprivileged_bpf_disabled", 2);
        tree.Value("kernel/io_uring_disabled", 2);
        tree.Value("kernel/kexec_load_disabled", 1);
        tree.Value("kernel/modules_disabled", 1);
        tree.Value("kernel/numa_balancing", 0);
        tree.Value("kernel/sched_autogroup_enabled", 0);
        tree.Host("kernel/sched_rr_timeslice_ms");
        tree.Host("kernel/sched_rt_period_us");
        tree.Host("kernel/sched_rt_runtime_us");
        tree.Value("kernel/yama/ptrace_scope", 0);
        tree.Host("kernel/shmmax");
        tree.Host("kernel/shmall");
        tree.Value("kernel/shmmni", IpcLimits.Segments);
        tree.Value("kernel/shm_rmid_forced", 0);
        tree.Line("kernel/sem", $"{SemaphoreSet.MaxPerSet}\t{SemaphoreSet.MaxSemaphores}\t{SemaphoreSet.MaxOperations}\t{IpcLimits.SemaphoreSets}");
        tree.Value("kernel/msgmax", MessageQueue.MaxBytes);
        tree.Value("kernel/msgmnb", MessageQueue.DefaultQueueBytes);
        tree.Value("kernel/msgmni", IpcLimits.MessageQueues);
        tree.Line("kernel/printk", "4\t4\t1\t7");
        string boot = NewUuid();
        tree.Line("kernel/random/boot_id", boot);
        tree.Text("kernel/random/uuid", static text => text.Append(NewUuid()).Append("\n"u8));
        tree.Value("kernel/random/entropy_avail", 256);
        tree.Value("kernel/random/poolsize", 256);
        tree.Value("kernel/random/urandom_min_reseed_secs", 60);
        tree.Value("kernel/random/write_wakeup_threshold", 256);
        tree.Value("kernel/pty/max", Terminals.PseudoTerminals.Limit);
        tree.Text("kernel/pty/nr", text => text.Append(machine.Terminals.Count).Append("\n"u8));
        tree.Value("kernel/pty/reserve", 0);
    }

    private static void AddMemory(SysctlTree tree)
    {
        // A request for more than all the memory there is fails (MemoryMap.MayCommit): Linux's heuristic.
        tree.Value("vm/overcommit_memory", 0);
        tree.Value("vm/overcommit_ratio", 50);
        tree.Value("vm/overcommit_kbytes", 0);
        tree.Value("vm/mmap_min_addr", (long)MemoryMap.MinAddress);
        tree.Value("vm/nr_hugepages", 0);
        tree.Value("vm/nr_overcommit_hugepages", 0);
        tree.Value("vm/panic_on_oom", 0);
        tree.Value("vm/oom_kill_allocating_task", 0);
        tree.Value("vm/unprivileged_userfaultfd", 0);
        tree.Value("vm/legacy_va_layout", 0);
        tree.Value("vm/memfd_noexec", 0);
        tree.Host("vm/max_map_count");
        tree.Host("vm/swappiness");
        tree.Host("vm/mmap_rnd_bits");
        tree.Host("vm/min_free_kbytes");
        tree.Host("vm/dirty_ratio");
        tree.Host("vm/dirty_background_ratio");
        tree.Host("vm/dirty_expire_centisecs");
        tree.Host("vm/dirty_writeback_centisecs");
        tree.Host("vm/page-cluster");
        tree.Host("vm/vfs_cache_pressure");
        tree.Host("vm/zone_reclaim_mode");
    }

    private static void AddFiles(SysctlTree tree, Machine machine)
    {
        tree.Line("fs/file-max", $"{Unlimited}");
        tree.Text("fs/file-nr", text => text.Append(OpenFiles(machine)).Append("\t0\t"u8).Append(Unlimited).Append("\n"u8));
        tree.Value("fs/nr_open", FdTable.Maximum);
        tree.Value("fs/pipe-max-size", Pipe.MaxSize);
        tree.Value("fs/pipe-user-pages-soft", 0);
        tree.Value("fs/pipe-user-pages-hard", 0);
        tree.Value("fs/overflowuid", 65534);
        tree.Value("fs/overflowgid", 65534);
        tree.Value("fs/suid_dumpable", 0);
        tree.Value("fs/protected_symlinks", 1);
        tree.Value("fs/protected_hardlinks", 1);
        tree.Value("fs/protected_regular", 1);
        tree.Value("fs/protected_fifos", 1);
        tree.Value("fs/leases-enable", 0);
        tree.Value("fs/lease-break-time", 45);
        tree.Value("fs/aio-nr", 0);
        tree.Value("fs/aio-max-nr", 0);
        tree.Value("fs/mount-max", 100000);
        tree.Value("fs/inotify/max_queued_events", Inotify.MostEvents);
        tree.Value("fs/inotify/max_user_instances", Inotify.MostInstances);
        tree.Value("fs/inotify/max_user_watches", FsNotify.MostWatches);
        tree.Host("fs/epoll/max_user_watches");
        tree.Value("fs/mqueue/msg_default", PosixQueues.DefaultMessages);
        tree.Value("fs/mqueue/msg_max", PosixQueues.MaxMessages);
        tree.Value("fs/mqueue/msgsize_default", PosixQueues.DefaultMessageSize);
        tree.Value("fs/mqueue/msgsize_max", PosixQueues.MaxMessageSize);
        tree.Value("fs/mqueue/queues_max", PosixQueues.MaxQueues);
    }

    private static Errno SetName(ReadOnlySpan<byte> text, NameSetter set)
    {
        int end = text.IndexOfAny((byte)'\n', (byte)0);
        text = end < 0 ? text : text[..end];
        set(text[..Math.Min(text.Length, UtsNamespace.NameLength)]);
        return Errno.None;
    }

    private delegate void NameSetter(ReadOnlySpan<byte> name);

    private static unsafe void AppendName(TextBuffer text, utsname names, string field)
    {
        byte* name = field switch
        {
            nameof(utsname.sysname) => names.sysname,
            nameof(utsname.release) => names.release,
            nameof(utsname.version) => names.version,
            nameof(utsname.machine) => names.machine,
            nameof(utsname.nodename) => names.nodename,
            _ => names.domainname,
        };
        text.Append(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)).Append("\n"u8);
    }

    private static string NewUuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        HostRandom.Fill(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes).ToString();
    }

    /// <summary>Open descriptors of all processes, one of several tasks counted once for each process.</summary>
    private static long OpenFiles(Machine machine)
    {
        long count = 0;
        lock (machine.Tasks.Lock)
        {
            foreach (ThreadGroup group in machine.Tasks.Groups)
            {
                FdTable? files = group.Tasks.Count > 0 ? group.Tasks[0].Files : null;
                for (int fd = 0; fd < (files?.Size ?? 0); fd++)
                {
                    count += files!.GetCloseOnExec(fd) is null ? 0 : 1;
                }
            }
        }

        return count;
    }
}

/// <summary>Adds files to /proc/sys by their paths.</summary>
internal sealed class SysctlTree(PseudoFileSystem proc, PseudoDirectory root)
{
    public void Value(string path, long value) => Line(path, $"{value}");

    public void Line(string path, string line) => Text(path, text => text.Append(line).Append("\n"u8));

    /// <summary>The host's value, where it has one.</summary>
    public void Host(string path)
    {
        string source = "/proc/sys/" + path;
        if (HostTree.TypeOf(source) == S_IFREG)
        {
            Text(path, text => HostTree.Read(source, text));
        }
    }

    public void Text(string path, Action<TextBuffer> generate, TextReceiver? receive = null)
    {
        PseudoDirectory directory = root;
        string[] names = path.Split('/');
        foreach (string name in names.AsSpan(0, names.Length - 1))
        {
            directory = directory.Directory(name);
        }

        directory.Add(names[^1], new SysctlFile(proc, receive is null ? 0x124u : 0x1a4, (_, text) => generate(text), receive));
    }

    /// <summary>Root is no exception to the permission bits (sysctl_perm).</summary>
    private sealed class SysctlFile(PseudoFileSystem proc, uint permission, TextGenerator generate, TextReceiver? receive)
        : PseudoText(proc, permission, generate, receive)
    {
        public override Errno MayOpen(GuestTask task, int flags)
        {
            bool isRoot = task.Credentials.EffectiveUid == 0;
            bool writes = (flags & O_ACCMODE) != O_RDONLY;
            return writes && (Ownership.Mode & (isRoot ? S_IWUSR : S_IWOTH)) == 0 ? Errno.EACCES : Errno.None;
        }
    }
}
