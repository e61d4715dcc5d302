using EdgeFleet.Contracts.Api;

namespace EdgeFleet.Silo.Identity;

/// <summary>Lets devices in.</summary>
internal interface IEnrolment
{
    /// <summary>The file with the enrolment token, for the operator.</summary>
    string TokenFile { get; }

    /// <summary>Checks token and signing request and issues a certificate.</summary>
    /// <exception cref="EnrolmentRefusedException">The token or the signing request is not good.</exception>
    Task<EnrolResponse> EnrolAsync(EnrolRequest request, CancellationToken cancellationToken);
}

/// <summary>A device is not let in; the message says why, without helping a guesser.</summary>
internal sealed class EnrolmentRefusedException(bool badToken, string message) : Exception(message)
{
    /// <summary>The token is wrong (HTTP 403); otherwise the signing request is (HTTP 400).</summary>
    public bool BadToken { get; } = badToken;
}
