using System;
using System.Text;

using UmlHost.Abi;
using UmlHost.Fs;
using UmlHost.Host;
using UmlHost.Kernel;
using UmlHost.Memory;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Tests.Unit;

/// <summary>A guest task without a host child: memory, descriptors and the host's files, for system call handlers
/// that need no more. <see cref="Data"/> is 16 pages; the page after it is not mapped.</summary>
internal sealed class FsGuest : IDisposable
{
    public const ulong DataBytes = 16 * GuestAddress.PageSize;

    private static readonly GuestAddress s_paths = new(0x2000_0000);

    private readonly HostMemory _hostMemory;
    private readonly FrameAllocator _frames;

    public FsGuest()
    {
        if (HostMemory.Create(out HostMemory? memory).Failed)
        {
            throw new InvalidOperationException("no guest memory");
        }
        _hostMemory = memory!;
        _frames = new FrameAllocator(_hostMemory, 64 << 20);
        MemoryMap map = new(_frames);
        Map(map, Data, DataBytes);
        Map(map, s_paths, 4 * GuestAddress.PageSize);
        Task = FsTask.Create(map, new FdTable(), FsContext.OfHost());
    }

    public static GuestAddress Data { get; } = new(0x1000_0000);

    public static GuestAddress DataEnd => Data + DataBytes;

    public GuestTask Task { get; }

    /// <summary>Calls the handler of <paramref name="name"/>; a string argument is put into guest memory.</summary>
    public unsafe SyscallResult Call(string name, params object[] arguments)
    {
        ulong[] registers = new ulong[6];
        GuestAddress next = s_paths;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case string path:
                    byte[] bytes = Encoding.Latin1.GetBytes(path + "\0");
                    Task.Memory.CopyOut(next, bytes);
                    registers[i] = next.Value;
                    next += (ulong)bytes.Length;
                    break;
                case GuestAddress address:
                    registers[i] = address.Value;
                    break;
                case ulong value:
                    registers[i] = value;
                    break;
                default:
                    registers[i] = (ulong)Convert.ToInt64(arguments[i], System.Globalization.CultureInfo.InvariantCulture);
                    break;
            }
        }
        foreach (Syscall call in SyscallTable.All)
        {
            if (call.Name == name)
            {
                return call.Handler(Task, new SyscallArguments(registers[0], registers[1], registers[2], registers[3], registers[4], registers[5]));
            }
        }
        throw new ArgumentException(name);
    }

    public int Open(string path, int flags = O_RDONLY)
    {
        SyscallResult fd = Call("open", path, flags);
        return fd.Failed ? throw new InvalidOperationException($"{path}: {fd.Error}") : (int)fd.Raw;
    }

    public byte[] Peek(GuestAddress address, int count)
    {
        byte[] bytes = new byte[count];
        return Task.Memory.CopyIn(address, bytes) == count ? bytes : throw new InvalidOperationException("not mapped");
    }

    public void Poke(GuestAddress address, ReadOnlySpan<byte> bytes) => Task.Memory.CopyOut(address, bytes);

    public void Poke<T>(GuestAddress address, in T value)
        where T : unmanaged => Task.Memory.Write(address, value);

    public void Dispose()
    {
        Task.Files.Clear();
        Task.Fs.Leave();
        Task.Memory.Dispose();
        _frames.Dispose();
        _hostMemory.Dispose();
    }

    private static void Map(MemoryMap map, GuestAddress at, ulong length)
    {
        SyscallResult mapped = map.Map(at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, null, 0);
        if (mapped.Failed)
        {
            throw new InvalidOperationException($"mmap: {mapped.Error}");
        }
    }
}
