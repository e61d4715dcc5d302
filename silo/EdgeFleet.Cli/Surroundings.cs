namespace EdgeFleet.Cli;

/// <summary>What the command line gets from outside, so that a test can give it something else.</summary>
/// <param name="Output">Answers.</param>
/// <param name="Error">One line per failure.</param>
/// <param name="IsTerminal">True draws tables and live displays; false writes plain lines.</param>
/// <param name="Time">For polling and for ages such as "3 s ago".</param>
internal sealed record Surroundings(TextWriter Output, TextWriter Error, bool IsTerminal, TimeProvider Time);
