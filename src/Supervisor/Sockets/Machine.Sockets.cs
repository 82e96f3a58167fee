using UmlHost.Sockets;

namespace UmlHost.Kernel;

internal sealed partial class Machine
{
    /// <summary>Where unix sockets are found by name.</summary>
    public UnixNames UnixNames { get; } = new();

    /// <summary>Files inside messages.</summary>
    public Flights Flights { get; } = new();
}
