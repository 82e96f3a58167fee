using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;

namespace UmlHost.Cli;

/// <summary>Serilog with one sink: a line on stderr for each event, in one write. For the life of the supervisor;
/// never on the path of a system call.</summary>
internal static class Logging
{
    private static readonly (string Name, LogEventLevel Level)[] s_levels =
    [
        ("verbose", LogEventLevel.Verbose),
        ("debug", LogEventLevel.Debug),
        ("information", LogEventLevel.Information),
        ("warning", LogEventLevel.Warning),
        ("error", LogEventLevel.Error),
    ];

    public static IEnumerable<string> LevelNames => s_levels.Select(level => level.Name);

    public static LogEventLevel? ParseLevel(string name)
    {
        foreach ((string known, LogEventLevel level) in s_levels)
        {
            if (known == name)
            {
                return level;
            }
        }

        return null;
    }

    public static void Start(LogEventLevel level) =>
        Log.Logger = new LoggerConfiguration().MinimumLevel.Is(level).WriteTo.Sink(new ErrorLines()).CreateLogger();

    private sealed class ErrorLines : ILogEventSink
    {
        // :l writes strings without quotes.
        private static readonly MessageTemplateTextFormatter s_format = new("{Message:l}\n{Exception}", CultureInfo.InvariantCulture);

        public void Emit(LogEvent logEvent)
        {
            string level = logEvent.Level switch
            {
                LogEventLevel.Verbose => "verbose: ",
                LogEventLevel.Debug => "debug: ",
                LogEventLevel.Information => "",
                LogEventLevel.Warning => "warning: ",
                _ => "",
            };
            using StringWriter text = new(CultureInfo.InvariantCulture);
            text.Write("umlhost: " + level);
            s_format.Format(logEvent, text);
            FdStream.Error.WriteText(text.ToString());
        }
    }
}
