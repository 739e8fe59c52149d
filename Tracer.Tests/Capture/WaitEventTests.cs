using Tracer.Capture;

namespace Tracer.Tests.Capture;

public class WaitEventTests
{
    [Theory]
    [InlineData(0x0000, "Exited", "Gone", 0, 0)]
    [InlineData(0x0700, "Exited", "Gone", 0, 0)]
    [InlineData(0x0009, "Killed", "Gone", 9, 0)]
    [InlineData(0x008b, "Killed", "Gone", 11, 0)] // with a core
    [InlineData(0x857f, "Syscall", "Go", 0, 0)]
    [InlineData(0x0a7f, "Signal", "GoWithSignal", 10, 0)]
    [InlineData(0x057f, "Signal", "GoWithSignal", 5, 0)] // a SIGTRAP of its own
    [InlineData(0x137f, "Signal", "GoWithSignal", 19, 0)] // SIGSTOP is about to be delivered: no group-stop yet
    [InlineData(0x01057f, "NewChild", "Go", 0, 1)]
    [InlineData(0x02057f, "NewChild", "Go", 0, 2)]
    [InlineData(0x03057f, "NewChild", "Go", 0, 3)]
    [InlineData(0x04057f, "Exec", "Go", 0, 4)]
    [InlineData(0x06057f, "Other", "Go", 0, 6)]
    [InlineData(0x80057f, "Trap", "Go", 0, 128)]
    [InlineData(0x80137f, "GroupStop", "Listen", 19, 128)]
    [InlineData(0x80147f, "GroupStop", "Listen", 20, 128)]
    [InlineData(0x80167f, "GroupStop", "Listen", 22, 128)]
    public void Classify_AStatus_SaysWhatHappenedAndHowItGoesOn(int status, string kind, string resume, int signal, int ptraceEvent)
    {
        var stop = WaitEvent.Classify(status);

        Assert.Equal(kind, stop.Kind.ToString());
        Assert.Equal(resume, stop.Resume.ToString());
        Assert.Equal(signal, stop.Signal);
        Assert.Equal(ptraceEvent, stop.Event);
        Assert.Equal(status, stop.Status);
        Assert.Equal(resume == "Gone", stop.IsEnd);
    }
}
