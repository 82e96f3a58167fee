using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Memory;
using UmlHost.Native;

using Xunit;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>File system calls, on a task without a host child.</summary>
public sealed class FsSyscallTests : IDisposable
{
    private const int Size = 300_000;

    private readonly FsGuest _guest = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("umlhost-calls-").FullName;
    private readonly string _file;
    private readonly byte[] _content = new byte[Size];

    public FsSyscallTests()
    {
        _file = Path.Combine(_directory, "file");
        new Random(1).NextBytes(_content);
        File.WriteAllBytes(_file, _content);
    }

    [Fact]
    public void Read_moves_the_position_and_ends()
    {
        int fd = _guest.Open(_file);
        Assert.Equal(1, _guest.Call("read", fd, FsGuest.Data, 1).Raw);
        Assert.Equal(40_000, _guest.Call("read", fd, FsGuest.Data + 1, 40_000).Raw);
        Assert.Equal(_content[..40_001], _guest.Peek(FsGuest.Data, 40_001));
        Assert.Equal(40_001, _guest.Call("lseek", fd, 0, SEEK_CUR).Raw);
        Assert.Equal(Size - 5, _guest.Call("lseek", fd, -5, SEEK_END).Raw);
        Assert.Equal(5, _guest.Call("read", fd, FsGuest.Data, 100).Raw);
        Assert.Equal(0, _guest.Call("read", fd, FsGuest.Data, 100).Raw);
        Assert.Equal(Errno.EINVAL, _guest.Call("lseek", fd, -1, SEEK_SET).Error);
        Assert.Equal(Errno.EINVAL, _guest.Call("lseek", fd, 0, 99).Error);
    }

    [Fact]
    public void Bytes_before_a_fault_count()
    {
        int fd = _guest.Open(_file);
        Assert.Equal(100, _guest.Call("read", fd, FsGuest.DataEnd - 100, 5000).Raw);
        Assert.Equal(_content[..100], _guest.Peek(FsGuest.DataEnd - 100, 100));
        Assert.Equal(100, _guest.Call("lseek", fd, 0, SEEK_CUR).Raw);
        Assert.Equal(Errno.EFAULT, _guest.Call("read", fd, FsGuest.DataEnd, 10).Error);
        Assert.Equal(Errno.EFAULT, _guest.Call("read", fd, FsGuest.Data, ulong.MaxValue).Error);
        Assert.Equal(Errno.EFAULT, _guest.Call("read", fd, 1UL << 63, 0).Error);
        Assert.Equal(0, _guest.Call("read", fd, FsGuest.DataEnd, 0).Raw);
    }

    [Fact]
    public void Vectors_are_filled_in_order()
    {
        int fd = _guest.Open(_file);
        GuestAddress vectors = FsGuest.Data;
        _guest.Poke(vectors, new GuestIovec { Base = (FsGuest.Data + 4096).Value, Length = 10 });
        _guest.Poke(vectors + 16, new GuestIovec { Base = 0, Length = 0 });
        _guest.Poke(vectors + 32, new GuestIovec { Base = (FsGuest.DataEnd - 7).Value, Length = 4000 });
        Assert.Equal(17, _guest.Call("preadv", fd, vectors, 3, 1000, 0).Raw);
        Assert.Equal(_content[1000..1010], _guest.Peek(FsGuest.Data + 4096, 10));
        Assert.Equal(_content[1010..1017], _guest.Peek(FsGuest.DataEnd - 7, 7));
        Assert.Equal(17, _guest.Call("preadv2", fd, vectors, 3, -1, 0, 0).Raw);
        Assert.Equal(17, _guest.Call("lseek", fd, 0, SEEK_CUR).Raw);
        Assert.Equal(Errno.EOPNOTSUPP, _guest.Call("preadv2", fd, vectors, 3, -1, 0, 0x1000).Error);
        Assert.Equal(0, _guest.Call("readv", fd, vectors, 0).Raw);
        Assert.Equal(Errno.EINVAL, _guest.Call("readv", fd, vectors, 1025).Error);
        Assert.Equal(Errno.EFAULT, _guest.Call("readv", fd, FsGuest.DataEnd, 1).Error);
        _guest.Poke(vectors + 16, new GuestIovec { Base = 0, Length = ulong.MaxValue });
        Assert.Equal(Errno.EINVAL, _guest.Call("readv", fd, vectors, 3).Error);
        Assert.Equal(Errno.EINVAL, _guest.Call("preadv", fd, vectors, 1, -1, 0).Error);
    }

