using EdgeFleet.Cli;

return await CommandLine.RunAsync(args, new Surroundings(Console.Out, Console.Error, !Console.IsOutputRedirected, TimeProvider.System));
