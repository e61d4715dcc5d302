using System.Globalization;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Says what is missing where a disk has no room.</summary>
internal static class DiskRoom
{
    private const int ErrnoNoSpace = 28, ErrnoQuota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <param name="folder">One that exists.</param>
    /// <param name="bytes">That will be written there.</param>
    /// <exception cref="IOException">So many are not free; names folder and bytes.</exception>
    public static void Check(string folder, long bytes)
    {
        if (bytes > Free(folder))
        {
            throw Full(folder, bytes);
        }
    }

    /// <summary>True for the exception of a write that found the disk full.</summary>
    public static bool IsFull(Exception exception) => exception is IOException && exception.HResult is ErrnoNoSpace or ErrnoQuota or WindowsDiskFull;

    /// <param name="folder">Where.</param>
    /// <param name="bytes">That are needed.</param>
    /// <param name="cause">What a write met; null where none was tried.</param>
    public static IOException Full(string folder, long bytes, Exception? cause = null) => new(
        string.Create(CultureInfo.InvariantCulture, $"No room in '{folder}': {bytes:#,0} bytes are needed there, {Free(folder):#,0} are free. Nothing was written."), cause);

    /// <summary>Where the system does not say, there is room until a write finds that there is not.</summary>
    private static long Free(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }
}
