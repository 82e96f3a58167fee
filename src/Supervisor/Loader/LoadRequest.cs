using System.Collections.Generic;

using UmlHost.Abi;
using UmlHost.Vdso;

namespace UmlHost.Loader;

/// <summary>What execve is asked, and what the loader needs to know of the task and the machine.</summary>
internal sealed class LoadRequest
{
    /// <summary>Random bytes that one load takes.</summary>
    public const int EntropyBytes = StackImage.RandomBytes + AddressLayout.EntropyBytes;

    /// <summary>The path as execve got it, without the NUL: AT_EXECFN, comm, and a script's own name.</summary>
    public required byte[] FileName { get; init; }

    /// <summary>The file, where it is open already (execveat with AT_EMPTY_PATH); the loader takes it over.</summary>
    public IExecutableFile? File { get; init; }

    /// <summary>An interpreter could not open <see cref="FileName"/> again (execveat on a descriptor that
    /// closes on exec): scripts give ENOENT.</summary>
    public bool IsPathInaccessible { get; init; }

    public required ExecutableOpener Open { get; init; }

    public required IReadOnlyList<byte[]> Arguments { get; init; }

    public required IReadOnlyList<byte[]> Environment { get; init; }

    /// <summary>RLIMIT_STACK in bytes; RLIM_INFINITY is all ones.</summary>
    public ulong StackLimit { get; init; } = 8UL << 20;

    /// <summary>How much stack is mapped below the stack pointer at once; the rest comes by growth. 128 KiB as
    /// in Linux.</summary>
    public ulong StackReserve { get; init; } = 128UL << 10;

    /// <summary>ASLR; off gives a PIE at 0x555555554000.</summary>
    public bool Randomize { get; init; } = true;

    /// <summary><see cref="EntropyBytes"/> fresh random bytes: AT_RANDOM first, ASLR after it.</summary>
    public required byte[] Entropy { get; init; }

    public required SegmentLimits Limits { get; init; }

    /// <summary>What every program gets mapped; null for none.</summary>
    public GuestVdso? Vdso { get; init; }

    /// <summary>Ids, hardware capabilities and rseq; what the loader finds out itself is overwritten.</summary>
    public required AuxiliaryValues Auxiliary { get; init; }
}

/// <summary>A program that is mapped and ready to run.</summary>
internal sealed class LoadedProgram
{
    /// <summary>The first instruction: the interpreter's where there is one.</summary>
    public required GuestAddress Entry { get; init; }

    /// <summary>rsp, and mm's start_stack.</summary>
    public required GuestAddress StackPointer { get; init; }

    /// <summary>The file that runs (/proc/self/exe): for a script its interpreter. The receiver owns it.</summary>
    public required IExecutableFile Executable { get; init; }

    /// <summary>The task's name: last part of the path given to execve, at most 15 bytes.</summary>
    public required byte[] Comm { get; init; }

    public required AddressLayout Layout { get; init; }

    /// <summary>start_code, end_code, start_data, end_data and the headers of the program itself.</summary>
    public required SegmentPlan Segments { get; init; }

    public required GuestAddress StartBreak { get; init; }

    /// <summary>The interpreter's bias (AT_BASE); null without one.</summary>
    public required GuestAddress InterpreterBase { get; init; }

    /// <summary>arg_start, arg_end, env_start, env_end and the saved auxiliary vector.</summary>
    public required StackImage Stack { get; init; }
}
