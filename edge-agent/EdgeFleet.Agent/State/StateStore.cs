using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EdgeFleet.Agent.State;

/// <summary>Keeps the agent's state in two slot files that are written in turn.</summary>
/// <remarks>
/// A save overwrites the older slot in place and flushes it, so the newer one stays whole whatever happens meanwhile, and a full disk
/// can't stop a save: the room was taken when the folder was made. A slot is a header line (magic, counter, length of the JSON, SHA-256
/// of counter and JSON), the JSON, and blanks up to the slot's size. The valid slot with the higher counter counts.
/// </remarks>
internal sealed class StateStore
{
    private const int SlotBytes = 16 * 1024;
    private const int MaxSlotBytes = 1024 * 1024;
    private const string Magic = "EFS1";

    private readonly string[] _slots;
    private long _counter;
    private int _next;

    public StateStore(string folder) => _slots = [Path.Combine(folder, "state-a"), Path.Combine(folder, "state-b")];

    /// <summary>True where <see cref="Load"/> found slots but none that is whole: the disk itself lost data.</summary>
    public bool Damaged { get; private set; }

    /// <summary>The last state whose save returned, or one that was being saved; null where there is none.</summary>
    public AgentState? Load()
    {
        var slots = _slots.Select(Read).ToArray();
        var best = (slots[0], slots[1]) switch
        {
            ({ } a, { } b) => a.Counter > b.Counter ? 0 : 1,
            ({ }, null) => 0,
            (null, { }) => 1,
            _ => -1,
        };
        Damaged = best < 0 && _slots.Any(File.Exists);
        _counter = best < 0 ? 0 : slots[best]!.Value.Counter;
        _next = best < 0 ? 0 : 1 - best;
        return best < 0 ? null : slots[best]!.Value.State;
    }

    /// <summary>Returns when the state is on the disk.</summary>
    /// <exception cref="IOException">The disk refused; what was saved before still counts.</exception>
    public void Save(AgentState state)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(state, AgentJson.Default.AgentState);
        var header = Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Magic} {_counter + 1} {json.Length} {Checksum(_counter + 1, json)}\n"));
        Take();
        var path = _slots[_next];
        var room = Math.Max(new FileInfo(path).Length, (header.Length + json.Length + SlotBytes - 1) / SlotBytes * SlotBytes);
        var bytes = new byte[room];
        bytes.AsSpan().Fill((byte)' ');
        header.CopyTo(bytes, 0);
        json.CopyTo(bytes, header.Length);
        Write(path, bytes);
        _counter++;
        _next = 1 - _next;
    }

    /// <summary>Takes the room of both slots once.</summary>
    private void Take()
    {
        if (_slots.All(File.Exists))
        {
            return;
        }

        var blank = new byte[SlotBytes];
        blank.AsSpan().Fill((byte)' ');
        foreach (var slot in _slots.Where(s => !File.Exists(s)))
        {
            Write(slot, blank);
        }

        DurableFile.FlushFolder(Path.GetDirectoryName(_slots[0])!);
    }

    /// <summary>Over the counter too: a new header in front of old JSON must not count.</summary>
    private static string Checksum(long counter, ReadOnlySpan<byte> json)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(BitConverter.GetBytes(counter));
        sha.AppendData(json);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static void Write(string path, byte[] bytes)
    {
        using var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(handle, bytes, 0);
        RandomAccess.FlushToDisk(handle);
    }

    private static (long Counter, AgentState State)? Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length is 0 or > MaxSlotBytes)
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path);
        var line = Array.IndexOf(bytes, (byte)'\n');
        if (line < 0)
        {
            return null;
        }

        var parts = Encoding.ASCII.GetString(bytes, 0, line).Split(' ');
        if (parts.Length != 4 || parts[0] != Magic
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var counter)
            || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > bytes.Length - line - 1)
        {
            return null;
        }

        var json = bytes.AsSpan(line + 1, length);
        if (Checksum(counter, json) != parts[3])
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(json, AgentJson.Default.AgentState) is { } state ? (counter, state) : null;
        }
        catch (JsonException)
        {
            // Whole, but of another version of the agent: the other slot may do, and otherwise the device starts anew.
            return null;
        }
    }
}
