using System.Diagnostics;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Finds the program and says how to start it so that it does not outlive the silo.</summary>
internal static class MosquittoProcess
{
    /// <exception cref="StartupException">Not installed; names the package and the cure.</exception>
    public static string Find(MqttOptions options)
    {
        if (options.Executable is { } chosen)
        {
            return File.Exists(chosen)
                ? Path.GetFullPath(chosen)
                : throw new StartupException($"the broker {chosen} is missing", "correct Mqtt:Executable, or leave it out to use the installed mosquitto.");
        }

        return Search("mosquitto") ?? throw new StartupException(
            "the broker mosquitto is not installed", "install it with: apt-get install mosquitto (or name a broker that runs elsewhere with Mqtt:External).");
    }

    /// <summary>
    /// With <c>setpriv</c> the kernel ends the broker when the thread that started it ends, so also when the silo is killed with -9.
    /// </summary>
    public static ProcessStartInfo StartInfo(string executable, string configurationFile)
    {
        string[] command = [executable, "-c", configurationFile];
        if (Search("setpriv") is { } setpriv)
        {
            command = [setpriv, "--pdeathsig", "TERM", .. command];
        }

        return new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
    }

    private static string? Search(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Concat(["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/sbin"])
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
