using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

using UmlHost.Abi;
using UmlHost.Memory;
using UmlHost.Native;
using UmlHost.Syscalls;

using static UmlHost.Native.Linux;

namespace UmlHost.Loader;

/// <summary>A program on its way through execve (Linux's linux_binprm). <see cref="TryOpen"/> does everything
/// that execve can still return from; <see cref="TryMap"/> fills the new address space.</summary>
internal sealed class BinaryProgram : IDisposable
{
    /// <summary>Scripts whose interpreter is a script again; one more gives ELOOP.</summary>
    private const int MaxScripts = 5;

    private const int CommLength = 15;

    private readonly LoadRequest _request;
    private readonly AddressLayout _layout;
    private readonly IExecutableFile? _interpreterFile;
    private readonly ElfImage? _interpreter;
    private IExecutableFile? _file;

    private BinaryProgram(LoadRequest request, in AddressLayout layout, IExecutableFile file, ElfImage image, List<byte[]> arguments, IExecutableFile? interpreterFile, ElfImage? interpreter)
    {
        _request = request;
        _layout = layout;
        _file = file;
        _interpreterFile = interpreterFile;
        _interpreter = interpreter;
        Image = image;
        Arguments = arguments;
    }

    public ElfImage Image { get; }

    /// <summary>argv, with what scripts put in front.</summary>
    public IReadOnlyList<byte[]> Arguments { get; }

    /// <summary>Opens the program, its script interpreters and its PT_INTERP, and checks all of them.</summary>
    public static bool TryOpen(LoadRequest request, [NotNullWhen(true)] out BinaryProgram? program, [NotNullWhen(false)] out LoadError? error)
    {
        program = null;
        string shownName = LoadError.Show(request.FileName);
        IExecutableFile? file = request.File;
        if (file is null)
        {
            if (!TryOpenFile(request.Open, request.FileName, shownName, "", out file, out error))
            {
                return false;
            }
        }
        else if (!IsExecutable(file, shownName, "", out error))
        {
            file.Dispose();
            return false;
        }

        List<byte[]> arguments = [.. request.Arguments];
        AddressLayout layout = AddressLayout.Choose(request.Randomize, request.StackLimit, request.Entropy.AsSpan(StackImage.RandomBytes));
        if (TryResolve(request, shownName, arguments, ref file, out ElfImage? image, out error)
            && FitsStack(request, shownName, layout, arguments, out error)
            && TryOpenInterpreter(request, file, image, out IExecutableFile? interpreterFile, out ElfImage? interpreter, out error))
        {
            program = new BinaryProgram(request, layout, file, image, arguments, interpreterFile, interpreter);
            return true;
        }

        file.Dispose();
        return false;
    }

    /// <summary>Maps the program into <paramref name="memory"/>, which nobody else uses yet; after an error the
    /// caller discards it. All errors are fatal ones.</summary>
    public bool TryMap(MemoryMap memory, [NotNullWhen(true)] out LoadedProgram? loaded, [NotNullWhen(false)] out LoadError? error)
    {
        IExecutableFile file = _file ?? throw new InvalidOperationException("The program was mapped already.");
        loaded = null;
        memory.MmapBase = _layout.MmapBase;
        memory.StackLimit = _request.StackLimit;
        if (!SegmentSpan.TryMeasure(Image, file.Path, out SegmentSpan span, out error)
            || !SegmentPlan.TryCreate(Image, span, StartOf(Image, span, _layout), _request.Limits, file.Path, out SegmentPlan? plan, out error)
            || !TryMapStack(memory, file.Path, out error)
            || !TryApply(memory, plan, file, out error))
        {
            return false;
        }

        SegmentPlan? interpreter = null;
        if (_interpreter is not null && !TryMapInterpreter(memory, _interpreter, _interpreterFile!, out interpreter, out error))
        {
            return false;
        }

        GuestAddress vdso = GuestAddress.Null;
        if (_request.Vdso is not null && _request.Vdso.Map(memory, out vdso) is not Errno.None and Errno vdsoError)
        {
            error = SegmentSpan.Invalid(file.Path, $"the vDSO cannot be mapped: {vdsoError}", vdsoError);
            return false;
        }

        StackImage stack = StackImage.Build(_layout.StackTop, _layout.StackOffset, _request.FileName, Arguments, _request.Environment, _request.Entropy, _request.Auxiliary with
        {
            ProgramHeaders = plan.ProgramHeaders,
            ProgramHeaderCount = Image.ProgramHeaders.Length,
            Entry = plan.Entry,
            Base = interpreter is null ? GuestAddress.Null : new GuestAddress(interpreter.Bias),
            Vdso = vdso,
        });
        if (memory.CopyOut(stack.StackPointer, stack.Bytes) != stack.Bytes.Length)
        {
            error = SegmentSpan.Invalid(file.Path, $"the stack cannot be written", Errno.EFAULT);
            return false;
        }

        GuestAddress startBreak = plan.Break + _layout.BreakOffset;
        if (startBreak >= _layout.StackTop)
        {
            startBreak = plan.Break;
        }

        memory.SetBreakStart(startBreak);
        memory.MapAllAhead();
        memory.ArgStart = stack.ArgStart;
        memory.ArgEnd = stack.ArgEnd;
        memory.EnvStart = stack.EnvStart;
        memory.EnvEnd = stack.EnvEnd;
        loaded = new LoadedProgram
        {
            Entry = interpreter?.Entry ?? plan.Entry,
            StackPointer = stack.StackPointer,
            Executable = file,
            Comm = Comm(_request.FileName),
            Layout = _layout,
            Segments = plan,
            StartBreak = startBreak,
            InterpreterBase = interpreter is null ? GuestAddress.Null : new GuestAddress(interpreter.Bias),
            Stack = stack,
        };
        _file = null;
        return true;
    }

