namespace UmlHost.Ipc;

/// <summary>How many System V objects of each kind there may be (SHMMNI, SEMMNI, MSGMNI).</summary>
internal static class IpcLimits
{
    public const int Segments = 4096, SemaphoreSets = 32000, MessageQueues = 32000;
}
