using System;
using System.IO;
using System.Text;

using UmlHost.Fs;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>Odd paths: what the file system answers is what the host answers.</summary>
public sealed class FsPathTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("umlhost-paths-").FullName;
    private readonly FsGuest _guest = new();
    private readonly VfsPath _start;
    private readonly int _fd;

    public unsafe FsPathTests()
    {
        Directory.CreateDirectory(In("dir/sub"));
        File.WriteAllText(In("file"), "content");
        File.CreateSymbolicLink(In("to-file"), "file");
        File.CreateSymbolicLink(In("to-dir"), "dir");
        File.CreateSymbolicLink(In("dangling"), "missing");
        File.CreateSymbolicLink(In("dangling-deep"), "missing/missing");
        File.CreateSymbolicLink(In("dangling-slash"), "missing/");
        File.CreateSymbolicLink(In("loop-a"), "loop-b");
        File.CreateSymbolicLink(In("loop-b"), "loop-a");
        File.CreateSymbolicLink(In("self"), "self/x");
        File.CreateSymbolicLink(In("up"), "../../../../../../../../../..");
        for (int i = 0; i <= 45; i++)
        {
            File.CreateSymbolicLink(In($"chain{i}"), i == 0 ? "file" : $"chain{i - 1}");
        }
        _start = Find(_directory);
        fixed (byte* name = Name(_directory))
        {
            _fd = LibC.open(name, O_PATH | O_DIRECTORY | O_CLOEXEC).Int;
        }
    }

    public static TheoryData<string> OddPaths =>
    [
        "file", "file/", "file/.", "file/..", "file/x", "missing", "missing/", "missing/x", ".", "..", "./", "../", "/", "//", "/..",
        "/../../..", "/../etc/passwd", "dir", "dir/", "dir//", "dir/./sub/..", "dir/../file", "to-file", "to-file/", "to-dir", "to-dir/",
        "to-dir/.", "to-dir/sub/..", "dangling", "dangling/", "dangling-deep", "dangling-slash", "loop-a", "loop-a/", "loop-a/x", "self",
        "up/etc/passwd", "chain38", "chain39", "chain40", "chain45", "chain39/", "caf\u00e9\u00ff", "dir/missing/../sub",
        new string('x', 255), new string('x', 256), "dir/" + new string('x', 300) + "/y", "missing/" + new string('x', 300),
        "./" + string.Concat(System.Linq.Enumerable.Repeat("dir/../", 500)) + "file",
        string.Concat(System.Linq.Enumerable.Repeat("./", 2045)) + "file", string.Concat(System.Linq.Enumerable.Repeat("./", 2046)) + "file",
    ];

    [Theory]
    [MemberData(nameof(OddPaths))]
    public unsafe void Stat_answers_as_the_host(string path)
    {
        foreach (bool follow in (bool[])[true, false])
        {
            Errno expected;
            stat host;
            fixed (byte* name = Name(path))
            {
                expected = LibC.fstatat(_fd, name, &host, follow ? 0 : AT_SYMLINK_NOFOLLOW).Error;
            }
            Errno found = Stat(path, follow, out stat status);
            Assert.Equal(expected, found);
            if (expected == Errno.None)
            {
                Assert.Equal((host.st_dev, host.st_ino, host.st_mode), (status.st_dev, status.st_ino, status.st_mode));
            }
        }
    }

    [Theory]
    [MemberData(nameof(OddPaths))]
    public unsafe void Open_answers_as_the_host(string path)
    {
        foreach (int flags in (int[])[O_RDONLY, O_PATH, O_PATH | O_NOFOLLOW, O_NOFOLLOW, O_DIRECTORY, O_DIRECTORY | O_NOFOLLOW])
        {
            Result host;
            fixed (byte* name = Name(path))
            {
                host = LibC.openat(_fd, name, flags | O_CLOEXEC);
            }
            OpenFile? file = Vfs.Open(_guest.Task, _start, PathOf(path), flags, 0, out Errno error);
            Assert.Equal(host.Error, error);
            Assert.Equal(host.Failed, file is null);
            if (file is not null)
            {
                Assert.Equal(LibC.fcntl(host.Int, F_GETFL).Int, file.Flags);
                file.Release();
                _ = LibC.close(host.Int);
            }
        }
    }

    [Theory]
    [MemberData(nameof(OddPaths))]
    public unsafe void Readlink_answers_as_the_host(string path)
    {
        byte[] expected = new byte[100];
        byte[] target = new byte[100];
        Result host;
        fixed (byte* name = Name(path), buffer = expected)
        {
            host = LibC.readlinkat(_fd, name, buffer, 100);
        }
        Errno error = Vfs.Find(_guest.Task, _start, PathOf(path), follow: false, out VfsPath place);
        Result found = error == Errno.None ? place.Inode!.ReadLink(_guest.Task, target) : new Result(-(long)error);
        Assert.Equal(host, found);
        Assert.Equal(expected, target);
    }

    [Theory]
    [InlineData("file", O_WRONLY, Errno.EROFS)]
    [InlineData("file", O_RDWR, Errno.EROFS)]
    [InlineData("file", O_RDONLY | O_TRUNC, Errno.EROFS)]
    [InlineData("file", O_WRONLY | O_CREAT | O_EXCL, Errno.EEXIST)]
    [InlineData("file", O_WRONLY | O_DIRECTORY, Errno.ENOTDIR)]
    [InlineData("file", O_RDONLY | O_CREAT, Errno.None)]
    [InlineData("file/", O_WRONLY | O_CREAT, Errno.EISDIR)]
    [InlineData("to-file", O_WRONLY | O_CREAT | O_EXCL, Errno.EEXIST)]
    [InlineData("to-file", O_WRONLY | O_NOFOLLOW, Errno.ELOOP)]
    [InlineData("dir", O_WRONLY, Errno.EISDIR)]
    [InlineData("dir", O_RDONLY | O_CREAT, Errno.EISDIR)]
    [InlineData("dir", O_RDONLY | O_TRUNC, Errno.EISDIR)]
    [InlineData("dir", O_RDWR | O_TMPFILE, Errno.EROFS)]
    [InlineData("file", O_RDWR | O_TMPFILE, Errno.ENOTDIR)]
    [InlineData("missing", O_RDONLY | O_CREAT, Errno.EROFS)]
    [InlineData("missing", O_WRONLY | O_CREAT | O_EXCL, Errno.EROFS)]
    [InlineData("missing", O_WRONLY, Errno.ENOENT)]
    [InlineData("missing/", O_WRONLY | O_CREAT, Errno.EISDIR)]
    [InlineData("missing/x", O_WRONLY | O_CREAT, Errno.ENOENT)]
    [InlineData("file/x", O_WRONLY | O_CREAT, Errno.ENOTDIR)]
    [InlineData("dangling", O_WRONLY | O_CREAT, Errno.EROFS)]
    [InlineData("dangling", O_WRONLY | O_CREAT | O_EXCL, Errno.EEXIST)]
    [InlineData("dangling", O_WRONLY | O_CREAT | O_NOFOLLOW, Errno.ELOOP)]
    [InlineData("dangling-deep", O_WRONLY | O_CREAT, Errno.ENOENT)]
    [InlineData("dangling-slash", O_WRONLY | O_CREAT, Errno.EISDIR)]
    [InlineData("loop-a", O_WRONLY | O_CREAT, Errno.ELOOP)]
    [InlineData(".", O_WRONLY | O_CREAT | O_EXCL, Errno.EEXIST)]
    [InlineData("..", O_RDONLY | O_CREAT, Errno.EISDIR)]
    public void Opening_for_change_is_refused_in_the_kernels_order(string path, int flags, Errno expected)
    {
        OpenFile? file = Vfs.Open(_guest.Task, _start, PathOf(path), flags, 0x1a4, out Errno error);
        file?.Release();
        Assert.Equal(expected, error);
        Assert.Equal("content", File.ReadAllText(In("file")));
        Assert.False(File.Exists(In("missing")));
    }

    [Fact]
    public void Making_and_removing_names_checks_before_EROFS()
    {
        Assert.Equal(Errno.EEXIST, Vfs.MakeNode(_guest.Task, _start, PathOf("dir"), S_IFDIR));
        Assert.Equal(Errno.EEXIST, Vfs.MakeNode(_guest.Task, _start, PathOf("."), S_IFDIR));
        Assert.Equal(Errno.EEXIST, Vfs.MakeNode(_guest.Task, _start, PathOf("/"), S_IFDIR));
        Assert.Equal(Errno.EEXIST, Vfs.MakeNode(_guest.Task, _start, PathOf("dangling"), S_IFREG));
        Assert.Equal(Errno.EROFS, Vfs.MakeNode(_guest.Task, _start, PathOf("new"), S_IFDIR));
        Assert.Equal(Errno.EROFS, Vfs.MakeNode(_guest.Task, _start, PathOf("new/"), S_IFDIR));
        Assert.Equal(Errno.ENOENT, Vfs.MakeNode(_guest.Task, _start, PathOf("new/"), S_IFREG));
        Assert.Equal(Errno.ENOENT, Vfs.MakeNode(_guest.Task, _start, PathOf("new/x"), S_IFDIR));
        Assert.Equal(Errno.ENOTDIR, Vfs.MakeNode(_guest.Task, _start, PathOf("file/x"), S_IFDIR));
        Assert.Equal(Errno.ENAMETOOLONG, Vfs.MakeNode(_guest.Task, _start, PathOf(new string('x', 256)), S_IFDIR));
        Assert.Equal(Errno.EEXIST, Vfs.MakeNode(_guest.Task, _start, PathOf("file"), S_IFLNK, 0, [(byte)'x']));
        Assert.Equal(Errno.ENOENT, Link("missing", "new"));
        Assert.Equal(Errno.EEXIST, Link("file", "to-dir"));
        Assert.Equal(Errno.EROFS, Link("file", "new"));
        Assert.Equal(Errno.EROFS, Vfs.Remove(_guest.Task, _start, PathOf("file"), directory: false));
        Assert.Equal(Errno.EISDIR, Vfs.Remove(_guest.Task, _start, PathOf("dir/.."), directory: false));
        Assert.Equal(Errno.ENOTDIR, Vfs.Remove(_guest.Task, _start, PathOf("file/x"), directory: false));
        Assert.Equal(Errno.EINVAL, Vfs.Remove(_guest.Task, _start, PathOf("dir/."), directory: true));
        Assert.Equal(Errno.ENOTEMPTY, Vfs.Remove(_guest.Task, _start, PathOf("dir/.."), directory: true));
        Assert.Equal(Errno.EBUSY, Vfs.Remove(_guest.Task, _start, PathOf("/"), directory: true));
        Assert.Equal(Errno.EBUSY, Vfs.Rename(_guest.Task, _start, PathOf("dir/."), _start, PathOf("new"), 0));
        Assert.Equal(Errno.EROFS, Vfs.Rename(_guest.Task, _start, PathOf("file"), _start, PathOf("new"), 0));
        Assert.Equal(Errno.EISDIR, Vfs.Truncate(_guest.Task, Find("dir"), 0));
        Assert.Equal(Errno.EROFS, Vfs.SetMode(_guest.Task, Find("file"), 0));
        Assert.Equal(Errno.EROFS, Access("file", W_OK));
        Assert.Equal(Errno.None, Access("file", R_OK));
        Assert.Equal(Errno.EACCES, Access("file", X_OK));
        Assert.Equal(Errno.None, Access("/dev/null", R_OK | W_OK));
    }

    [Fact]
    public void The_supervisors_own_proc_is_not_there()
    {
        Assert.Equal(Errno.None, Stat("/proc", true, out _));
        foreach (string path in (string[])["/proc/self", "/proc/self/mem", "/proc/self/exe", "/proc/self/maps", "/proc/1", "/proc/kcore", "/proc/self/fd/0", "/proc/self/root/etc/passwd"])
        {
            Assert.Equal(Errno.ENOENT, Stat(path, true, out _));
            Assert.Null(Vfs.Open(_guest.Task, _start, PathOf(path), O_RDONLY, 0, out _));
        }
        Assert.Null(Vfs.Open(_guest.Task, _start, PathOf("/proc"), O_RDONLY, 0, out Errno error));
        Assert.Equal(Errno.EACCES, error);
    }

    [Fact]
    public void The_path_of_a_directory_is_found()
    {
        VfsPath sub = Find(In("dir/sub"));
        Assert.Equal(In("dir/sub"), Vfs.TextOf(sub));
        Assert.True(Vfs.PathOf(sub, _guest.Task.Fs.Root, new byte[5], out _).IsEmpty);
        Assert.Equal("/sub", Encoding.UTF8.GetString(Vfs.PathOf(sub, Find(In("dir")), new byte[PATH_MAX], out bool reachable)));
        Assert.True(reachable);
        _ = Vfs.PathOf(_start, sub, new byte[PATH_MAX], out reachable);
        Assert.False(reachable);
    }

    [Fact]
    public void What_the_host_renames_is_found_after_a_second_and_never_taken_for_another()
    {
        Assert.Equal(Errno.None, Stat("dir/sub", true, out stat before));
        Directory.Move(In("dir/sub"), In("dir/other"));
        File.WriteAllText(In("dir/sub"), "a file now");
        System.Threading.Thread.Sleep(1100);
        Assert.Equal(Errno.None, Stat("dir/sub", true, out stat after));
        Assert.True(S_ISREG(after.st_mode));
        Assert.Equal(Errno.None, Stat("dir/other", true, out after));
        Assert.Equal(before.st_ino, after.st_ino);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _ = LibC.close(_fd);
        Directory.Delete(_directory, recursive: true);
    }

    private string In(string name) => Path.Combine(_directory, name);

    private static byte[] PathOf(string path) => Encoding.Latin1.GetBytes(path);

    private static byte[] Name(string path) => Encoding.Latin1.GetBytes(path + "\0");

    private Errno Stat(string path, bool follow, out stat status)
    {
        status = default;
        Errno error = Vfs.Find(_guest.Task, _start, PathOf(path), follow, out VfsPath place);
        return error == Errno.None ? place.Inode!.Stat(out status) : error;
    }

    private Errno Access(string path, int mode) => Vfs.Access(Find(path), _guest.Task.Credentials, mode);

    private Errno Link(string existing, string name)
    {
        Errno error = Vfs.Find(_guest.Task, _start, PathOf(existing), follow: false, out VfsPath place);
        return error == Errno.None ? Vfs.Link(_guest.Task, place, _start, PathOf(name)) : error;
    }

    private VfsPath Find(string path)
    {
        VfsPath start = _start.IsNone ? _guest.Task.Fs.WorkingDirectory : _start;
        Assert.Equal(Errno.None, Vfs.Find(_guest.Task, start, PathOf(path), follow: true, out VfsPath place));
        return place;
    }
}
