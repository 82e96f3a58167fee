using System;
using System.IO;
using System.Reflection;

using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Host;

/// <summary>The stub as built by <c>stub/</c> and carried in this program: the executable that a host child
/// starts as, in a memory file of its own, and the code page, put into the guest memory file once for all
/// children.</summary>
internal sealed unsafe class StubImage : IDisposable
{
    private const int HeaderWords = 18;

    private readonly int _executable;

    private StubImage(int executable, ulong codeOffset, ReadOnlySpan<ulong> header)
    {
        _executable = executable;
        ExecutablePath = $"/proc/{LibC.getpid()}/fd/{executable}";
        CodeOffset = codeOffset;
        Run = StubLayout.Code + header[10];
        Clone = StubLayout.Code + header[11];
        Park = StubLayout.Code + header[12];
        SignalStack = StubLayout.Code + header[13];
        FaultHandler = StubLayout.Code + header[14];
        Restorer = StubLayout.Code + header[15];
        Filter = StubLayout.Code + header[16];
        FilterLength = (int)header[HeaderWords - 1];
    }

    /// <summary>Where the code page is in the memory file.</summary>
    public ulong CodeOffset { get; }

    /// <summary>Addresses in a child: what runs a batch, what makes a thread, where a thread waits to be seized, the
    /// fault handler and its restorer, the seccomp filter.</summary>
    public ulong Run { get; }

    public ulong Clone { get; }

    public ulong Park { get; }

    /// <summary>A stack_t that says where the signal stack is.</summary>
    public ulong SignalStack { get; }

    public ulong FaultHandler { get; }

    public ulong Restorer { get; }

    public ulong Filter { get; }

    public int FilterLength { get; }

    /// <summary>The path by which a child of this process executes the stub. By the supervisor's own process id:
    /// the child's copy of the descriptor is closed by then.</summary>
    public string ExecutablePath { get; }

    public static Result Load(HostMemory memory, out StubImage? image)
    {
        image = null;
        UnmanagedMemoryStream page = Resource("page");
        UnmanagedMemoryStream program = Resource("stub");

        Span<ulong> header = new(page.PositionPointer, HeaderWords);
        CheckLayout(header);
        ulong filterLengthAt = header[HeaderWords - 1];
        ulong codeOffset = memory.StubCodeOffset;
        new ReadOnlySpan<byte>(page.PositionPointer, (int)page.Length).CopyTo(new Span<byte>(memory.Base + codeOffset, (int)StubLayout.PageSize));
        Span<ulong> resolved = stackalloc ulong[HeaderWords];
        header.CopyTo(resolved);
        resolved[HeaderWords - 1] = *(ulong*)(page.PositionPointer + filterLengthAt);

        Result fd;
        fixed (byte* name = "umlhost-stub"u8)
        {
            fd = LibC.memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
            if (fd.Error == Errno.EINVAL)
            {
                // Linux before 6.3 has no MFD_EXEC, and executes memory files anyway.
                fd = LibC.memfd_create(name, MFD_CLOEXEC);
            }
        }

        if (fd.Failed)
        {
            return fd;
        }

        Result written = LibC.write(fd.Int, program.PositionPointer, (nuint)program.Length);
        if (written.Raw != program.Length)
        {
            LibC.close(fd.Int);
            return written.Failed ? written : new Result(-(long)Errno.EIO);
        }

        image = new StubImage(fd.Int, codeOffset, resolved);
        return default;
    }

    public void Dispose() => LibC.close(_executable);

    private static UnmanagedMemoryStream Resource(string name)
        => Assembly.GetExecutingAssembly().GetManifestResourceStream(name) as UnmanagedMemoryStream
            ?? throw new InvalidOperationException($"this build carries no stub ({name})");

    /// <summary>Both sides of the contract must have been built from the same numbers.</summary>
    private static void CheckLayout(ReadOnlySpan<ulong> header)
    {
        ReadOnlySpan<ulong> expected =
        [
            StubLayout.Magic,
            StubLayout.Start, StubLayout.Batch, StubLayout.Data, StubLayout.End,
            StubLayout.OpSize, StubLayout.FaultInfoSize, StubLayout.SignalStack, StubLayout.SignalStackSize,
        ];
        if (!header[..expected.Length].SequenceEqual(expected))
        {
            throw new InvalidOperationException("stub/layout.h and Host/StubLayout.cs disagree");
        }
    }
}