    [Fact]
    public void Access_modes_are_checked()
    {
        int fd = _guest.Open(_file);
        int place = _guest.Open(_file, O_PATH);
        int directory = _guest.Open(_directory);
        Assert.Equal(Errno.EBADF, _guest.Call("write", fd, FsGuest.Data, 1).Error);
        Assert.Equal(Errno.EBADF, _guest.Call("pwrite64", fd, FsGuest.Data, 1, 0).Error);
        Assert.Equal(Errno.EINVAL, _guest.Call("pread64", fd, FsGuest.Data, 1, -1).Error);
        Assert.Equal(Errno.EBADF, _guest.Call("read", place, FsGuest.Data, 1).Error);
        Assert.Equal(Errno.EBADF, _guest.Call("lseek", place, 0, 0).Error);
        Assert.Equal(Errno.EBADF, _guest.Call("ioctl", place, TCGETS, FsGuest.Data).Error);
        Assert.Equal(0, _guest.Call("fstat", place, FsGuest.Data).Raw);
        Assert.Equal(Errno.EISDIR, _guest.Call("read", directory, FsGuest.Data, 1).Error);
        Assert.Equal(Errno.ENOTDIR, _guest.Call("getdents64", fd, FsGuest.Data, 100).Error);
        Assert.Equal(Errno.ENOTDIR, _guest.Call("fchdir", fd).Error);
        Assert.Equal(Errno.ENOTTY, _guest.Call("ioctl", fd, TCGETS, FsGuest.Data).Error);
        Assert.Equal(Errno.EBADF, _guest.Call("close", 99).Error);
        Assert.Equal(Errno.EBADF, _guest.Call("read", -1, FsGuest.Data, 1).Error);
        Assert.Equal(Errno.EROFS, _guest.Call("open", _file, O_RDWR).Error);
        Assert.Equal(Errno.EINVAL, _guest.Call("open", _directory, O_CREAT | O_DIRECTORY).Error);
        Assert.Equal(Errno.ENOENT, _guest.Call("open", "", 0).Error);
        Assert.Equal(Errno.EFAULT, _guest.Call("open", 8, 0).Error);
        Assert.Equal(Errno.ENAMETOOLONG, _guest.Call("open", new string('/', 4096), 0).Error);
        Assert.Equal(Errno.EBADF, _guest.Call("openat", 99, "file", 0).Error);
        Assert.Equal(Errno.ENOTDIR, _guest.Call("openat", fd, "file", 0).Error);
    }

    [Fact]
    public void Directories_are_listed_in_small_pieces_and_old_records()
    {
        HashSet<string> expected = [".", "..", "file"];
        for (int i = 0; i < 100; i++)
        {
            string name = $"entry-{i}" + new string('y', i);
            File.WriteAllText(Path.Combine(_directory, name), "");
            expected.Add(name);
        }
        int fd = _guest.Open(_directory);
        Assert.Equal(Errno.EINVAL, _guest.Call("getdents64", fd, FsGuest.Data, 10).Error);
        Assert.Equal(expected.Order(), List(fd, "getdents64", 300, nameAt: 19).Order());
        Assert.Equal(0, _guest.Call("lseek", fd, 0, SEEK_SET).Raw);
        Assert.Equal(expected.Order(), List(fd, "getdents", 4096, nameAt: 18).Order());
        Assert.Equal(0, _guest.Call("lseek", fd, 0, SEEK_SET).Raw);
        // What does not fit before a fault comes with the next call.
        long some = _guest.Call("getdents64", fd, FsGuest.DataEnd - 1000, 30_000).Raw;
        Assert.InRange(some, 1, 1000);
        List<string> names = Names(_guest.Peek(FsGuest.DataEnd - 1000, (int)some), 19);
        names.AddRange(List(fd, "getdents64", 4096, nameAt: 19));
        Assert.Equal(expected.Order(), names.Order());
    }

