using System.Runtime.InteropServices;

using static UmlHost.Native.Linux;

namespace UmlHost.Native;

/// <summary><c>unistd.h</c> and <c>limits.h</c>.</summary>
public static partial class Linux
{
    public const int STDIN_FILENO = 0;
    public const int STDOUT_FILENO = 1;
    public const int STDERR_FILENO = 2;
    public const int F_OK = 0;
    public const int X_OK = 1;
    public const int W_OK = 2;
    public const int R_OK = 4;
    public const int SEEK_SET = 0;
    public const int SEEK_CUR = 1;
    public const int SEEK_END = 2;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    // sysconf names (glibc)
    public const int _SC_CLK_TCK = 2;
    public const int _SC_PAGESIZE = 30;
    public const int _SC_NPROCESSORS_CONF = 83;
    public const int _SC_NPROCESSORS_ONLN = 84;
    public const int _SC_PHYS_PAGES = 85;
    public const int _SC_MINSIGSTKSZ = 249;

    // limits.h
    public const int NAME_MAX = 255;
    public const int PATH_MAX = 4096;
    public const int PIPE_BUF = 4096;
    public const int NGROUPS_MAX = 65536;
    public const int ARG_MAX = 131072;
    public const int XATTR_NAME_MAX = 255;
    public const int XATTR_SIZE_MAX = 65536;
    public const int XATTR_LIST_MAX = 65536;
    public const int IOV_MAX = 1024;
    public const int UIO_MAXIOV = 1024;

    // close_range
    public const int CLOSE_RANGE_UNSHARE = 2;
    public const int CLOSE_RANGE_CLOEXEC = 4;
}

/// <summary><c>unistd.h</c>.</summary>
public static unsafe partial class LibC
{
    public static Result read(int fd, void* buf, nuint count) => Checked(read_(fd, buf, count));

    [LibraryImport(libc, EntryPoint = "read", SetLastError = true)]
    private static partial nint read_(int fd, void* buf, nuint count);

    public static Result write(int fd, void* buf, nuint count) => Checked(write_(fd, buf, count));

    [LibraryImport(libc, EntryPoint = "write", SetLastError = true)]
    private static partial nint write_(int fd, void* buf, nuint count);

    public static Result pread(int fd, void* buf, nuint count, long offset) =>
        Checked(pread_(fd, buf, count, offset));

    [LibraryImport(libc, EntryPoint = "pread", SetLastError = true)]
    private static partial nint pread_(int fd, void* buf, nuint count, long offset);

    public static Result pwrite(int fd, void* buf, nuint count, long offset) =>
        Checked(pwrite_(fd, buf, count, offset));

