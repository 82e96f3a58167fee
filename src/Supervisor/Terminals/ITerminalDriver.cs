using System;

namespace UmlHost.Terminals;

/// <summary>What a line discipline has below it, and whom it tells (Linux's tty_operations and the tty itself).
/// Called under the terminal's lock.</summary>
internal interface ITerminalDriver
{
    /// <summary>How many bytes <see cref="Transmit"/> takes now; 0 while output is stopped.</summary>
    int WriteRoom { get; }

    /// <summary>Output, not more than there is room for.</summary>
    void Transmit(ReadOnlySpan<byte> bytes);

    /// <summary>Forgets output that has not gone out.</summary>
    void FlushOutput();

    /// <summary>^S (true) or ^Q was typed, or what counts as such.</summary>
    void SetStopped(bool stopped);

    bool IsStopped { get; }

    /// <summary>What is below applies output modes itself.</summary>
    bool IsPassedThrough { get; }

    /// <summary>A signal for the foreground process group.</summary>
    void Signal(int signal);

    /// <summary>Input was thrown away.</summary>
    void InputFlushed();

    /// <summary>There is something to read.</summary>
    void InputReady();
}