    [Fact]
    public void The_working_directory_moves()
    {
        Assert.Equal(0, _guest.Call("chdir", _directory).Raw);
        Assert.Equal(_directory.Length + 1, _guest.Call("getcwd", FsGuest.Data, 4096).Raw);
        Assert.Equal(_directory + "\0", Encoding.UTF8.GetString(_guest.Peek(FsGuest.Data, _directory.Length + 1)));
        Assert.Equal(Errno.ERANGE, _guest.Call("getcwd", FsGuest.Data, _directory.Length).Error);
        Assert.Equal(0, _guest.Call("stat", "file", FsGuest.Data).Raw);
        Assert.Equal(Errno.ENOTDIR, _guest.Call("chdir", "file").Error);
        int root = _guest.Open("/", O_PATH | O_DIRECTORY);
        Assert.Equal(0, _guest.Call("fchdir", root).Raw);
        Assert.Equal(0, _guest.Call("close", root).Raw);
        Assert.Equal(2, _guest.Call("getcwd", FsGuest.Data, 4096).Raw);
    }

    [Fact]
    public void Empty_paths_stand_for_the_descriptor()
    {
        int fd = _guest.Open(_file);
        Assert.Equal(0, _guest.Call("newfstatat", fd, "", FsGuest.Data, AT_EMPTY_PATH).Raw);
        Assert.Equal(0, _guest.Call("newfstatat", fd, 0, FsGuest.Data, AT_EMPTY_PATH).Raw);
        Assert.Equal(Size, BinaryPrimitives.ReadInt64LittleEndian(_guest.Peek(FsGuest.Data + 48, 8)));
        Assert.Equal(Errno.ENOENT, _guest.Call("newfstatat", fd, "", FsGuest.Data, 0).Error);
        Assert.Equal(Errno.EINVAL, _guest.Call("newfstatat", fd, "", FsGuest.Data, AT_EMPTY_PATH | 1).Error);
        Assert.Equal(0, _guest.Call("statx", fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, FsGuest.Data).Raw);
        Assert.Equal(Size, BinaryPrimitives.ReadInt64LittleEndian(_guest.Peek(FsGuest.Data + 40, 8)));
        Assert.Equal(Errno.EFAULT, _guest.Call("fstat", fd, FsGuest.DataEnd).Error);
        Assert.Equal(Errno.EINVAL, _guest.Call("readlink", _file, FsGuest.Data, 100).Error);
        Assert.Equal(Errno.ENOENT, _guest.Call("readlinkat", fd, "", FsGuest.Data, 100).Error);
    }

    [Fact]
    public void The_small_devices_behave()
    {
        int nothing = _guest.Open("/dev/null", O_RDWR);
        Assert.Equal(10, _guest.Call("write", nothing, 0, 10).Raw);
        Assert.Equal(0, _guest.Call("read", nothing, FsGuest.Data, 10).Raw);
        Assert.Equal(0, _guest.Call("lseek", nothing, 100, SEEK_SET).Raw);
        int zero = _guest.Open("/dev/zero");
        _guest.Poke(FsGuest.Data, [1, 2, 3]);
        Assert.Equal(3, _guest.Call("read", zero, FsGuest.Data, 3).Raw);
        Assert.Equal([0, 0, 0], _guest.Peek(FsGuest.Data, 3));
        int full = _guest.Open("/dev/full", O_WRONLY);
        Assert.Equal(Errno.ENOSPC, _guest.Call("write", full, FsGuest.Data, 1).Error);
        int random = _guest.Open("/dev/urandom", O_RDWR);
        Assert.Equal(64, _guest.Call("read", random, FsGuest.Data, 64).Raw);
        Assert.NotEqual(new byte[64], _guest.Peek(FsGuest.Data, 64));
        Assert.Equal(Errno.EFAULT, _guest.Call("write", random, FsGuest.DataEnd, 5).Error);
    }

