using System.Runtime.InteropServices;

namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>Finds the native library once, and says in one line what to do when it is not there.</summary>
internal static class MosquittoLibrary
{
    private static readonly Lazy<string> s_version = new(() => Load(NativeMethods.Library));

    /// <summary>Version as "2.0.11".</summary>
    /// <exception cref="MqttLinkException">Missing or too old; names the package and the cure.</exception>
    public static string Require() => s_version.Value;

    internal static string Load(string name)
    {
        if (!NativeLibrary.TryLoad(name, typeof(MosquittoLibrary).Assembly, null, out _))
        {
            throw new MqttLinkException($"{name} is missing (Debian package libmosquitto1); install it with: apt-get install libmosquitto1", -1);
        }

        _ = NativeMethods.LibVersion(out var major, out var minor, out var revision);
        if (major < 2)
        {
            throw new MqttLinkException($"libmosquitto {major}.{minor}.{revision} is too old, 2.0 is needed; install it with: apt-get install libmosquitto1", -1);
        }

        _ = NativeMethods.LibInit();
        return $"{major}.{minor}.{revision}";
    }
}
