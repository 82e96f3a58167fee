using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

using UmlHost.Fs;

namespace UmlHost.Cli;

/// <summary>The options of <c>umlhost run</c> that say what a guest finds: files, environment, ids, host name. A wrong one
/// is told in one line.</summary>
internal static class GuestOptions
{
    private const int LongestHostName = 64;

    /// <summary>--root, --bind, --bind-rw, --tmpfs and --cwd.</summary>
    /// <param name="words">All options, <c>--name=VALUE</c>, in the order given: so are file systems mounted.</param>
    public static FileOptions? Files(RunArguments arguments, IReadOnlyList<string> words, out string error)
    {
        error = "";
        List<FileMount> mounts = [];
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word : word[..equals];
            string value = word[(equals + 1)..];
            FileMount? mount = name switch
            {
                "--bind" => Bind(value, isWritable: false),
                "--bind-rw" => Bind(value, isWritable: true),
                "--tmpfs" => Tmpfs(value),
                _ => null,
            };
            if (mount is not null)
            {
                mounts.Add(mount);
            }
            else if (name is "--bind" or "--bind-rw")
            {
                error = $"{name} {value}: must be SOURCE or SOURCE:TARGET, with an absolute path as the target";
                return null;
            }
            else if (name == "--tmpfs")
            {
                error = $"{name} {value}: must be TARGET or TARGET:SIZE, with an absolute path and a size such as 64M";
                return null;
            }
        }

        return new FileOptions
        {
            Root = Encoding.UTF8.GetBytes(arguments.Root ?? "/"),
            Mounts = mounts,
            WorkingDirectory = arguments.WorkingDirectory is null ? null : Encoding.UTF8.GetBytes(arguments.WorkingDirectory),
        };
    }

    /// <summary>What --clear-env and --env make of the caller's environment; null, with an error, where one is no
    /// assignment.</summary>
    public static List<byte[]>? Environment(RunArguments arguments, out string error)
    {
        error = "";
        List<byte[]> environment = arguments.ClearEnvironment ? [] : HostArguments.Environment();
        foreach (string assignment in arguments.Environment)
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                error = $"--env {assignment}: must be NAME=VALUE";
                return null;
            }

            byte[] name = Encoding.UTF8.GetBytes(assignment[..(equals + 1)]);
            environment.RemoveAll(variable => variable.AsSpan().StartsWith(name));
            environment.Add(Encoding.UTF8.GetBytes(assignment));
        }

        return environment;
    }

    /// <summary>--uid and --gid.</summary>
    /// <returns>False, with an error, for what is no id.</returns>
    public static bool TryParseId(string option, string? text, out uint? id, out string error)
    {
        error = "";
        id = null;
        if (text is null)
        {
            return true;
        }

        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number != uint.MaxValue)
        {
            id = number;
            return true;
        }

        error = $"{option} {text}: must be a number below {uint.MaxValue}";
        return false;
    }

    /// <summary>--hostname: at most 64 bytes.</summary>
    public static bool IsHostName(string? name) => name is null || Encoding.UTF8.GetByteCount(name) is > 0 and <= LongestHostName;

    private static FileMount? Bind(string value, bool isWritable)
    {
        int colon = value.LastIndexOf(":/", StringComparison.Ordinal);
        string source = colon < 0 ? value : value[..colon];
        string target = colon < 0 ? System.IO.Path.GetFullPath(source) : value[(colon + 1)..];
        return source.Length == 0 || (colon < 0 && value.Contains(':', StringComparison.Ordinal))
            ? null
            : new FileMount(Encoding.UTF8.GetBytes(source), Encoding.UTF8.GetBytes(target), isWritable, 0);
    }

    private static FileMount? Tmpfs(string value)
    {
        int colon = value.LastIndexOf(':');
        string target = colon < 0 ? value : value[..colon];
        ulong? limit = colon < 0 ? 0 : ByteSize.Parse(value[(colon + 1)..]);
        return !target.StartsWith('/') || limit is null || (colon >= 0 && limit == 0)
            ? null
            : new FileMount(null, Encoding.UTF8.GetBytes(target), IsWritable: true, limit.Value);
    }
}