    [Fact]
    public void Descriptor_flags_and_status_flags()
    {
        int fd = _guest.Open(_file, O_RDONLY | O_NONBLOCK);
        Assert.Equal(O_NONBLOCK | O_LARGEFILE, _guest.Call("fcntl", fd, F_GETFL).Raw);
        Assert.Equal(0, _guest.Call("fcntl", fd, F_SETFL, O_APPEND).Raw);
        Assert.Equal(O_APPEND | O_LARGEFILE, _guest.Call("fcntl", fd, F_GETFL).Raw);
        Assert.Equal(20, _guest.Call("fcntl", fd, F_DUPFD_CLOEXEC, 20).Raw);
        Assert.Equal(FD_CLOEXEC, _guest.Call("fcntl", 20, F_GETFD).Raw);
        Assert.Equal(0, _guest.Call("ioctl", 20, FIONCLEX).Raw);
        Assert.Equal(0, _guest.Call("fcntl", 20, F_GETFD).Raw);
        Assert.Equal(Errno.EINVAL, _guest.Call("fcntl", fd, F_DUPFD, 1 << 20).Error);
        Assert.Equal(0, _guest.Call("lseek", 20, Size - 9, SEEK_SET).Raw - (Size - 9));
        Assert.Equal(0, _guest.Call("ioctl", fd, FIONREAD, FsGuest.Data).Raw);
        Assert.Equal(9, BinaryPrimitives.ReadInt32LittleEndian(_guest.Peek(FsGuest.Data, 4)));
        Assert.Equal(0, _guest.Call("close_range", 10, uint.MaxValue, 0).Raw);
        Assert.Equal(Errno.EBADF, _guest.Call("fcntl", 20, F_GETFD).Error);
        Assert.Equal(0, _guest.Call("fsync", fd).Raw);
    }

    [Fact]
    public unsafe void A_pipe_as_a_standard_stream()
    {
        int* ends = stackalloc int[2];
        Assert.False(LibC.pipe2(ends, O_CLOEXEC).Failed);
        int reader = _guest.Task.Files.Add(StandardStreams.Open(ends[0])!, closeOnExec: false);
        int writer = _guest.Task.Files.Add(StandardStreams.Open(ends[1])!, closeOnExec: false);
        _ = LibC.close(ends[0]);
        _ = LibC.close(ends[1]);
        _guest.Poke(FsGuest.Data, "hello"u8);
        Assert.Equal(5, _guest.Call("write", writer, FsGuest.Data, 5).Raw);
        Assert.Equal(Errno.EFAULT, _guest.Call("read", reader, FsGuest.DataEnd, 5).Error);
        Assert.Equal(2, _guest.Call("read", reader, FsGuest.DataEnd - 2, 5).Raw);
        Assert.Equal(3, _guest.Call("read", reader, FsGuest.Data + 8, 5).Raw);
        Assert.Equal("llo"u8.ToArray(), _guest.Peek(FsGuest.Data + 8, 3));
        Assert.Equal(Errno.ESPIPE, _guest.Call("lseek", reader, 0, SEEK_CUR).Error);
        Assert.Equal(Errno.ESPIPE, _guest.Call("pread64", reader, FsGuest.Data, 1, 0).Error);
        _guest.Poke(FsGuest.Data, 1);
        Assert.Equal(0, _guest.Call("ioctl", reader, FIONBIO, FsGuest.Data).Raw);
        Assert.Equal(Errno.EAGAIN, _guest.Call("read", reader, FsGuest.Data, 5).Error);
        Assert.Equal(0, _guest.Call("ioctl", writer, FIONBIO, FsGuest.Data).Raw);
        // Sixteen pages of pipe: what does not fit is left, and nothing blocks.
        int fd = _guest.Open(_file);
        long sent = _guest.Call("sendfile", writer, fd, 0, Size).Raw;
        Assert.InRange(sent, 4096, 65536);
        Assert.Equal(sent, _guest.Call("lseek", fd, 0, SEEK_CUR).Raw);
        Assert.Equal(Errno.EAGAIN, _guest.Call("write", writer, FsGuest.Data, 5).Error);
        Assert.Equal(sent, _guest.Call("read", reader, FsGuest.Data, 65536).Raw);
        Assert.Equal(_content[..(int)sent], _guest.Peek(FsGuest.Data, (int)sent));
        _guest.Call("close", reader);
        Assert.Equal(Errno.EPIPE, _guest.Call("write", writer, FsGuest.Data, 5).Error);
    }

