using System.Collections.Generic;

using UmlHost.Fs;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

public class FsFdTableTests
{
    [Fact]
    public void The_lowest_free_descriptor_is_given()
    {
        FdTable table = new();
        for (int fd = 0; fd < 200; fd++)
        {
            Assert.Equal(fd, table.Add(new Probe(), closeOnExec: false));
        }
        foreach (int fd in (int[])[150, 64, 63, 7])
        {
            Assert.Equal(Errno.None, table.Remove(fd));
        }
        foreach (int fd in (int[])[7, 63, 64, 150, 200])
        {
            Assert.Equal(fd, table.Add(new Probe(), closeOnExec: false));
        }
    }

    [Fact]
    public void A_minimum_is_respected_and_does_not_hide_lower_ones()
    {
        FdTable table = new();
        Assert.Equal(10, table.Add(new Probe(), closeOnExec: false, minimum: 10));
        Assert.Equal(11, table.Add(new Probe(), closeOnExec: false, minimum: 10));
        Assert.Equal(500, table.Add(new Probe(), closeOnExec: false, minimum: 500));
        Assert.Equal(0, table.Add(new Probe(), closeOnExec: false));
        Assert.Equal(1, table.Add(new Probe(), closeOnExec: false));
    }

    [Fact]
    public void The_limit_gives_EMFILE_and_EBADF_for_dup2()
    {
        FdTable table = new() { Limit = 3 };
        for (int fd = 0; fd < 3; fd++)
        {
            table.Add(new Probe(), closeOnExec: false);
        }
        Assert.Equal(-(int)Errno.EMFILE, table.Add(new Probe(), closeOnExec: false));
        Assert.Equal(Errno.EBADF, table.Replace(3, new Probe(), closeOnExec: false));
        table.Remove(1);
        Assert.Equal(-(int)Errno.EMFILE, table.Add(new Probe(), closeOnExec: false, minimum: 3));
        Assert.Equal(1, table.Add(new Probe(), closeOnExec: false));
    }

    [Fact]
    public void A_reserved_descriptor_is_neither_open_nor_free()
    {
        FdTable table = new();
        Assert.Equal(0, table.Reserve(closeOnExec: false));
        Assert.Null(Peek(table, 0));
        Assert.Equal(Errno.EBADF, table.Remove(0));
        Assert.Equal(Errno.EBUSY, table.Replace(0, new Probe(), closeOnExec: false));
        Assert.Equal(1, table.Reserve(closeOnExec: false));
        table.Unreserve(0);
        Assert.Equal(0, table.Reserve(closeOnExec: false));
    }

    [Fact]
    public void Files_close_with_their_last_reference()
    {
        FdTable table = new();
        Probe file = new();
        table.Add(file, closeOnExec: false);
        table.Replace(5, file.Acquire(), closeOnExec: false);
        table.Remove(0);
        Assert.Equal(0, file.Closed);
        using (FileReference held = table.Get(5))
        {
            table.Replace(5, new Probe(), closeOnExec: false);
            Assert.Equal(0, file.Closed);
            Assert.Same(file, held.File);
        }
        Assert.Equal(1, file.Closed);
        Assert.False(file.TryAcquire());
    }

    [Fact]
    public void Exec_closes_what_is_marked()
    {
        FdTable table = new();
        List<Probe> files = [];
        for (int fd = 0; fd < 130; fd++)
        {
            Probe file = new();
            files.Add(file);
            table.Add(file, closeOnExec: fd % 3 == 0);
        }
        table.SetCloseOnExec(1, true);
        table.SetCloseOnExec(3, false);
        table.CloseOnExec();
        for (int fd = 0; fd < 130; fd++)
        {
            bool closed = fd == 1 || (fd % 3 == 0 && fd != 3);
            Assert.Equal(closed ? 1 : 0, files[fd].Closed);
            Assert.Equal(closed ? null : false, table.GetCloseOnExec(fd));
        }
    }

    [Fact]
    public void A_fork_shares_the_files_and_drops_reservations()
    {
        FdTable table = new();
        Probe file = new();
        table.Add(file, closeOnExec: true);
        table.Reserve(closeOnExec: false);
        FdTable copy = table.Fork();
        table.Clear();
        Assert.Equal(0, file.Closed);
        Assert.True(copy.GetCloseOnExec(0));
        Assert.Equal(1, copy.Reserve(closeOnExec: false));
        copy.Clear();
        Assert.Equal(1, file.Closed);
    }

    [Fact]
    public void Dup2_onto_itself_changes_nothing_and_dup3_refuses_it()
    {
        using FsGuest guest = new();
        int fd = guest.Open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        Assert.Equal(fd, guest.Call("dup2", fd, fd).Raw);
        Assert.Equal(FD_CLOEXEC, guest.Call("fcntl", fd, F_GETFD).Raw);
        Assert.Equal(Errno.EINVAL, guest.Call("dup3", fd, fd, 0).Error);
        Assert.Equal(Errno.EBADF, guest.Call("dup2", 99, 99).Error);
        Assert.Equal(Errno.EBADF, guest.Call("dup2", fd, -1).Error);
        Assert.Equal(40, guest.Call("dup2", fd, 40).Raw);
        Assert.Equal(0, guest.Call("fcntl", 40, F_GETFD).Raw);
    }

    private static OpenFile? Peek(FdTable table, int fd)
    {
        using FileReference reference = table.Get(fd);
        return reference.File;
    }

    private sealed class Probe() : OpenFile(O_RDWR)
    {
        public int Closed { get; private set; }

        public override Errno Stat(out stat status)
        {
            status = default;
            return Errno.None;
        }

        public override Errno Statx(uint flags, uint mask, out statx status)
        {
            status = default;
            return Errno.None;
        }

        public override Errno StatFs(out statfs status)
        {
            status = default;
            return Errno.None;
        }

        public override Errno CheckAccess(UmlHost.Kernel.Credentials who, int mode) => Errno.None;

        protected override void Close() => Closed++;
    }
}
