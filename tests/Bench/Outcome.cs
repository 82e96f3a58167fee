namespace UmlHost.Bench;

/// <summary>A value, or the reason why there is none.</summary>
internal readonly record struct Outcome<T>(T? Value, string? Reason)
{
    public bool Failed => Reason is not null;
}
