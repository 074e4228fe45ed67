using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TcpTracer.Tests.Harness;

/// <summary>An image with one layer that has a static busybox, as an OCI layout in a tar file. It needs no registry.</summary>
internal static class BusyboxImage
{
    public const string Name = "local.test/bb:1";

    /// <summary>The name that newer kubelets use: the digest of the image's configuration.</summary>
    public static string Id => Digest(Config(Layer()));

    private const string Busybox = "/bin/busybox";
    private static readonly string[] s_commands = ["sh", "sleep", "nc", "wget", "httpd", "cat", "echo", "true"];

    private static string Architecture =>
        RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    public static void Write(string path)
    {
        byte[] layer = Layer();
        byte[] config = Config(layer);
        byte[] manifest = Text($$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
            "config":{{Descriptor("application/vnd.oci.image.config.v1+json", config)}},
            "layers":[{{Descriptor("application/vnd.oci.image.layer.v1.tar", layer)}}]}
            """);
        byte[] index = Text($$"""
            {"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{Digest(manifest)}}",
            "size":{{manifest.Length}},"annotations":{"io.containerd.image.name":"{{Name}}"} }]}
            """);
        using var tar = new TarWriter(File.Create(path), TarEntryFormat.Ustar);
        AddFile(tar, "oci-layout", Text("""{"imageLayoutVersion":"1.0.0"}"""));
        AddFile(tar, "index.json", index);
        foreach (byte[] blob in new[] { layer, config, manifest })
            AddFile(tar, "blobs/" + Digest(blob).Replace(':', '/'), blob);
    }

    private static byte[] Config(byte[] layer) => Text($$"""
        {"architecture":"{{Architecture}}","os":"linux","config":{"Cmd":["/bin/sleep","1000000"],"Env":["PATH=/bin"]},
        "rootfs":{"type":"layers","diff_ids":["{{Digest(layer)}}"] } }
        """);

    private static byte[] Layer()
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (string folder in new[] { "bin", "tmp", "www", "etc" })
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, folder)
                {
                    Mode = (UnixFileMode)0b111_101_101,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
            AddFile(tar, "bin/busybox", File.ReadAllBytes(Busybox), executable: true);
            foreach (string command in s_commands)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/" + command)
                {
                    LinkName = "busybox",
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
            AddFile(tar, "www/index.html", Text("hello"));
        }
        return bytes.ToArray();
    }

    private static void AddFile(TarWriter tar, string name, byte[] content,
        bool executable = false) => tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(content),
            ModificationTime = DateTimeOffset.UnixEpoch, // so that the digest is the same each time
            Mode = (UnixFileMode)(executable ? 0b111_101_101 : 0b110_100_100),
        });

    private static string Descriptor(string type, byte[] blob) =>
        $$"""{"mediaType":"{{type}}","digest":"{{Digest(blob)}}","size":{{blob.Length}}}""";

    private static string Digest(byte[] blob) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(blob));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
