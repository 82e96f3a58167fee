using System;

namespace UmlHost.Cli;

internal enum DoctorLevel
{
    Ok,

    /// <summary>Guests run, but not as well as they could.</summary>
    Warn,

    /// <summary>No guest can run.</summary>
    Fail,
}

/// <param name="Value">What was found, in a few words.</param>
/// <param name="Advice">What to change; null when nothing.</param>
internal sealed record DoctorFinding(DoctorLevel Level, string Value, string? Advice = null)
{
    public static DoctorFinding Ok(string value) => new(DoctorLevel.Ok, value);

    public static DoctorFinding Warn(string value, string advice) => new(DoctorLevel.Warn, value, advice);

    public static DoctorFinding Fail(string value, string advice) => new(DoctorLevel.Fail, value, advice);
}

/// <summary>One line of <c>umlhost doctor</c>. To add one, add it to a list of checks (<see cref="DoctorVerb"/>).</summary>
internal sealed record DoctorCheck(string Name, Func<DoctorFinding> Probe);
