using YamlDotNet.RepresentationModel;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>The one entry of a kubeconfig that the library's model does not have: <c>users[].user.tokenFile</c>.</summary>
internal static class TokenFiles
{
    /// <summary>The path as it is written in the first kubeconfig that has this user; null: there is none.</summary>
    /// <param name="kubeconfigs">The texts of the files, in order.</param>
    /// <param name="user">The name of the user.</param>
    public static string? Find(IEnumerable<string> kubeconfigs, string user)
    {
        foreach (string text in kubeconfigs)
        {
            if (!text.Contains("tokenFile", StringComparison.Ordinal))
                continue;
            foreach (YamlNode entry in (YamlText.Child(YamlText.Root(text), "users") as YamlSequenceNode)?.Children ?? [])
            {
                if (YamlText.Text(YamlText.Child(entry, "name")) == user)
                    return YamlText.Text(YamlText.Child(YamlText.Child(entry, "user"), "tokenFile"));
            }
        }
        return null;
    }
}
