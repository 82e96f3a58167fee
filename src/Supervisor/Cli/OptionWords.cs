using System;
using System.Collections.Generic;

namespace UmlHost.Cli;

/// <summary>How one option is written.</summary>
internal enum OptionKind
{
    /// <summary><c>--name</c></summary>
    Flag,

    /// <summary><c>--name VALUE</c> or <c>--name=VALUE</c></summary>
    Value,

    /// <summary><c>--name</c> or <c>--name=VALUE</c></summary>
    OptionalValue,

    /// <summary>As <see cref="Value"/>, and may be given several times.</summary>
    Values,
}

/// <param name="Name">Without the dashes.</param>
/// <param name="Implied">The value that the name alone stands for, for <see cref="OptionKind.OptionalValue"/>.</param>
internal readonly record struct OptionDeclaration(string Name, OptionKind Kind, string Implied = "");

/// <summary>The words after a verb, cut where UmlHost's options end and the guest's command begins: at <c>--</c>
/// or at the first word that is no option. What follows is never looked at, so <c>umlhost run ls -la</c> gives
/// ls its -la; CommandLineParser alone would read on.</summary>
internal sealed class OptionWords
{
    private OptionWords(List<string> options, string[] operands)
    {
        Options = options;
        Operands = operands;
    }

    /// <summary>Options with each value attached: <c>--name=VALUE</c>.</summary>
    public IReadOnlyList<string> Options { get; }

    public string[] Operands { get; }

    /// <summary><c>--help</c> or <c>-h</c> among the options.</summary>
    public bool AsksForHelp { get; private set; }

    /// <returns>Null, with <paramref name="error"/> set, for an option that does not exist or is written wrongly.</returns>
    public static OptionWords? Cut(ReadOnlySpan<string> words, IReadOnlyList<OptionDeclaration> declared, out string error)
    {
        error = "";
        List<string> options = [];
        bool asksForHelp = false;
        int next = 0;
        while (next < words.Length && words[next].Length > 1 && words[next][0] == '-' && words[next] != "--")
        {
            string word = words[next++];
            if (word is "--help" or "-h")
            {
                asksForHelp = true;
                continue;
            }

            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word : word[..equals];
            OptionDeclaration? option = Find(declared, name);
            if (option is not OptionDeclaration known)
            {
                error = Unknown(name, declared);
                return null;
            }

            if (known.Kind == OptionKind.Flag && equals >= 0)
            {
                error = $"option {name} takes no value";
                return null;
            }

            if (known.Kind is OptionKind.Value or OptionKind.Values && equals < 0)
            {
                if (next == words.Length || words[next] == "--")
                {
                    error = $"option {name} needs a value";
                    return null;
                }

                word += "=" + words[next++];
            }
            else if (known.Kind == OptionKind.OptionalValue && equals < 0)
            {
                word += "=" + known.Implied;
            }

            if (known.Kind != OptionKind.Flag && word.EndsWith('=') && word.Length == name.Length + 1)
            {
                error = $"option {name} needs a value";
                return null;
            }

            // The last one counts: an option can be added to a command line that has it.
            if (known.Kind == OptionKind.Values)
            {
                options.Add(word);
                continue;
            }

            options.RemoveAll(earlier => earlier == name || earlier.StartsWith(name + "=", StringComparison.Ordinal));
            options.Add(word);
        }

        if (next < words.Length && words[next] == "--")
        {
            next++;
        }

        return new OptionWords(options, words[next..].ToArray()) { AsksForHelp = asksForHelp };
    }

    private static OptionDeclaration? Find(IReadOnlyList<OptionDeclaration> declared, string name)
    {
        foreach (OptionDeclaration option in declared)
        {
            if (name.Length == option.Name.Length + 2 && name.StartsWith("--", StringComparison.Ordinal) && name.EndsWith(option.Name, StringComparison.Ordinal))
            {
                return option;
            }
        }

        return null;
    }

    private static string Unknown(string name, IReadOnlyList<OptionDeclaration> declared)
    {
        List<string> names = ["--help"];
        foreach (OptionDeclaration option in declared)
        {
            names.Add("--" + option.Name);
        }

        string? nearest = Suggestion.Nearest(name, names);
        return $"unknown option {name}" + (nearest is null ? "" : $" (did you mean {nearest}?)");
    }
}
