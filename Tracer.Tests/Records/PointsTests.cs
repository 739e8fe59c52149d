using Tracer.Records;

namespace Tracer.Tests.Records;

public class PointsTests
{
    [Fact]
    public void TryParse_Plus_IsKtracesDefault()
    {
        Assert.True(PointLetters.TryParse("+", out Points points, out _));
        Assert.Equal("acinstuxy", PointLetters.Format(points));
        Assert.Equal(Points.Default, points);
    }

    [Theory]
    [InlineData("c", "c")]
    [InlineData("wfc", "cfw")]
    [InlineData("+e", "aceinstuxy")]
    [InlineData("cc", "c")]
    [InlineData("", "")]
    public void TryParse_Letters_GivesThemInOrder(string text, string letters)
    {
        Assert.True(PointLetters.TryParse(text, out Points points, out _));
        Assert.Equal(letters, PointLetters.Format(points));
    }

    [Theory]
    [InlineData("cq", 'q')]
    [InlineData("C", 'C')]
    [InlineData("-", '-')]
    public void TryParse_UnknownLetter_NamesIt(string text, char letter)
    {
        Assert.False(PointLetters.TryParse(text, out _, out char unknown));
        Assert.Equal(letter, unknown);
    }

    [Fact]
    public void NoSource_OnLinux_IsUxy() => Assert.Equal("uxy", PointLetters.Format(Points.NoSource));
}
