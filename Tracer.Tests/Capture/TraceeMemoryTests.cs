using System.Runtime.InteropServices;
using Tracer.Capture;

namespace Tracer.Tests.Capture;

/// <summary>Reads of this very process, around a page that is not mapped.</summary>
public sealed unsafe class TraceeMemoryTests : IDisposable
{
    private readonly TraceeMemory _memory = new();
    private readonly int _page = Environment.SystemPageSize;
    private readonly byte* _pages;
    private readonly byte* _copy;

    public TraceeMemoryTests()
    {
        // Two pages, of which the second is taken away.
        const int ReadWrite = 3;
        const int PrivateAnonymous = 0x22;
        _pages = (byte*)mmap(0, (nuint)(2 * _page), ReadWrite, PrivateAnonymous, -1, 0);
        Assert.Equal(0, munmap((nint)_pages + _page, (nuint)_page));
        _copy = (byte*)NativeMemory.AllocZeroed(8192);
    }

    public void Dispose()
    {
        _ = munmap((nint)_pages, (nuint)_page);
        NativeMemory.Free(_copy);
        _memory.Dispose();
    }

    [Fact]
    public void Read_OverTheEndOfAMapping_GivesWhatLiesBeforeIt()
    {
        byte* end = _pages + _page;
        "tail"u8.CopyTo(new Span<byte>(end - 4, 4));

        Assert.Equal(4, _memory.Read(Environment.ProcessId, (ulong)end - 4, _copy, 300));
        Assert.True(new ReadOnlySpan<byte>(_copy, 4).SequenceEqual("tail"u8));
        Assert.Equal(0, _memory.Read(Environment.ProcessId, (ulong)end, _copy, 1));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 4095)]
    [InlineData(0x7fff_ffff_f000UL)]
    public void Read_OfAnAddressThatIsNone_GivesNothing(ulong address)
    {
        Assert.Equal(0, _memory.Read(Environment.ProcessId, address, _copy, 8192));
        Assert.Equal(-1, _memory.ReadString(Environment.ProcessId, address, _copy, 4096, out _));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(255, false)]
    [InlineData(256, false)]
    [InlineData(257, false)]
    [InlineData(4000, false)]
    public void ReadString_UpToItsNul_GivesIt(int length, bool cut)
    {
        byte* at = _pages + _page - length - 1;
        new Span<byte>(at, length).Fill((byte)'x');
        at[length] = 0;

        Assert.Equal(length, _memory.ReadString(Environment.ProcessId, (ulong)at, _copy, 4096, out bool isCut));
        Assert.Equal(cut, isCut);
    }

    [Fact]
    public void ReadString_WithoutNul_IsCut()
    {
        new Span<byte>(_pages, _page).Fill((byte)'x');

        Assert.Equal(10, _memory.ReadString(Environment.ProcessId, (ulong)_pages + (ulong)_page - 10, _copy, 4096, out bool atTheEnd));
        Assert.True(atTheEnd);
        Assert.Equal(100, _memory.ReadString(Environment.ProcessId, (ulong)_pages, _copy, 100, out bool atTheMost));
        Assert.True(atTheMost);
    }

    [DllImport("libc")]
    private static extern nint mmap(nint address, nuint length, int protection, int flags, int fd, nint offset);

    [DllImport("libc")]
    private static extern int munmap(nint address, nuint length);
}
