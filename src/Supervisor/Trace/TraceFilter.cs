using System;
using System.Collections.Generic;
using System.Linq;

using UmlHost.Syscalls;

namespace UmlHost.Trace;

/// <summary>Which calls <c>--trace=SET</c> shows. A set is a comma-separated list of names, classes (%file,
/// %desc, %memory, %process, %signal, %time, %network) and <c>all</c>; <c>!</c> before one takes it away. A set
/// that begins with <c>!</c> begins with everything.</summary>
internal sealed class TraceFilter
{
    // What the argument kinds do not tell. Kernel names.
    private static readonly Dictionary<string, string> s_classes = new()
    {
        ["%memory"] = "mmap mprotect munmap brk mremap msync mincore madvise shmat shmdt mlock munlock mlockall munlockall remap_file_pages mbind "
            + "set_mempolicy get_mempolicy migrate_pages move_pages mlock2 pkey_mprotect process_madvise set_mempolicy_home_node map_shadow_stack mseal",
        ["%process"] = "clone fork vfork execve exit wait4 kill rt_sigqueueinfo tkill exit_group tgkill waitid rt_tgsigqueueinfo execveat "
            + "pidfd_send_signal clone3 pidfd_open process_mrelease unshare",
        ["%signal"] = "rt_sigaction rt_sigprocmask rt_sigreturn pause kill rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend sigaltstack "
            + "tkill tgkill signalfd signalfd4 rt_tgsigqueueinfo pidfd_send_signal",
        ["%time"] = "nanosleep getitimer alarm setitimer gettimeofday adjtimex settimeofday time times timer_create timer_settime timer_gettime "
            + "timer_getoverrun timer_delete clock_settime clock_gettime clock_getres clock_nanosleep clock_adjtime timerfd_create timerfd_settime "
            + "timerfd_gettime",
        ["%network"] = "sendfile socket connect accept sendto recvfrom sendmsg recvmsg shutdown bind listen getsockname getpeername socketpair "
            + "setsockopt getsockopt accept4 recvmmsg sendmmsg",
        ["%desc"] = "open creat pipe pipe2 epoll_create epoll_create1 eventfd eventfd2 memfd_create memfd_secret timerfd_create inotify_init "
            + "inotify_init1 socket socketpair userfaultfd perf_event_open fanotify_init pidfd_open mq_open fsopen bpf io_uring_setup close_range",
    };

    // By number; the last entry is for numbers that Linux does not have.
    private readonly bool[] _shown = new bool[SyscallTable.Count + 1];

    private TraceFilter(bool all) => Array.Fill(_shown, all);

    /// <summary>Shows every call.</summary>
    public static TraceFilter All { get; } = new(all: true);

    /// <summary>Every name that the classes are made of.</summary>
    internal static IEnumerable<string> ClassNames => s_classes.Values.SelectMany(names => names.Split(' '));

    /// <summary>Reads a set.</summary>
    /// <returns>Null, or what is wrong with the set; then there is no filter.</returns>
    public static string? Parse(string set, out TraceFilter? filter)
    {
        string[] elements = set.Split(',');
        var result = new TraceFilter(all: elements[0].StartsWith('!'));
        filter = null;
        foreach (string element in elements)
        {
            bool show = !element.StartsWith('!');
            string name = show ? element : element[1..];
            if (name == "all")
            {
                Array.Fill(result._shown, show);
            }
            else if (name.StartsWith('%'))
            {
                Func<Syscall, bool>? member = Class(name);
                if (member is null)
                {
                    return $"unknown class of system calls \"{name}\"";
                }

                foreach (Syscall call in SyscallTable.All.Where(member))
                {
                    result._shown[call.Number] = show;
                }
            }
            else if (SyscallTable.Find(name) is { } call)
            {
                result._shown[call.Number] = show;
            }
            else
            {
                return name.Length == 0 ? "empty name in the set of system calls" : $"unknown system call \"{name}\"";
            }
        }

        filter = result;
        return null;
    }

    public bool Shows(Syscall call) => _shown[Math.Min((uint)call.Number, SyscallTable.Count)];

    private static Func<Syscall, bool>? Class(string name)
    {
        string[] names = s_classes.GetValueOrDefault(name, "").Split(' ');
        return name switch
        {
            "%file" => call => call.Arguments.Any(kind => kind is ArgumentKind.Path or ArgumentKind.OutString),
            "%desc" => call => names.Contains(call.Name)
                || call.Arguments.Any(kind => kind is ArgumentKind.Fd or ArgumentKind.DirFd or ArgumentKind.PollFds or ArgumentKind.FdSet),
            _ => names.Length > 1 ? call => names.Contains(call.Name) : null,
        };
    }
}
