namespace Orleans.Runtime;

/// <summary>Which activation of a grain.</summary>
public readonly struct ActivationId(Guid key) : IEquatable<ActivationId>
{
    private readonly Guid _key = key;

    public bool IsDefault => _key == Guid.Empty;

    public static bool operator ==(ActivationId left, ActivationId right) => left.Equals(right);

    public static bool operator !=(ActivationId left, ActivationId right) => !left.Equals(right);

    public static ActivationId NewId() => new(Guid.NewGuid());

    /// <exception cref="FormatException">Not what <see cref="ToParsableString"/> gives.</exception>
    public static ActivationId FromParsableString(string activationId) =>
        activationId.StartsWith('@') ? new(Guid.ParseExact(activationId.AsSpan(1), "N")) : throw new FormatException($"'{activationId}' is no activation id.");

    public string ToParsableString() => ToString();

    public bool Equals(ActivationId other) => _key == other._key;

    public override bool Equals(object? obj) => obj is ActivationId other && Equals(other);

    public override int GetHashCode() => _key.GetHashCode();

    public override string ToString() => $"@{_key:N}";
}
