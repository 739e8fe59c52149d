using CsCheck;
using Tracer.Records;

namespace Tracer.Tests.Records;

public sealed class Crc32CTests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("313233343536373839", 0xE3069283u)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AAu)] // RFC 3720, B.4
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62A8AB43u)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46DD794Eu)]
    public void Compute_KnownVectors_KnownSums(string hex, uint expected)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.Equal(expected, Crc32C.Compute(bytes));
        Assert.Equal(expected, Crc32C.ComputeInSoftware(bytes));
    }

    [Fact]
    public void Compute_AnyBytes_EqualsSoftware() =>
        Gen.Byte.Array[0, 100].Sample(bytes => Crc32C.Compute(bytes) == Crc32C.ComputeInSoftware(bytes), iter: 2000, threads: 1);
}
