namespace EdgeFleet.Cli;

/// <summary>What the process answers; scripts may rely on the numbers.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The server refused, or something failed on the way.</summary>
    public const int Failed = 1;

    /// <summary>The command line is not understood; nothing was sent.</summary>
    public const int Usage = 2;

    /// <summary>No EdgeFleet silo answers under the given URL.</summary>
    public const int Unreachable = 3;

    /// <summary>The watched rollout was paused, cancelled, rolled back, or failed.</summary>
    public const int RolloutEndedBadly = 4;
}
