namespace EdgeFleet.Cli.Demo;

/// <summary>Something that the demonstration promises did not hold; the message says what was seen instead.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
