using EdgeFleet.Silo.Commands;

return await SiloCommandLine.RunAsync(args, Console.Out, Console.Error);
