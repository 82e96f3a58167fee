using System;
using System.Collections.Generic;

using UmlHost.Native;

namespace UmlHost.Cli;

/// <summary>Finds the program to run as execvp does: a name with a slash is a path, and the guest's execve says
/// what is wrong with it; any other is looked for in PATH.</summary>
internal static class ProgramLookup
{
    private static readonly byte[] s_defaultPath = "/usr/local/bin:/usr/bin:/bin"u8.ToArray();

    /// <param name="check">What execve would say of a file, but EISDIR for a directory: the message is clearer.</param>
    /// <param name="path">The file, if the result is None.</param>
    /// <returns>ENOENT when nothing has that name, else why the file cannot be executed.</returns>
    public static Errno Find(ReadOnlySpan<byte> name, IReadOnlyList<byte[]> environment, Func<byte[], Errno> check, out byte[] path)
    {
        path = name.ToArray();
        if (name.IsEmpty)
        {
            return Errno.ENOENT;
        }

        if (name.Contains((byte)'/'))
        {
            return Errno.None;
        }

        Errno refused = Errno.ENOENT;
        ReadOnlySpan<byte> directories = SearchPath(environment);
        while (true)
        {
            int colon = directories.IndexOf((byte)':');
            ReadOnlySpan<byte> directory = colon < 0 ? directories : directories[..colon];

            // An empty entry is the working directory.
            path = directory.IsEmpty ? [.. "./"u8, .. name] : [.. directory, (byte)'/', .. name];
            Errno error = check(path);
            if (error == Errno.None)
            {
                return Errno.None;
            }

            if (error is Errno.EACCES or Errno.EISDIR)
            {
                refused = error;
            }

            if (colon < 0)
            {
                path = name.ToArray();
                return refused;
            }

            directories = directories[(colon + 1)..];
        }
    }

    private static ReadOnlySpan<byte> SearchPath(IReadOnlyList<byte[]> environment)
    {
        foreach (byte[] variable in environment)
        {
            if (variable.AsSpan().StartsWith("PATH="u8))
            {
                return variable.AsSpan("PATH=".Length);
            }
        }

        return s_defaultPath;
    }
}
