using System.Net;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Redactions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay.Copies;

/// <summary>Addresses of a redacted copy keep their common prefixes; addresses that are the same on every machine stay.</summary>
public sealed class AddressScramblerTests
{
    /// <summary>The key of the sample that comes with Crypto-PAn.</summary>
    private static readonly byte[] s_sampleKey =
        [21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76,
            45, 42, 132, 34, 2];

    private static Address Parse(string text) => new(IPAddress.Parse(text).GetAddressBytes());

    /// <summary>
    /// The results of Crypto-PAn's own sample. With this key the first bit of an IPv4 address stays, so that the rule for 127.0.0.0/8
    /// changes none of them.
    /// </summary>
    [Theory]
    [InlineData("128.11.68.132", "135.242.180.132")]
    [InlineData("129.118.74.4", "134.136.186.123")]
    [InlineData("130.132.252.244", "133.68.164.234")]
    [InlineData("141.223.7.43", "141.167.8.160")]
    [InlineData("152.163.225.39", "151.140.114.167")]
    [InlineData("156.29.3.236", "147.225.12.42")]
    [InlineData("165.247.96.84", "162.9.99.234")]
    [InlineData("166.107.77.190", "160.132.178.185")]
    [InlineData("192.102.249.13", "252.138.62.131")]
    public void ScramblingEqualsCryptoPan(string address, string expected)
    {
        using var scrambler = new AddressScrambler(s_sampleKey, keepsPrivate: false);
        Assert.Equal(expected, scrambler.Of(Parse(address)).ToString());
    }

    private static Address Random(Random random, int length, string? prefix = null, int bits = 0)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        for (int bit = 0; prefix is not null && bit < bits; bit++)
        {
            byte mask = (byte)(0x80 >> bit % 8);
            bytes[bit / 8] = (byte)((bytes[bit / 8] & ~mask) | (IPAddress.Parse(prefix!).GetAddressBytes()[bit / 8] & mask));
        }
        return new Address(bytes);
    }

    [Theory]
    [InlineData(4, null, 0, false)]
    [InlineData(4, "10.0.0.0", 8, false)]
    [InlineData(4, "10.0.0.0", 8, true)]
    [InlineData(4, "192.168.0.0", 16, true)]
    [InlineData(4, "169.254.0.0", 16, false)]
    [InlineData(16, "2000::", 3, false)]
    [InlineData(16, "2001:db8:7::", 48, false)]
    [InlineData(16, "fc00::", 7, true)]
    [InlineData(16, "fe80::", 64, false)]
    public void AddressesKeepTheirCommonPrefix(int length, string? prefix, int bits, bool keepsPrivate)
    {
        var random = new Random(length + bits);
        using var scrambler = new AddressScrambler(Copying.Key, keepsPrivate);
        (Address Before, Address After)[] all = [.. Enumerable.Range(0, 150)
            .Select(_ => Random(random, length, prefix, bits + random.Next(0, length == 4 && bits < 20 ? 4 : 0)))
            .Where(a => !AddressScrambler.IsPlain(a) && a.Bytes[0] != 127).Select(a => (a, scrambler.Of(a)))];
        Each.Of(all.SelectMany(a => all.Select(b => (a, b))), pair =>
            Assert.Equal(AddressScrambler.CommonBits(pair.a.Before.Bytes, pair.b.Before.Bytes),
                AddressScrambler.CommonBits(pair.a.After.Bytes, pair.b.After.Bytes)));
        string same = string.Join(' ', all.Where(a => a.Before.Equals(a.After)).Select(a => a.Before));
        Assert.True(bits >= 16 || same.Length < 40, same); // if few bits change, some addresses stay by chance
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.53")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void WellKnownAddressesStay(string address)
    {
        using var scrambler = new AddressScrambler(Copying.Key, keepsPrivate: false);
        Assert.Equal(Parse(address), scrambler.Of(Parse(address)));
    }

    [Theory]
    [InlineData("169.254.0.0", 16, false)]
    [InlineData("fe80::", 64, false)]
    [InlineData("2000::", 3, false)]
    [InlineData("10.0.0.0", 8, true)]
    [InlineData("172.16.0.0", 12, true)]
    [InlineData("192.168.0.0", 16, true)]
    [InlineData("100.64.0.0", 10, true)]
    [InlineData("fc00::", 7, true)]
    public void NoAddressIsScrambledIntoAKeptRange(string prefix, int bits, bool keepsPrivate)
    {
        var random = new Random(bits);
        byte[] range = IPAddress.Parse(prefix).GetAddressBytes();
        using var scrambler = new AddressScrambler(Copying.Key, keepsPrivate);
        Each.Of(Enumerable.Range(0, 300).Select(_ => Random(random, range.Length, prefix, bits)),
            a => Assert.True(AddressScrambler.CommonBits(range, scrambler.Of(a).Bytes) >= bits));
        Each.Of(Enumerable.Range(0, 2_000).Select(_ => Random(random, range.Length))
            .Where(a => AddressScrambler.CommonBits(range, a.Bytes) < bits),
            a => Assert.True(AddressScrambler.CommonBits(range, scrambler.Of(a).Bytes) < bits, a.ToString()));
    }

    /// <summary>
    /// No two addresses get the same new address. The test takes one of each /16, so 127.0.0.0/8 and the range that it changes places with
    /// are among them.
    /// </summary>
    [Fact]
    public void DifferentAddressesStayDifferent()
    {
        using var scrambler = new AddressScrambler(Copying.Key, keepsPrivate: false);
        HashSet<Address> made = [];
        foreach (int first in Enumerable.Range(0, 256))
        {
            foreach (int second in Enumerable.Range(0, 256))
            {
                byte[] wanted = [(byte)first, (byte)second, 7, 9];
                Assert.True(made.Add(scrambler.Of(new Address(wanted))), $"{first}.{second}");
            }
        }
        Assert.DoesNotContain(made.Where(a => a.Bytes[0] == 127), a => a.Bytes[2] != 7 || a.Bytes[3] != 9);
    }

    [Fact]
    public void MappedAddressIsScrambledAsItsIpv4Address()
    {
        using var scrambler = new AddressScrambler(Copying.Key, keepsPrivate: false);
        Address mapped = scrambler.Of(Parse("::ffff:203.0.113.9").Bytes.Length == 16
            ? new Address([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 9]) : Parse("::1"));
        Assert.True(mapped.IsMapped);
        Assert.Equal(scrambler.Of(Parse("203.0.113.9")), mapped.OnWire);
    }
}
