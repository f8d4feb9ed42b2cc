using Amazon.Runtime;
using Amazon.S3;

namespace CodexOS.Platform.Storage;

/// <summary>How stores of the S3 protocol are asked, Amazon's and others.</summary>
public static class S3Stores
{
    private const string RegionDefault = "us-east-1";

    /// <summary>The settings of a client.</summary>
    /// <param name="endpoint">The store's address.</param>
    /// <param name="region">The region that requests are signed for; stores without regions take the default.</param>
    public static AmazonS3Config ConfigFor(string endpoint, string? region) => new()
    {
        ServiceURL = endpoint,
        AuthenticationRegion = region ?? RegionDefault,
        ForcePathStyle = true,
        // Nothing of the server's environment says where to ask.
        IgnoreConfiguredEndpointUrls = true,
        MaxErrorRetry = 1,
        // Stores other than Amazon's do not know the newer checksums.
        RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
    };
}
