namespace UmlHost.Bench;

/// <summary>A value, or the reason why there is none.</summary>
internal readonly record struct Outcome<T>(T? Value, string? Reason)
{
    /// <summary>What a program said beside its value.</summary>
    public string? Note { get; init; }

    public bool Failed => Reason is not null;
}