    [Fact]
    public void Mappings_of_one_inode_share_one_object()
    {
        File.CreateSymbolicLink(_file + "-link", _file);
        int one = _guest.Open(_file), two = _guest.Open(_file + "-link");
        MappedFile? mapping = Mapping(one);
        Assert.NotNull(mapping);
        Assert.Same(mapping, Mapping(two));
        Assert.Equal((ulong)Size, mapping.Size);
        Assert.Equal(_file, mapping.Path);
        GuestAddress at = new(0x4000_0000);
        Assert.Equal((long)at.Value, _guest.Task.Memory.Map(at, Size, PROT_READ, MAP_PRIVATE | MAP_FIXED, mapping, 0).Raw);
        _guest.Call("close", one);
        _guest.Call("close", two);
        // The mapping keeps the file, and a new opening finds it.
        Assert.Equal(_content, _guest.Peek(at, Size));
        int three = _guest.Open(_file);
        Assert.Same(mapping, Mapping(three));
        _guest.Call("close", three);
        Assert.Equal(Errno.None, _guest.Task.Memory.Unmap(at, Size));
        // It is kept for the next opening, unless the file is another by then.
        int four = _guest.Open(_file);
        Assert.Same(mapping, Mapping(four));
        _guest.Call("close", four);
        File.WriteAllBytes(_file, new byte[Size + 1]);
        int five = _guest.Open(_file);
        Assert.NotSame(mapping, Mapping(five));
    }

    [Fact]
    public void Reading_a_byte_allocates_nothing()
    {
        int fd = _guest.Open(_file);
        Syscalls.Syscall read = Syscalls.SyscallTable.Find(0)!;
        long before = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (i == 10_000)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }
            unsafe
            {
                Assert1(read.Handler(_guest.Task, new Syscalls.SyscallArguments((ulong)fd, FsGuest.Data.Value, 1, 0, 0, 0)).Raw);
            }
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    public void Dispose()
    {
        _guest.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static void Assert1(long value)
    {
        if (value != 1)
        {
            throw new InvalidOperationException();
        }
    }

    private MappedFile? Mapping(int fd)
    {
        using FileReference reference = _guest.Task.Files.Get(fd);
        return reference.File!.Mapping;
    }

    private List<string> List(int fd, string call, int size, int nameAt)
    {
        List<string> names = [];
        while (true)
        {
            long count = _guest.Call(call, fd, FsGuest.Data, size).Raw;
            Assert.True(count >= 0);
            if (count == 0)
            {
                return names;
            }
            names.AddRange(Names(_guest.Peek(FsGuest.Data, (int)count), nameAt));
        }
    }

    private static List<string> Names(byte[] entries, int nameAt)
    {
        List<string> names = [];
        for (int at = 0; at < entries.Length;)
        {
            int end = Array.IndexOf(entries, (byte)0, at + nameAt);
            names.Add(Encoding.UTF8.GetString(entries, at + nameAt, end - at - nameAt));
            at += BinaryPrimitives.ReadUInt16LittleEndian(entries.AsSpan(at + 16));
        }
        return names;
    }
}