    /// <summary>Gives up the files, but for an executable that a <see cref="LoadedProgram"/> took over.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
        _interpreterFile?.Dispose();
    }

    /// <summary>The task's name for a path: its last part, at most 15 bytes.</summary>
    public static byte[] Comm(ReadOnlySpan<byte> fileName)
    {
        ReadOnlySpan<byte> last = fileName[(fileName.LastIndexOf((byte)'/') + 1)..];
        return last[..Math.Min(last.Length, CommLength)].ToArray();
    }

    // From the file that execve names to the ELF program that runs it, over any scripts. The file that is
    // current is always open and the caller's to dispose.
    private static bool TryResolve(LoadRequest request, string shownName, List<byte[]> arguments, ref IExecutableFile file, [NotNullWhen(true)] out ElfImage? image, [NotNullWhen(false)] out LoadError? error)
    {
        image = null;
        if (!TryReserve(request, arguments, out ArgumentSpace space))
        {
            error = new LoadError(Errno.E2BIG, shownName, "argument list too long");
            return false;
        }

        Span<byte> buffer = stackalloc byte[ScriptLine.BufferSize];
        byte[] name = request.FileName;
        for (int scripts = 0; ; scripts++)
        {
            if (scripts > MaxScripts)
            {
                error = new LoadError(Errno.ELOOP, shownName, "too many scripts that are each other's interpreters");
                return false;
            }

            Result read = file.ReadAt(0, buffer);
            if (read.Failed)
            {
                error = new LoadError(read.Error, file.Path, "cannot be read: " + read.Error);
                return false;
            }

            ReadOnlySpan<byte> firstBytes = buffer[..read.Int];
            if (!ScriptLine.IsScript(firstBytes))
            {
                return ElfImage.TryRead(file, firstBytes, out image, out error);
            }

            if (ScriptLine.Parse(firstBytes) is not { } line)
            {
                error = new LoadError(Errno.ENOEXEC, file.Path, "its #! line names no interpreter within the first 256 bytes");
                return false;
            }

            if (request.IsPathInaccessible)
            {
                error = new LoadError(Errno.ENOENT, file.Path, "its interpreter could not open the script again");
                return false;
            }

            if (!TryPrepend(arguments, line, name, ref space))
            {
                error = new LoadError(Errno.E2BIG, shownName, "argument list too long");
                return false;
            }

            name = line.Interpreter;
            if (!TryOpenFile(request.Open, name, file.Path, "interpreter " + LoadError.Show(name) + ": ", out IExecutableFile? next, out error))
            {
                return false;
            }

            file.Dispose();
            file = next;
        }
    }

    // Room for the file name, the environment and the arguments. No arguments become one empty one.
    private static bool TryReserve(LoadRequest request, List<byte[]> arguments, out ArgumentSpace space)
    {
        if (!ArgumentSpace.TryCreate(request.StackLimit, arguments.Count, request.Environment.Count, out space) || !space.TryTake(request.FileName))
        {
            return false;
        }

        if (arguments.Count == 0)
        {
            arguments.Add([]);
        }

        foreach (byte[] text in request.Environment)
        {
            if (!space.TryTake(text))
            {
                return false;
            }
        }

        foreach (byte[] text in arguments)
        {
            if (!space.TryTake(text))
            {
                return false;
            }
        }

        return true;
    }

    // argv[0] gives way to: interpreter, its argument, the script's name.
    private static bool TryPrepend(List<byte[]> arguments, ScriptLine line, byte[] scriptName, ref ArgumentSpace space)
    {
        space.Return(arguments[0]);
        arguments[0] = scriptName;
        if (!space.TryTake(scriptName))
        {
            return false;
        }

        if (line.Argument is not null)
        {
            if (!space.TryTake(line.Argument))
            {
                return false;
            }

            arguments.Insert(0, line.Argument);
        }

        arguments.Insert(0, line.Interpreter);
        return space.TryTake(line.Interpreter);
    }

    private static bool TryOpenInterpreter(LoadRequest request, IExecutableFile file, ElfImage image, out IExecutableFile? interpreterFile, out ElfImage? interpreter, [NotNullWhen(false)] out LoadError? error)
    {
        interpreterFile = null;
        interpreter = null;
        error = null;
        if (image.Interpreter is not { } path)
        {
            return true;
        }

        if (!TryOpenFile(request.Open, path, file.Path, "PT_INTERP " + LoadError.Show(path) + ": ", out interpreterFile, out error))
        {
            return false;
        }

        if (ElfImage.TryReadInterpreter(interpreterFile, out interpreter, out error))
        {
            return true;
        }

        interpreterFile.Dispose();
        return false;
    }

    private static bool TryOpenFile(ExecutableOpener open, byte[] path, string shownPath, string prefix, [NotNullWhen(true)] out IExecutableFile? file, [NotNullWhen(false)] out LoadError? error)
    {
        // An empty interpreter names the working directory, and directories do not run.
        file = null;
        Errno errno = path.Length == 0 && prefix.Length != 0 ? Errno.EACCES : open(path, out file);
        if (errno != Errno.None || file is null)
        {
            // Opening a directory to execute it is no permission, not EISDIR.
            errno = errno is Errno.EISDIR or Errno.None ? Errno.EACCES : errno;
            error = new LoadError(errno, shownPath, prefix + Describe(errno));
            file = null;
            return false;
        }

        if (IsExecutable(file, shownPath, prefix, out error))
        {
            return true;
        }

        file.Dispose();
        file = null;
        return false;
    }

    private static bool IsExecutable(IExecutableFile file, string shownPath, string prefix, [NotNullWhen(false)] out LoadError? error)
    {
        error = (file.Mode & S_IFMT) switch
        {
            S_IFDIR => new LoadError(Errno.EACCES, shownPath, prefix + "is a directory"),
            not S_IFREG => new LoadError(Errno.EACCES, shownPath, prefix + "not a regular file"),
            _ when !file.MayExecute => new LoadError(Errno.EACCES, shownPath, prefix + "permission denied: the file is not executable"),
            _ => null,
        };
        return error is null;
    }

    private static string Describe(Errno errno) => errno switch
    {
        Errno.ENOENT => "no such file or directory",
        Errno.ENOTDIR => "a part of the path is not a directory",
        Errno.EACCES => "permission denied",
        Errno.ELOOP => "too many symbolic links",
        Errno.ENAMETOOLONG => "name too long",
        _ => "cannot be opened: " + errno,
    };

    // Linux puts a static PIE into the mmap area instead; here every ET_DYN program goes to the PIE base, so
    // that the heap always follows the program.
    internal static GuestAddress StartOf(ElfImage image, in SegmentSpan span, in AddressLayout layout) => image.IsPositionIndependent
        ? new GuestAddress(layout.PositionIndependentBase.Value & ~(span.Alignment - 1))
        : new GuestAddress(span.Low);

    private bool TryMapInterpreter(MemoryMap memory, ElfImage image, IExecutableFile file, [NotNullWhen(true)] out SegmentPlan? plan, [NotNullWhen(false)] out LoadError? error)
    {
        plan = null;
        if (!SegmentSpan.TryMeasure(image, file.Path, out SegmentSpan span, out error))
        {
            return false;
        }

        GuestAddress start = new(span.Low);
        if (image.IsPositionIndependent)
        {
            // A mapping of the whole span finds the place; nobody can take it before the segments do.
            ulong room = span.Length + (span.Alignment - GuestAddress.PageSize);
            SyscallResult place = memory.Map(GuestAddress.Null, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, null, 0);
            Errno errno = place.Failed ? place.Error : memory.Unmap(new GuestAddress((ulong)place.Raw), room);
            if (errno != Errno.None)
            {
                error = SegmentSpan.Invalid(file.Path, $"PT_INTERP: no room for {room} bytes: {errno}", errno);
                return false;
            }

            start = new GuestAddress(((ulong)place.Raw + span.Alignment - 1) & ~(span.Alignment - 1));
        }

        return SegmentPlan.TryCreate(image, span, start, _request.Limits, file.Path, out plan, out error)
            && TryApply(memory, plan, file, out error);
    }

    private static bool TryApply(MemoryMap memory, SegmentPlan plan, IExecutableFile file, [NotNullWhen(false)] out LoadError? error)
    {
        error = null;
        int fixedFlag = MAP_FIXED_NOREPLACE;
        foreach (SegmentStep step in plan.Steps)
        {
            if (step.Action == SegmentAction.Clear)
            {
                if (memory.Clear(step.Start, step.Length) != step.Length)
                {
                    error = SegmentSpan.Invalid(file.Path, $"the start of bss at {step.Start} cannot be cleared: the file ends before it", Errno.EFAULT);
                    return false;
                }

                continue;
            }

            bool isFile = step.Action == SegmentAction.MapFile;
            int flags = MAP_PRIVATE | fixedFlag | (isFile ? 0 : MAP_ANONYMOUS);
            fixedFlag = MAP_FIXED;
            SyscallResult result = memory.Map(step.Start, step.Length, step.Protection, flags, isFile ? file.Mapping : null, step.FileOffset);
            if (result.Failed)
            {
                error = result.Error == Errno.ENOMEM && !isFile
                    ? SegmentSpan.Invalid(file.Path, $"bss too large for the memory limit: {step.Length} bytes at {step.Start}", Errno.ENOMEM)
                    : SegmentSpan.Invalid(file.Path, $"segment at {step.Start} of 0x{step.Length:x} bytes cannot be mapped: {result.Error}", result.Error);
                return false;
            }
        }

        return true;
    }

    // Whether the strings and tables fit the stack at all: found while they are copied, so execve returns.
    private static bool FitsStack(LoadRequest request, string shownName, in AddressLayout layout, List<byte[]> arguments, [NotNullWhen(false)] out LoadError? error)
    {
        bool fits = StackBytes(request, layout, arguments) <= (request.StackLimit & GuestAddress.PageMask);
        error = fits ? null : new LoadError(Errno.E2BIG, shownName, "arguments and environment do not fit the stack limit");
        return fits;
    }

    private static ulong StackBytes(LoadRequest request, in AddressLayout layout, IReadOnlyList<byte[]> arguments) =>
        new GuestAddress(StackImage.Measure(layout.StackOffset, request.FileName, arguments, request.Environment)).PageUp.Value;

    private bool TryMapStack(MemoryMap memory, string path, [NotNullWhen(false)] out LoadError? error)
    {
        ulong limit = Math.Min(_request.StackLimit & GuestAddress.PageMask, _layout.StackTop - _layout.MmapBase);
        ulong reserve = Math.Min(_request.StackReserve & GuestAddress.PageMask, limit);
        ulong length = Math.Min(StackBytes(_request, _layout, Arguments) + reserve, limit);
        int protection = PROT_READ | PROT_WRITE | (Image.HasExecutableStack ? PROT_EXEC : 0);
        SyscallResult result = memory.Map(_layout.StackTop - length, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, null, 0);
        error = result.Failed ? SegmentSpan.Invalid(path, $"the stack of {length} bytes cannot be mapped: {result.Error}", result.Error) : null;
        return error is null;
    }
}
