using System.Runtime.InteropServices;

namespace CodexOS.Sandbox.Native;

/// <summary>Error numbers of the kernel, and the exceptions they become.</summary>
internal static class SystemError
{
    public const int NotPermitted = 1;
    public const int NotFound = 2;
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int OtherDevice = 18;
    public const int NotFolder = 20;
    public const int IsFolder = 21;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int BrokenPipe = 32;
    public const int NameTooLong = 36;
    public const int NotImplemented = 38;
    public const int NotEmpty = 39;
    public const int Loop = 40;
    public const int NoAttribute = 61;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    /// <summary>The exception for the calling thread's last error; <see cref="Exception.HResult"/> is its number.</summary>
    public static IOException Last(string what) => Of(Marshal.GetLastPInvokeError(), what);

    /// <summary>The exception for an error number.</summary>
    public static IOException Of(int number, string what)
    {
        // A used-up disk quota asks the same of the operator as a full disk.
        var known = number == QuotaExceeded ? NoSpace : number;
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(number)}", known);
    }

    /// <summary>Throws unless the call returned zero or more.</summary>
    public static int Check(int returned, string what) => returned >= 0 ? returned : throw Last(what);
}
