using System;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace UmlHost.Bench;

/// <summary>Reads the page faults out of `umlhost run --report`.</summary>
internal static class Report
{
    public static Outcome<double> Faults(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            return Find(document.RootElement) is JsonElement faults
                ? new(Sum(faults), null)
                : new(0, "the report has no \"faults\"");
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            return new(0, $"report: {exception.Message}");
        }
    }

    /// <summary>The first member named "faults", at any depth.</summary>
    private static JsonElement? Find(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (Named(member, "faults"))
            {
                return member.Value;
            }

            if (Find(member.Value) is JsonElement found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The number itself, a "total", or the numbers by kind added up.</summary>
    private static double Sum(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Number)
        {
            return element.GetDouble();
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            return 0;
        }

        JsonProperty[] members = [.. element.EnumerateObject()];
        JsonProperty[] total = [.. members.Where(member => Named(member, "total"))];
        return (total.Length > 0 ? total : members).Sum(member => Sum(member.Value));
    }

    private static bool Named(JsonProperty member, string name) => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
