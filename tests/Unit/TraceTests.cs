using System;
using System.Linq;
using System.Text;

using UmlHost.Native;
using UmlHost.Syscalls;
using UmlHost.Trace;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Expected lines are what strace 6.1 prints (with -f -a1) for the same call, unless a comment says
/// otherwise.</summary>
public sealed class TraceTests
{
    private readonly TraceMemory _memory = new();
    private readonly StringBuilder _output = new();
    private readonly SyscallTrace _trace;

    public TraceTests() => _trace = Trace(TraceFilter.All);

    [Fact]
    public void OpenShowsFlagsAndModeOnlyWhereItCounts()
    {
        ulong path = _memory.Put("/tmp/x\n\u00e9");
        Assert.Equal("openat(AT_FDCWD, \"/tmp/x\\n\\303\\251\", O_RDONLY|O_CLOEXEC) = 3", Line("openat", 3, AtFdcwd, path, O_CLOEXEC, 0x1ff));
        Assert.Equal("openat(AT_FDCWD, \"/tmp/x\\n\\303\\251\", O_RDWR|O_CREAT|O_TRUNC, 0640) = 14", Line("openat", 14, AtFdcwd, path, O_RDWR | O_CREAT | O_TRUNC, 0x1a0));
        Assert.Equal("openat(7, NULL, O_WRONLY|O_DIRECTORY) = -1 EFAULT (Bad address)", Line("openat", Errno.EFAULT, 7, 0, O_WRONLY | O_DIRECTORY));
        Assert.Equal("open(0x10, O_RDONLY) = -1 EFAULT (Bad address)", Line("open", Errno.EFAULT, 0x10));
    }

    [Fact]
    public void BuffersAreQuotedAndCutAt32Bytes()
    {
        ulong text = _memory.Put("hello\n\u0001\"\\\t\u00011\u0001a"u8);
        Assert.Equal("write(1, \"hello\\n\\1\\\"\\\\\\t\\0011\\1a\", 14) = 14", Line("write", 14, 1, text, 14));
        ulong alphabet = _memory.Put("abcdefghijklmnopqrstuvwxyz0123456789"u8);
        Assert.Equal("write(1, \"abcdefghijklmnopqrstuvwxyz012345\", 32) = 32", Line("write", 32, 1, alphabet, 32));
        Assert.Equal("write(1, \"abcdefghijklmnopqrstuvwxyz012345\"..., 33) = 33", Line("write", 33, 1, alphabet, 33));
        Assert.Equal("write(1, \"\", 0) = 0", Line("write", 0, 1, alphabet, 0));
        ulong last = _memory.PutLast("end"u8);
        Assert.Equal("write(1, \"end\", 3) = 3", Line("write", 3, 1, last, 3));
        Assert.Equal("write(1, 0x1ffd, 4) = -1 EFAULT (Bad address)", Line("write", Errno.EFAULT, 1, last, 4));
        Assert.Equal("unlink(0x1ffd) = -1 EFAULT (Bad address)", Line("unlink", Errno.EFAULT, last));
    }

    [Fact]
    public void ReadShowsWhatCameAndNothingThatDidNot()
    {
        ulong buffer = _memory.Put("hello, world"u8);
        Assert.Equal("read(3, \"hello\", 100) = 5", Line("read", 5, 3, buffer, 100));
        Assert.Equal("read(3, \"\", 100) = 0", Line("read", 0, 3, buffer, 100));
        Assert.Equal("read(3, 0x1000, 100) = -1 EAGAIN (Resource temporarily unavailable)", Line("read", Errno.EAGAIN, 3, buffer, 100));
        Assert.Equal("read(3, 0x1000, 100) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)", Line("read", SyscallResult.RestartSys, 3, buffer, 100));
    }

    [Fact]
    public void VectorsShowTheirParts()
    {
        ulong abc = _memory.Put("abcdefghij"u8), rest = _memory.Put("klmnopqrstuvwxyzABCDEFGHIJKLMNOPQR"u8);
        ulong vector = _memory.Put(new iovec { iov_base = (nuint)abc, iov_len = 10 }, new iovec { iov_base = (nuint)rest, iov_len = 90 });
        Assert.Equal(
            "readv(5, [{iov_base=\"abcdefghij\", iov_len=10}, {iov_base=\"klmnopqrstuvwxyzABCDEFGHIJKLMNOP\", iov_len=90}], 2) = 42",
            Line("readv", 42, 5, vector, 2));
        Assert.Equal("preadv(5, [{iov_base=\"abc\", iov_len=10}], 1, 7) = 3", Line("preadv", 3, 5, vector, 1, 7, 9));
    }

