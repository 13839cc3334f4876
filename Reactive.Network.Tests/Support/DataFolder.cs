namespace Reactive.Network.Tests.Support;

/// <summary>
/// The recorded data, which lies outside the tree at <c>../shared/data</c> as seen from the solution. Tests read it and never edit it; where it
/// is missing they are skipped with <see cref="MissingMessage"/>, which <c>.ci/run</c> looks for.
/// </summary>
public static class DataFolder
{
    /// <summary>The reason of every test skipped for want of data.</summary>
    public const string MissingMessage = "real data is not there: ../shared/data";

    /// <summary>The folder, or <see langword="null"/> where it is missing.</summary>
    public static string? Find()
    {
        string? repository = RepositoryFolder.Find();
        if (repository is null)
        {
            return null;
        }

        string data = System.IO.Path.GetFullPath(System.IO.Path.Combine(repository, "..", "shared", "data"));
        return Directory.Exists(data) ? data : null;
    }

    /// <summary>A file or folder in it. Skips the calling test where the data is missing.</summary>
    public static string Path(params string[] parts)
    {
        string? root = Find();
        Assert.SkipWhen(root is null, MissingMessage);
        return System.IO.Path.Combine([root!, .. parts]);
    }
}