    [LibraryImport(libc, EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint pwrite_(int fd, void* buf, nuint count, long offset);

    /// <summary>No GC transition: for regular files and memfds.</summary>
    public static Result lseek(int fd, long offset, int whence) =>
        Checked(__errno_location(), lseek_(fd, offset, whence));

    [LibraryImport(libc, EntryPoint = "lseek"), SuppressGCTransition]
    private static partial long lseek_(int fd, long offset, int whence);

    public static Result close(int fd) => Checked(close_(fd));

    [LibraryImport(libc, EntryPoint = "close", SetLastError = true)]
    private static partial int close_(int fd);

    public static Result dup(int fd) => Checked(__errno_location(), dup_(fd));

    [LibraryImport(libc, EntryPoint = "dup"), SuppressGCTransition]
    private static partial int dup_(int fd);

    public static Result dup2(int oldfd, int newfd) => Checked(dup2_(oldfd, newfd));

    [LibraryImport(libc, EntryPoint = "dup2", SetLastError = true)]
    private static partial int dup2_(int oldfd, int newfd);

    public static Result dup3(int oldfd, int newfd, int flags) => Checked(dup3_(oldfd, newfd, flags));

    [LibraryImport(libc, EntryPoint = "dup3", SetLastError = true)]
    private static partial int dup3_(int oldfd, int newfd, int flags);

    public static Result pipe2(int* pipefd, int flags) => Checked(__errno_location(), pipe2_(pipefd, flags));

    [LibraryImport(libc, EntryPoint = "pipe2"), SuppressGCTransition]
    private static partial int pipe2_(int* pipefd, int flags);

    public static Result access(byte* path, int mode) => Checked(access_(path, mode));

    [LibraryImport(libc, EntryPoint = "access", SetLastError = true)]
    private static partial int access_(byte* path, int mode);

    public static Result faccessat2(int dirfd, byte* path, int mode, int flags) =>
        syscall(SYS_faccessat2, dirfd, (nint)path, mode, flags);

    public static Result readlinkat(int dirfd, byte* path, byte* buf, nuint size) =>
        Checked(readlinkat_(dirfd, path, buf, size));

    [LibraryImport(libc, EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint readlinkat_(int dirfd, byte* path, byte* buf, nuint size);

    public static Result unlink(byte* path) => Checked(unlink_(path));

    [LibraryImport(libc, EntryPoint = "unlink", SetLastError = true)]
    private static partial int unlink_(byte* path);

    public static Result unlinkat(int dirfd, byte* path, int flags) => Checked(unlinkat_(dirfd, path, flags));

    [LibraryImport(libc, EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int unlinkat_(int dirfd, byte* path, int flags);

    public static Result linkat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags) =>
        Checked(linkat_(olddirfd, oldpath, newdirfd, newpath, flags));

    [LibraryImport(libc, EntryPoint = "linkat", SetLastError = true)]
    private static partial int linkat_(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags);

    public static Result symlinkat(byte* target, int dirfd, byte* path) => Checked(symlinkat_(target, dirfd, path));

    [LibraryImport(libc, EntryPoint = "symlinkat", SetLastError = true)]
    private static partial int symlinkat_(byte* target, int dirfd, byte* path);

    public static Result fchownat(int dirfd, byte* path, uint owner, uint group, int flags) =>
        Checked(fchownat_(dirfd, path, owner, group, flags));

    [LibraryImport(libc, EntryPoint = "fchownat", SetLastError = true)]
    private static partial int fchownat_(int dirfd, byte* path, uint owner, uint group, int flags);

    public static Result syncfs(int fd) => Checked(syncfs_(fd));

    [LibraryImport(libc, EntryPoint = "syncfs", SetLastError = true)]
    private static partial int syncfs_(int fd);

    public static Result ftruncate(int fd, long length) => Checked(ftruncate_(fd, length));

    [LibraryImport(libc, EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int ftruncate_(int fd, long length);

    public static Result fsync(int fd) => Checked(fsync_(fd));

    [LibraryImport(libc, EntryPoint = "fsync", SetLastError = true)]
    private static partial int fsync_(int fd);

    public static Result fdatasync(int fd) => Checked(fdatasync_(fd));

    [LibraryImport(libc, EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int fdatasync_(int fd);

    public static Result chdir(byte* path) => Checked(chdir_(path));

    [LibraryImport(libc, EntryPoint = "chdir", SetLastError = true)]
    private static partial int chdir_(byte* path);

    public static Result fchdir(int fd) => Checked(fchdir_(fd));

    [LibraryImport(libc, EntryPoint = "fchdir", SetLastError = true)]
    private static partial int fchdir_(int fd);

    /// <summary>The kernel's getcwd: returns the length with the NUL.</summary>
    public static Result getcwd(byte* buf, nuint size) =>
        syscall(SYS_getcwd, (nint)buf, (nint)size);

    /// <summary>1, or ENOTTY or EBADF.</summary>
    public static Result isatty(int fd) => CheckedTrue(isatty_(fd));

    [LibraryImport(libc, EntryPoint = "isatty", SetLastError = true)]
    private static partial int isatty_(int fd);

    private static Result CheckedTrue(long value) => new(value != 0 ? value : -Marshal.GetLastPInvokeError());

    [LibraryImport(libc), SuppressGCTransition]
    public static partial int getpid();

    [LibraryImport(libc), SuppressGCTransition]
    public static partial int getppid();

    [LibraryImport(libc), SuppressGCTransition]
    public static partial int gettid();

    [LibraryImport(libc), SuppressGCTransition]
    public static partial uint getuid();

    [LibraryImport(libc), SuppressGCTransition]
    public static partial uint geteuid();

    [LibraryImport(libc), SuppressGCTransition]
    public static partial uint getgid();

    [LibraryImport(libc), SuppressGCTransition]
    public static partial uint getegid();

    public static Result getgroups(int size, uint* list) => Checked(__errno_location(), getgroups_(size, list));

    [LibraryImport(libc, EntryPoint = "getgroups"), SuppressGCTransition]
    private static partial int getgroups_(int size, uint* list);

    public static Result getpgid(int pid) => Checked(__errno_location(), getpgid_(pid));

    [LibraryImport(libc, EntryPoint = "getpgid"), SuppressGCTransition]
    private static partial int getpgid_(int pid);

    public static Result setpgid(int pid, int pgid) => Checked(__errno_location(), setpgid_(pid, pgid));

    [LibraryImport(libc, EntryPoint = "setpgid"), SuppressGCTransition]
    private static partial int setpgid_(int pid, int pgid);

    public static Result getsid(int pid) => Checked(__errno_location(), getsid_(pid));

    [LibraryImport(libc, EntryPoint = "getsid"), SuppressGCTransition]
    private static partial int getsid_(int pid);

    public static Result sysconf(int name) => Checked(sysconf_(name));

    [LibraryImport(libc, EntryPoint = "sysconf", SetLastError = true)]
    private static partial long sysconf_(int name);

    /// <summary>Ends the process at once, without atexit handlers.</summary>
    [LibraryImport(libc)]
    public static partial void _exit(int status);
}
