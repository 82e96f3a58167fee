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
    private readonly HostFileSystem _files = new();
    private readonly OpenFile _start;

    public FsPathTests()
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
        _start = Start(_directory);
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
                expected = LibC.fstatat(Fd, name, &host, follow ? 0 : AT_SYMLINK_NOFOLLOW).Error;
            }
            Errno found = _files.Stat(PathOf(path), follow, out stat status);
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
                host = LibC.openat(Fd, name, flags | O_CLOEXEC);
            }
            OpenFile? file = _files.Open(PathOf(path), flags, 0, out Errno error);
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
            host = LibC.readlinkat(Fd, name, buffer, 100);
        }
        Result found = _files.ReadLink(PathOf(path), target);
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
        OpenFile? file = _files.Open(PathOf(path), flags, 0x1a4, out Errno error);
        file?.Release();
        Assert.Equal(expected, error);
        Assert.Equal("content", File.ReadAllText(In("file")));
        Assert.False(File.Exists(In("missing")));
    }

    [Fact]
    public void Making_and_removing_names_checks_before_EROFS()
    {
        Assert.Equal(Errno.EEXIST, _files.MakeNode(PathOf("dir"), S_IFDIR, 0));
        Assert.Equal(Errno.EEXIST, _files.MakeNode(PathOf("."), S_IFDIR, 0));
        Assert.Equal(Errno.EEXIST, _files.MakeNode(PathOf("/"), S_IFDIR, 0));
        Assert.Equal(Errno.EEXIST, _files.MakeNode(PathOf("dangling"), S_IFREG, 0));
        Assert.Equal(Errno.EROFS, _files.MakeNode(PathOf("new"), S_IFDIR, 0));
        Assert.Equal(Errno.EROFS, _files.MakeNode(PathOf("new/"), S_IFDIR, 0));
        Assert.Equal(Errno.ENOENT, _files.MakeNode(PathOf("new/"), S_IFREG, 0));
        Assert.Equal(Errno.ENOENT, _files.MakeNode(PathOf("new/x"), S_IFDIR, 0));
        Assert.Equal(Errno.ENOTDIR, _files.MakeNode(PathOf("file/x"), S_IFDIR, 0));
        Assert.Equal(Errno.ENAMETOOLONG, _files.MakeNode(PathOf(new string('x', 256)), S_IFDIR, 0));
        Assert.Equal(Errno.EEXIST, _files.SymbolicLink("x"u8, PathOf("file")));
        Assert.Equal(Errno.ENOENT, _files.Link(PathOf("missing"), false, PathOf("new")));
        Assert.Equal(Errno.EEXIST, _files.Link(PathOf("file"), false, PathOf("to-dir")));
        Assert.Equal(Errno.EROFS, _files.Link(PathOf("file"), false, PathOf("new")));
        Assert.Equal(Errno.EROFS, _files.Unlink(PathOf("file")));
        Assert.Equal(Errno.EISDIR, _files.Unlink(PathOf("dir/..")));
        Assert.Equal(Errno.ENOTDIR, _files.Unlink(PathOf("file/x")));
        Assert.Equal(Errno.EINVAL, _files.RemoveDirectory(PathOf("dir/.")));
        Assert.Equal(Errno.ENOTEMPTY, _files.RemoveDirectory(PathOf("dir/..")));
        Assert.Equal(Errno.EBUSY, _files.RemoveDirectory(PathOf("/")));
        Assert.Equal(Errno.EBUSY, _files.Rename(PathOf("dir/."), PathOf("new"), 0));
        Assert.Equal(Errno.EROFS, _files.Rename(PathOf("file"), PathOf("new"), 0));
        Assert.Equal(Errno.EISDIR, _files.Truncate(PathOf("dir"), 0));
        Assert.Equal(Errno.ENOENT, _files.SetMode(PathOf("missing"), true, 0));
        Assert.Equal(Errno.EROFS, _files.SetMode(PathOf("file"), true, 0));
        Assert.Equal(Errno.EROFS, Access("file", W_OK));
        Assert.Equal(Errno.None, Access("file", R_OK));
        Assert.Equal(Errno.EACCES, Access("file", X_OK));
        Assert.Equal(Errno.None, Access("/dev/null", R_OK | W_OK));
    }

    [Fact]
    public void The_supervisors_own_proc_is_not_there()
    {
        Assert.Equal(Errno.None, _files.Stat(PathOf("/proc"), true, out _));
        foreach (string path in (string[])["/proc/self", "/proc/self/mem", "/proc/self/exe", "/proc/self/maps", "/proc/1", "/proc/kcore", "/proc/self/fd/0", "/proc/self/root/etc/passwd"])
        {
            Assert.Equal(Errno.ENOENT, _files.Stat(PathOf(path), true, out _));
            Assert.Null(_files.Open(PathOf(path), O_RDONLY, 0, out _));
        }
        Assert.Null(_files.Open(PathOf("/proc"), O_RDONLY, 0, out Errno error));
        Assert.Equal(Errno.EACCES, error);
    }

    [Fact]
    public void The_path_of_a_directory_is_found_and_a_removed_one_is_not()
    {
        byte[] path = new byte[PATH_MAX];
        OpenFile sub = Start(In("dir/sub"));
        Assert.Equal(In("dir/sub"), Encoding.UTF8.GetString(path, 0, _files.PathOf(sub, path).Int));
        Assert.Equal(Errno.ENAMETOOLONG, _files.PathOf(sub, path.AsSpan(0, 5)).Error);
        Directory.Delete(In("dir/sub"));
        Assert.Equal(Errno.ENOENT, _files.PathOf(sub, path).Error);
        sub.Release();
    }

    public void Dispose()
    {
        _start.Release();
        Directory.Delete(_directory, recursive: true);
    }

    private int Fd => ((HostOpenFile)_start).HostFd;

    private string In(string name) => Path.Combine(_directory, name);

    private PathName PathOf(string path) => new(_start, Encoding.Latin1.GetBytes(path));

    private Errno Access(string path, int mode) => _files.Access(PathOf(path), mode, effective: false, follow: true);

    private static byte[] Name(string path) => Encoding.Latin1.GetBytes(path + "\0");

    private static HostPathFile Start(string path)
    {
        Result place = HostPaths.Walk(AT_FDCWD, Encoding.UTF8.GetBytes(path), O_DIRECTORY);
        Assert.False(place.Failed);
        return new HostPathFile(place.Int, S_IFDIR, O_PATH | O_DIRECTORY);
    }
}