    [Fact]
    public void MemoryCallsShowAddressesAndProtections()
    {
        Assert.Equal(
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ff136686000",
            Line("mmap", 0x7ff136686000, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        Assert.Equal(
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0x1000) = -1 EACCES (Permission denied)",
            Line("mmap", Errno.EACCES, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 4096));
        Assert.Equal("mprotect(0x7000, 8192, PROT_NONE) = 0", Line("mprotect", 0, 0x7000, 8192, 0));
        Assert.Equal("mprotect(0x7000, 8192, PROT_EXEC|0x40) = -1 EINVAL (Invalid argument)", Line("mprotect", Errno.EINVAL, 0x7000, 8192, 0x44));
        Assert.Equal("brk(NULL) = 0x55cea45e0000", Line("brk", 0x55cea45e0000));
        Assert.Equal("madvise(0x7000, 4096, MADV_DONTNEED) = 0", Line("madvise", 0, 0x7000, 4096, MADV_DONTNEED));
        Assert.Equal("mremap(0x7000, 4096, 8192, MREMAP_MAYMOVE) = 0x8000", Line("mremap", 0x8000, 0x7000, 4096, 8192, MREMAP_MAYMOVE, 5));
    }

    [Fact]
    public void StatShowsKindModeAndSizeOrDevice()
    {
        ulong path = _memory.Put("f");
        ulong file = _memory.Put(new stat { st_mode = S_IFREG | 0x1a4, st_size = 1221 });
        ulong directory = _memory.Put(new stat { st_mode = S_IFDIR | S_ISVTX | 0x1ff, st_size = 4096 });
        ulong tty = _memory.Put(new stat { st_mode = S_IFCHR | 0x190, st_rdev = makedev(0x88, 1) });
        Assert.Equal("stat(\"f\", {st_mode=S_IFREG|0644, st_size=1221, ...}) = 0", Line("stat", 0, path, file));
        Assert.Equal("newfstatat(AT_FDCWD, \"f\", {st_mode=S_IFDIR|S_ISVTX|0777, st_size=4096, ...}, AT_SYMLINK_NOFOLLOW) = 0", Line("newfstatat", 0, AtFdcwd, path, directory, AT_SYMLINK_NOFOLLOW));
        Assert.Equal("fstat(1, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0x1), ...}) = 0", Line("fstat", 0, 1, tty));
        Assert.Equal("newfstatat(AT_FDCWD, \"f\", 0x1010, 0) = -1 ENOENT (No such file or directory)", Line("newfstatat", Errno.ENOENT, AtFdcwd, path, file, 0));
    }

    [Fact]
    public void SignalCallsNameSignalsInSets()
    {
        ulong action = _memory.Put(new kernel_sigaction { handler = 0x5653d0d11dc0, mask = ~(3UL << 31), flags = SA_RESTORER, restorer = 0x7fbfc1c24050 });
        ulong none = _memory.Put(default(kernel_sigaction));
        Assert.Equal(
            "rt_sigaction(SIGCHLD, {sa_handler=0x5653d0d11dc0, sa_mask=~[RTMIN RT_1], sa_flags=SA_RESTORER, sa_restorer=0x7fbfc1c24050}, "
            + "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0",
            Line("rt_sigaction", 0, SIGCHLD, action, none, 8));
        ulong set = _memory.Put((1UL << (SIGUSR1 - 1)) | (1UL << (34 - 1)));
        Assert.Equal("rt_sigprocmask(SIG_BLOCK, [USR1 RT_2], NULL, 8) = 0", Line("rt_sigprocmask", 0, SIG_BLOCK, set, 0, 8));
        Assert.Equal("kill(17300, SIGRT_2) = 0", Line("kill", 0, 17300, 34));
        Assert.Equal("tgkill(17300, -1, 0) = 0", Line("tgkill", 0, 17300, -1, 0));
    }

    [Fact]
    public void LimitsNamesAndTimes()
    {
        ulong limit = _memory.Put(8192UL * 1024, RLIM_INFINITY);
        Assert.Equal(
            "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
            Line("prlimit64", 0, 0, RLIMIT_STACK, 0, limit));
        byte[] names = new byte[6 * 65];
        "Linux"u8.CopyTo(names);
        "vm"u8.CopyTo(names.AsSpan(65));
        Assert.Equal("uname({sysname=\"Linux\", nodename=\"vm\", ...}) = 0", Line("uname", 0, _memory.Put(names)));
        ulong time = _memory.Put(0L, 1000000L);
        Assert.Equal("clock_gettime(CLOCK_MONOTONIC, {tv_sec=0, tv_nsec=1000000}) = 0", Line("clock_gettime", 0, CLOCK_MONOTONIC, time));
        Assert.Equal("clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=1000000}, 0x5000) = 0", Line("clock_nanosleep", 0, 0, 0, time, 0x5000));
        Assert.Equal("nanosleep({tv_sec=0, tv_nsec=1000000}, {tv_sec=0, tv_nsec=1000000}) = -1 EINTR (Interrupted system call)", Line("nanosleep", Errno.EINTR, time, time));
        Assert.Equal("utimensat(AT_FDCWD, NULL, [UTIME_NOW, UTIME_OMIT], 0) = 0", Line("utimensat", 0, AtFdcwd, 0, _memory.Put(0L, UTIME_NOW, 0L, UTIME_OMIT), 0));
    }

    [Fact]
    public void PollAndSelectShowWhatIsReady()
    {
        ulong fds = _memory.Put(new pollfd { fd = 5, events = POLLIN }, new pollfd { fd = 6, events = POLLIN | POLLOUT, revents = POLLOUT });
        Assert.Equal("poll([{fd=5, events=POLLIN}, {fd=6, events=POLLIN|POLLOUT}], 2, 10) = 1 ([{fd=6, revents=POLLOUT}])", Line("poll", 1, fds, 2, 10));
        Assert.Equal("poll([{fd=5, events=POLLIN}], 1, -1) = 0 (Timeout)", Line("poll", 0, fds, 1, -1));
        ulong set = _memory.Put(0x60UL);
        Assert.Equal("select(10, [5 6], NULL, NULL, NULL) = 2 (in [5 6])", Line("select", 2, 10, set, 0, 0, 0));
    }

    [Fact]
    public void FutexShowsTheArgumentsThatTheOperationTakes()
    {
        ulong time = _memory.Put(0L, 1000000L);
        Assert.Equal("futex(0x7000, FUTEX_WAIT_PRIVATE, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)", Line("futex", Errno.EAGAIN, 0x7000, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, 0, 9, 9));
        Assert.Equal("futex(0x7000, FUTEX_WAKE, 5) = 0", Line("futex", 0, 0x7000, FUTEX_WAKE, 5));
        Assert.Equal("futex(0x7000, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, 0x8000, 0x1) = 0", Line("futex", 0, 0x7000, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 1, 2, 0x8000, 1));

        Assert.Equal(
            "futex(0x7000, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 1, {tv_sec=0, tv_nsec=1000000}, FUTEX_BITSET_MATCH_ANY) = -1 ETIMEDOUT (Connection timed out)",
            Line("futex", Errno.ETIMEDOUT, 0x7000, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1, time, 0, 0xffffffff));
    }

    [Fact]
    public void ControlCallsShowTheArgumentThatTheCommandTakes()
    {
        Assert.Equal("fcntl(5, F_GETFL) = 0x800 (flags O_RDONLY|O_NONBLOCK)", Line("fcntl", O_NONBLOCK, 5, F_GETFL, 77));
        Assert.Equal("fcntl(5, F_GETFD) = 0x1 (flags FD_CLOEXEC)", Line("fcntl", 1, 5, F_GETFD));
        Assert.Equal("fcntl(5, F_DUPFD_CLOEXEC, 20) = 20", Line("fcntl", 20, 5, F_DUPFD_CLOEXEC, 20));
        ulong lck = _memory.Put(new flock { l_type = F_WRLCK, l_len = 10 });
        Assert.Equal("fcntl(1, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=10}) = 0", Line("fcntl", 0, 1, F_SETLK, lck));
        ulong window = _memory.Put<ushort>(24, 80, 0, 0);
        Assert.Equal("ioctl(0, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0", Line("ioctl", 0, 0, TIOCGWINSZ, window));
        Assert.Equal("ioctl(1, TCGETS, 0x5000) = -1 ENOTTY (Inappropriate ioctl for device)", Line("ioctl", Errno.ENOTTY, 1, TCGETS, 0x5000));
        Assert.Equal("prctl(PR_SET_NAME, \"abc\") = 0", Line("prctl", 0, PR_SET_NAME, _memory.Put("abc")));
        Assert.Equal("prctl(PR_GET_NAME, 0x1000) = -1 ENOSYS (Function not implemented)", Line("prctl", Errno.ENOSYS, PR_GET_NAME, TraceMemory.Start));
        Assert.Equal("prctl(PR_SET_PDEATHSIG, SIGKILL) = 0", Line("prctl", 0, PR_SET_PDEATHSIG, SIGKILL));
        Assert.Equal("lseek(3, -5, SEEK_END) = 95", Line("lseek", 95, 3, -5, SEEK_END));
        Assert.Equal("umask(022) = 077", Line("umask", 0x3f, 0x12));
    }

    [Fact]
    public void ProcessCalls()
    {
        ulong arguments = _memory.Put(_memory.Put("ls"), _memory.Put("-la"), 0UL);
        ulong environment = _memory.Put(1UL, 2UL, 0UL);
        Assert.Equal(
            $"execve(\"ls\", [\"ls\", \"-la\"], 0x{environment:x} /* 2 vars */) = 0",
            Line("execve", SyscallResult.NoReturn, TraceMemory.Start, arguments, environment));
        Assert.Equal("exit_group(7) = ?", Line("exit_group", SyscallResult.NoReturn, 7));
        Assert.Equal("wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], WNOHANG, NULL) = 17301", Line("wait4", 17301, -1, _memory.Put(0x700), WNOHANG, 0));
        Assert.Equal("wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV}], 0, NULL) = 17301", Line("wait4", 17301, -1, _memory.Put(11), 0, 0));

        ulong notWritten = _memory.Put(0x700);
        Assert.Equal($"wait4(-1, 0x{notWritten:x}, WNOHANG, 0x{notWritten:x}) = 0", Line("wait4", 0, -1, notWritten, WNOHANG, notWritten));
        Assert.Equal(
            "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7000) = 17301",
            Line("clone", 17301, CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, 0, 0, 0x7000, 0));
        Assert.Equal(
            "clone(child_stack=0x6000, flags=CLONE_VM|CLONE_THREAD|CLONE_SETTLS|CLONE_PARENT_SETTID, parent_tid=[17301], tls=0x8000) = 17301",
            Line("clone", 17301, CLONE_VM | CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID, 0x6000, _memory.Put(17301), 0x7000, 0x8000));
        Assert.Equal("fork() = 17301", Line("fork", 17301));
        ulong clone = _memory.Put(new clone_args { flags = CLONE_PIDFD | CLONE_PARENT_SETTID, pidfd = _memory.Put(3), parent_tid = _memory.Put(17301), exit_signal = SIGCHLD });
        Assert.EndsWith(", stack=NULL, stack_size=0} => {pidfd=[3], parent_tid=[17301]}, 88) = 17301", Line("clone3", 17301, clone, 88), StringComparison.Ordinal);
        Assert.EndsWith(", stack=NULL, stack_size=0}, 88) = -1 EAGAIN (Resource temporarily unavailable)", Line("clone3", Errno.EAGAIN, clone, 88), StringComparison.Ordinal);
        ulong frame = _memory.Put(new ucontext { uc_sigmask = 1 << (SIGUSR1 - 1) });
        Assert.Equal("rt_sigreturn({mask=[USR1]}) = -1 EINTR (Interrupted system call)", Line("rt_sigreturn", Errno.EINTR, frame));
        Assert.Equal("syscall_0x1f4(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)", Line(Syscall.Unknown(500), Errno.ENOSYS, 1, 2, 3, 4, 5, 6));
    }

    [Fact]
    public void SocketCalls()
    {
        Assert.Equal("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 7", Line("socket", 7, 2, 1 | 0x80000, 6));
        ulong inet = _memory.Put<byte>([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Equal("bind(7, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0", Line("bind", 0, 7, inet, 16));
        Assert.Equal(
            "getsockname(7, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"127.0.0.1\")}, [16]) = 0",
            Line("getsockname", 0, 7, inet, _memory.Put(16)));
        ulong unix = _memory.Put("\u0001\0/tmp/nope");
        Assert.Equal("connect(8, {sa_family=AF_UNIX, sun_path=\"/tmp/nope\"}, 110) = -1 ENOENT (No such file or directory)", Line("connect", Errno.ENOENT, 8, unix, 110));
        Assert.Equal("setsockopt(7, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0", Line("setsockopt", 0, 7, 1, 2, _memory.Put(1), 4));
        ulong vector = _memory.Put(_memory.Put("abc"), 3UL);
        ulong message = _memory.Put(0UL, 0UL, vector, 1UL, 0UL, 0UL, 0UL);
        Assert.Equal(
            "sendmsg(9, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", iov_len=3}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 3",
            Line("sendmsg", 3, 9, message, 0x4000));
    }

    [Fact]
    public void SignalsAndEndings()
    {
        _trace.Signal(12, _memory, new siginfo_t { si_signo = SIGSEGV, si_code = SEGV_MAPERR, si_addr = 8 });
        _trace.Signal(12, _memory, new siginfo_t { si_signo = SIGABRT, si_code = SI_TKILL, si_pid = 17300 });
        _trace.Signal(12, _memory, new siginfo_t { si_signo = SIGALRM, si_code = SI_KERNEL });
        _trace.Signal(12, _memory, new siginfo_t { si_signo = SIGCHLD, si_code = CLD_KILLED, si_pid = 5, si_status = SIGSEGV });
        _trace.Signal(12, _memory, new siginfo_t { si_signo = SIGUSR1, si_code = CLD_EXITED, si_pid = 5, si_status = 1 });
        _trace.Exited(12, 0x700);
        _trace.Exited(13, SIGKILL);
        _trace.Exited(14, SIGSEGV | 0x80);
        Assert.Equal(
            """
            12 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8} ---
            12 --- SIGABRT {si_signo=SIGABRT, si_code=SI_TKILL, si_pid=17300, si_uid=0} ---
            12 --- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---
            12 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=5, si_uid=0, si_status=SIGSEGV, si_utime=0, si_stime=0} ---
            12 --- SIGUSR1 {si_signo=SIGUSR1, si_code=0x1, si_pid=5, si_uid=0, si_int=1, si_ptr=0x1} ---
            12 +++ exited with 7 +++
            13 +++ killed by SIGKILL +++
            14 +++ killed by SIGSEGV (core dumped) +++

            """,
            _output.ToString());
    }

    [Fact]
    public void CallsThatOverlapAreUnfinishedAndResumed()
    {
        Syscall read = Call("read"), pause = Call("pause");
        SyscallArguments args = new(3, _memory.Put("hi"), 2, 0, 0, 0);
        _trace.Enter(1, _memory, read, in args);
        _trace.Enter(2, _memory, read, in args);
        _trace.Exit(2, _memory, read, in args, 2);
        _trace.Exit(1, _memory, read, in args, 1);
        _trace.Enter(1, _memory, pause, default);
        _trace.Enter(2, _memory, pause, default);
        _trace.Exited(1, SIGKILL);
        _trace.Exited(2, SIGKILL);
        _trace.Enter(4, _memory, pause, default);
        _trace.Exited(4, SIGKILL);
        _trace.Exit(3, _memory, Call("clone"), default, 0); // A new thread's return: it never began.
        Assert.Equal(
            """
            1 read(3,  <unfinished ...>
            2 read(3, "hi", 2) = 2
            1 <... read resumed>"h", 2) = 1
            1 pause( <unfinished ...>
            2 pause( <unfinished ...>
            1 <... pause resumed>) = ?
            1 +++ killed by SIGKILL +++
            2 <... pause resumed>) = ?
            2 +++ killed by SIGKILL +++
            4 pause( <unfinished ...>) = ?
            4 +++ killed by SIGKILL +++

            """,
            _output.ToString());
    }

    [Theory]
    [InlineData("read,write", "read write", "open pread64")]
    [InlineData("!read", "write open", "read")]
    [InlineData("all,!read,!write", "open", "read write")]
    [InlineData("%file", "open openat stat chdir execve getcwd", "read mmap close")]
    [InlineData("%desc,!read", "close write poll openat pipe2 select", "read stat getpid")]
    [InlineData("%memory", "mmap brk madvise", "read")]
    [InlineData("%process,futex", "fork execve wait4 futex", "read")]
    [InlineData("%signal", "rt_sigaction kill", "read")]
    [InlineData("%time", "clock_gettime nanosleep", "read")]
    [InlineData("%network", "socket sendmsg", "read")]
    [InlineData("!%file", "read", "open")]
    public void AFilterShowsItsSet(string set, string shown, string hidden)
    {
        Assert.Null(TraceFilter.Parse(set, out TraceFilter? filter));
        Assert.All(shown.Split(' '), name => Assert.True(filter!.Shows(Call(name)), name));
        Assert.All(hidden.Split(' '), name => Assert.False(filter!.Shows(Call(name)), name));
        Assert.Equal(set[0] == '!' || set.StartsWith("all"), filter!.Shows(Syscall.Unknown(1UL << 32)));
    }

    [Theory]
    [InlineData("read,foo", "unknown system call \"foo\"")]
    [InlineData("!foo", "unknown system call \"foo\"")]
    [InlineData("%foo", "unknown class of system calls \"%foo\"")]
    [InlineData("", "empty name in the set of system calls")]
    [InlineData("read,", "empty name in the set of system calls")]
    [InlineData("!", "empty name in the set of system calls")]
    public void AWrongFilterIsNamed(string set, string error)
    {
        Assert.Equal(error, TraceFilter.Parse(set, out TraceFilter? filter));
        Assert.Null(filter);
    }

    [Fact]
    public void EveryNameOfAClassIsACall()
    {
        foreach (string classes in new[] { "%file", "%desc", "%memory", "%process", "%signal", "%time", "%network" })
        {
            Assert.Null(TraceFilter.Parse(classes, out TraceFilter? filter));
            Assert.Contains(SyscallTable.All, filter!.Shows);
        }

        Assert.DoesNotContain(TraceFilter.ClassNames, name => SyscallTable.Find(name) is null);
    }

    [Fact]
    public void HiddenCallsPrintNothing()
    {
        TraceFilter.Parse("write", out TraceFilter? filter);
        SyscallTrace trace = Trace(filter!);
        trace.Enter(1, _memory, Call("getpid"), default);
        trace.Exit(1, _memory, Call("getpid"), default, 1);
        trace.Exited(1, 0);
        Assert.Equal("1 +++ exited with 0 +++\n", _output.ToString());
    }

    /// <summary>Whatever the arguments, a trace neither throws nor leaves a call without a result.</summary>
    [Fact]
    public void EveryCallCanBeShownWithAnyArguments()
    {
        ulong[] values = [0, 1, 8, TraceMemory.Start, 0x1ff8, 0x5000, 0xffffffff, 0x8000000000000000, ulong.MaxValue];
        _memory.PutLast([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        foreach (Syscall call in Unimplemented.Calls.Concat(SyscallTable.All))
        {
            for (int i = 0; i < values.Length * 4; i++)
            {
                ulong At(int step) => values[(i + (step * ((i / values.Length) + 1))) % values.Length];
                var args = new SyscallArguments(At(0), At(1), At(2), At(3), At(4), At(5));
                foreach (SyscallResult result in new SyscallResult[] { 0, 40, long.MaxValue, Errno.EINVAL, Errno.EINTR, SyscallResult.NoReturn })
                {
                    _output.Clear();
                    _trace.Enter(1, _memory, call, in args);
                    _trace.Exit(1, _memory, call, in args, result);
                    string line = _output.ToString();
                    Assert.Matches("^1 " + call.Name + @"\([ -~]*\) = [ -~]+\n$", line);
                }
            }
        }
    }

    private const long AtFdcwd = -100;

    private static Syscall Call(string name) => Unimplemented.Calls.Single(call => call.Name == name);

    private SyscallTrace Trace(TraceFilter filter) => new(new TraceWriter(line => _output.Append(Encoding.ASCII.GetString(line))), filter);

    private string Line(string name, SyscallResult result, params Number[] arguments) => Line(Call(name), result, arguments);

    private string Line(Syscall call, SyscallResult result, params Number[] arguments)
    {
        ulong[] six = [.. arguments.Select(argument => argument.Value), .. Enumerable.Repeat(0UL, 6 - arguments.Length)];
        var args = new SyscallArguments(six[0], six[1], six[2], six[3], six[4], six[5]);
        _output.Clear();
        _trace.Enter(1, _memory, call, in args);
        Assert.Empty(_output.ToString());
        _trace.Exit(1, _memory, call, in args, result);
        string line = _output.ToString();
        Assert.StartsWith("1 ", line);
        Assert.EndsWith("\n", line);
        return line[2..^1];
    }

    /// <summary>A register, from a number of either sign.</summary>
    internal readonly record struct Number(ulong Value)
    {
        public static implicit operator Number(ulong value) => new(value);

        public static implicit operator Number(long value) => new((ulong)value);

        public static implicit operator Number(int value) => new((ulong)value);

        public static implicit operator Number(uint value) => new(value);
    }
}
