using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Identity;

/// <summary>The reusable token by which devices enrol: 256 random bits, made at the first start, in a file that only the owner may read.</summary>
internal sealed class EnrolmentTokens
{
    private const int TokenBytes = 32;
    private const int MinLength = 20;

    private readonly byte[] _hash;

    private EnrolmentTokens(string file, string token)
    {
        File = file;
        _hash = Hash(token);
    }

    public string File { get; }

    /// <summary>Reads the token, or makes one where there is none. An operator may write another into the file and restart.</summary>
    /// <exception cref="StartupException">The file holds too little to be a token.</exception>
    public static EnrolmentTokens Open(string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "enrolment-token");
        if (!System.IO.File.Exists(file))
        {
            DurableFile.Write(file, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes)) + "\n", secret: true);
        }

        var token = System.IO.File.ReadAllText(file).Trim();
        return token.Length < MinLength
            ? throw new StartupException(
                $"the enrolment token in {file} has {token.Length} characters", $"write at least {MinLength}, or remove the file to have one made.")
            : new EnrolmentTokens(file, token);
    }

    /// <summary>Takes as long for a near miss as for a far one.</summary>
    public bool IsValid(string? token) => token is not null && token.Length <= 1024 && CryptographicOperations.FixedTimeEquals(Hash(token), _hash);

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
