using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace UmlHost.Cli;

/// <summary>This process's arguments and environment as bytes, which is what a guest must get: the runtime's
/// strings have lost whatever was not UTF-8.</summary>
internal static class HostArguments
{
    /// <summary>The last arguments of this process, as many as <paramref name="words"/>, which are the same ones
    /// as the runtime decoded them.</summary>
    public static List<byte[]> Last(ReadOnlySpan<string> words)
    {
        List<byte[]> all = ReadStrings("/proc/self/cmdline");
        if (all.Count >= words.Length)
        {
            return all.GetRange(all.Count - words.Length, words.Length);
        }

        List<byte[]> decoded = [];
        foreach (string word in words)
        {
            decoded.Add(Encoding.UTF8.GetBytes(word));
        }

        return decoded;
    }

    /// <summary>The environment this process was started with.</summary>
    public static List<byte[]> Environment()
    {
        List<byte[]> all = ReadStrings("/proc/self/environ");
        if (all.Count == 0)
        {
            foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            {
                all.Add(Encoding.UTF8.GetBytes($"{variable.Key}={variable.Value}"));
            }
        }

        return all;
    }

    private static List<byte[]> ReadStrings(string path)
    {
        List<byte[]> strings = [];
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            // No /proc here.
            return strings;
        }

        ReadOnlySpan<byte> rest = text;
        int end;
        while ((end = rest.IndexOf((byte)0)) >= 0)
        {
            strings.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return strings;
    }
}
