Console.WriteLine("EdgeFleet");
