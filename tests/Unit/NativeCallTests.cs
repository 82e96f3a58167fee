using System;
using System.Runtime.InteropServices;

using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Calls into libc: each result carries the errno of its own call, with and without a GC transition.</summary>
public unsafe class NativeCallTests
{
    [Fact]
    public void An_error_comes_with_the_call()
    {
        fixed (byte* missing = "/no/such/file"u8)
        {
            Result opened = LibC.open(missing, O_RDONLY);
            Result closed = LibC.close(-1);
            Assert.Equal((Errno.ENOENT, Errno.EBADF), (opened.Error, closed.Error));
            Assert.Equal(-2, opened.Raw);
            Assert.Equal(Errno.ENOENT, LibC.faccessat2(AT_FDCWD, missing, R_OK, 0).Error);
        }
    }

    [Fact]
    public void An_error_comes_with_a_call_without_GC_transition()
    {
        timespec now;
        Result seek = LibC.lseek(-1, 0, SEEK_SET);
        Result trace = LibC.ptrace(PTRACE_GETREGS, int.MaxValue);
        Result clock = LibC.clock_gettime(77, &now);
        Assert.Equal((Errno.EBADF, Errno.ESRCH, Errno.EINVAL), (seek.Error, trace.Error, clock.Error));
        Assert.Equal(Errno.ESRCH, LibC.ptrace_resume(PTRACE_SYSEMU, int.MaxValue).Error);
        Assert.Equal(Errno.ESRCH, LibC.tgkill(int.MaxValue, int.MaxValue, 0).Error);
        Assert.Equal(Errno.ECHILD, LibC.wait4(int.MaxValue, null, WNOHANG | __WALL, null).Error);
    }

    [Fact]
    public void Errors_stay_right_over_many_calls_with_collections_in_between()
    {
        for (int i = 0; i < 20_000; i++)
        {
            if (i % 1000 == 0)
            {
                GC.Collect(0);
            }

            Assert.Equal(-(long)Errno.EBADF, LibC.lseek(-1, 0, SEEK_SET).Raw);
            Assert.Equal(-(long)Errno.EINVAL, LibC.clock_gettime(77, null).Raw);
            Assert.Equal(-(long)Errno.EBADF, LibC.close(-1).Raw);
        }
    }

    [Fact]
    public void Calls_allocate_nothing()
    {
        static void Calls()
        {
            timespec now;
            LibC.clock_gettime(CLOCK_MONOTONIC, &now);
            LibC.lseek(-1, 0, SEEK_SET);
            LibC.close(-1);
            LibC.ptrace(PTRACE_GETREGS, int.MaxValue);
            LibC.wait4(int.MaxValue, null, WNOHANG, null);
        }

        Calls();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Calls();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_memfd_is_written_read_mapped_and_grown()
    {
        fixed (byte* name = "test"u8)
        {
            int fd = LibC.memfd_create(name, MFD_CLOEXEC).Int;
            Assert.True(fd >= 0);
            Assert.Equal(0, LibC.ftruncate(fd, 8192).Raw);
            byte* page = (byte*)LibC.mmap(null, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0).Raw;
            page[4096] = 42;
            byte read;
            Assert.Equal(1, LibC.pread(fd, &read, 1, 4096).Raw);
            Assert.Equal(42, read);
            stat st;
            Assert.Equal(0, LibC.fstat(fd, &st).Raw);
            Assert.Equal((8192, true), (st.st_size, S_ISREG(st.st_mode)));
            Assert.Equal(0, LibC.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096).Raw);
            Assert.Equal(0, page[4096]);
            Assert.Equal(Errno.EINVAL, LibC.mmap(null, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0).Error);
            Assert.Equal(0, LibC.munmap(page, 8192).Raw);
            Assert.Equal(Errno.ENOTTY, LibC.isatty(fd).Error);
            Assert.Equal(0, LibC.close(fd).Raw);
        }
    }

    [Theory]
    [InlineData("/bin/true", 0)]
    [InlineData("/bin/false", 1)]
    public void A_program_is_spawned_and_waited_for(string program, int exit)
    {
        byte* path = (byte*)Marshal.StringToCoTaskMemUTF8(program);
        byte** argv = stackalloc byte*[] { path, null };
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none = default;
        Assert.Equal(0, LibC.posix_spawn_file_actions_init(&actions).Raw);
        Assert.Equal(0, LibC.posix_spawn_file_actions_addclosefrom_np(&actions, 3).Raw);
        Assert.Equal(0, LibC.posix_spawnattr_init(&attributes).Raw);
        Assert.Equal(0, LibC.posix_spawnattr_setsigmask(&attributes, &none).Raw);
        Assert.Equal(0, LibC.posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK).Raw);
        int pid, status;
        Assert.Equal(0, LibC.posix_spawn(&pid, path, &actions, &attributes, argv, argv + 1).Raw);
        rusage usage;
        Assert.Equal(pid, LibC.wait4(pid, &status, 0, &usage).Raw);
        Assert.True(WIFEXITED(status) && !WIFSIGNALED(status) && !WIFSTOPPED(status));
        Assert.Equal(exit, WEXITSTATUS(status));
        Assert.Equal(0, LibC.posix_spawn_file_actions_destroy(&actions).Raw);
        Assert.Equal(0, LibC.posix_spawnattr_destroy(&attributes).Raw);
        Marshal.FreeCoTaskMem((nint)path);
    }

    [Fact]
    public void A_spawn_that_fails_names_its_error()
    {
        fixed (byte* path = "/no/such/file"u8)
        {
            byte** argv = stackalloc byte*[] { path, null };
            int pid;
            Assert.Equal(Errno.ENOENT, LibC.posix_spawn(&pid, path, null, null, argv, argv + 1).Error);
        }
    }

    [Theory]
    [InlineData(Errno.ENOENT, "ENOENT", "No such file or directory")]
    [InlineData(Errno.EHWPOISON, "EHWPOISON", "Memory page has hardware error")]
    [InlineData((Errno)4000, "4000", "Unknown error 4000")]
    public void An_errno_has_name_and_message(Errno error, string name, string message) =>
        Assert.Equal((name, message), (ErrnoNames.Name(error), ErrnoNames.Message(error)));

    [Fact]
    public void Device_numbers_are_put_together_and_taken_apart()
    {
        ulong device = makedev(0x12345, 0x6789ab);
        Assert.Equal((0x12345u, 0x6789abu), (major(device), minor(device)));
        Assert.Equal(0x0801UL, makedev(8, 1));
    }
}
