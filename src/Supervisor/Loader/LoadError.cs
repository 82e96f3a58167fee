using System;
using System.Text;

using UmlHost.Native;

namespace UmlHost.Loader;

/// <summary>Why a program cannot be run: the errno for execve and one line for a person.</summary>
/// <param name="Errno">What execve returns.</param>
/// <param name="Path">The file that the message is about: the program, its script or its interpreter.</param>
/// <param name="Message">One line without the path.</param>
/// <param name="IsFatal">Linux finds this only after the old program is gone: execve does not return, the
/// process dies of SIGSEGV.</param>
internal sealed record LoadError(Errno Errno, string Path, string Message, bool IsFatal = false)
{
    public override string ToString() => Path + ": " + Message;

    /// <summary>A path's bytes as text, for messages only: what is not UTF-8 does not survive.</summary>
    public static string Show(ReadOnlySpan<byte> path) => Encoding.UTF8.GetString(path);
}
