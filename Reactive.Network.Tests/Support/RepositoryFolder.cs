namespace Reactive.Network.Tests.Support;

/// <summary>The working tree that the tests were built from.</summary>
public static class RepositoryFolder
{
    /// <summary>The folder of the solution, found by walking up from the test assembly; <see langword="null"/> where it is not above.</summary>
    public static string? Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Reactive.Network.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }

    /// <summary>A file or folder in it. Skips the calling test where the tests run without their sources.</summary>
    public static string At(params string[] parts)
    {
        string? root = Find();
        Assert.SkipWhen(root is null, "the sources are not there");
        return Path.Combine([root!, .. parts]);
    }
}
