using System.Text;

using UmlHost.Fs;
using UmlHost.Kernel;
using UmlHost.Native;

using static UmlHost.Native.Linux;

namespace UmlHost.Proc;

/// <summary>Writes what a file of a process's says now.</summary>
/// <param name="reader">Who reads.</param>
/// <returns>What read fails with.</returns>
internal delegate Errno ProcessGenerator(GuestTask reader, in ProcessSubject subject, TextBuffer text);

/// <summary>Takes what is written to a file of a process's.</summary>
internal delegate Errno ProcessReceiver(GuestTask writer, in ProcessSubject subject, System.ReadOnlySpan<byte> text);

/// <summary>Makes the inode of a file that is not just a text.</summary>
internal delegate Inode ProcessNodeMaker(ProcessDirectory directory, ProcessEntry entry);

/// <summary>Who may open a file.</summary>
internal enum OpenRule
{
    /// <summary>Its permission bits say it all.</summary>
    ByMode,

    /// <summary>Who may look into the process's memory (ptrace's read access), else EACCES.</summary>
    Memory,

    /// <summary>As <see cref="Memory"/>, and ESRCH for a zombie, which has none.</summary>
    LivingMemory,

    /// <summary>EINVAL for a zombie, which has no mounts.</summary>
    Mounts,
}

/// <summary>A name in /proc/PID or /proc/PID/task/TID.</summary>
internal sealed class ProcessEntry(string name, uint mode)
{
    public byte[] Name { get; } = Encoding.ASCII.GetBytes(name);

    /// <summary>Type and permission.</summary>
    public uint Mode { get; } = mode;

    /// <summary>Its part of the inode number; set by the table.</summary>
    public uint Number { get; set; }

    public ProcessGenerator? Generate { get; init; }

    public ProcessReceiver? Receive { get; init; }

    public OpenRule Rule { get; init; }

    /// <summary>Null for a text.</summary>
    public ProcessNodeMaker? Make { get; init; }

    /// <summary>It is in the directories of processes, of threads.</summary>
    public bool OfProcess { get; init; } = true;

    public bool OfThread { get; init; } = true;

    public static ProcessEntry Text(string name, uint permission, ProcessGenerator generate, OpenRule rule = OpenRule.ByMode, ProcessReceiver? receive = null) =>
        new(name, S_IFREG | permission) { Generate = generate, Receive = receive, Rule = rule };

    public static ProcessEntry Directory(string name, uint permission, ProcessNodeMaker make) => new(name, S_IFDIR | permission) { Make = make };

    public static ProcessEntry Link(string name, ProcessNodeMaker make) => new(name, S_IFLNK | 0x1ff) { Make = make };
}
