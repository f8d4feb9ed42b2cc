using System.Buffers.Binary;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// The system-call filter of a sandbox, as a classic BPF program for x86-64 (seccomp(2)). It refuses what reaches the
/// kernel's larger or rarely used parts: other namespaces, mounts, tracing, keys, modules, clocks, io_uring, BPF, kernel
/// addresses, and every call that is newer than this list. Refused calls fail, they do not kill, because programs probe.
/// </summary>
internal static class SystemCallFilter
{
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort Return = 0x06;

    private const uint Allow = 0x7FFF_0000;
    private const uint Kill = 0x8000_0000;
    private const uint NotPermitted = 0x0005_0000 | 1;
    private const uint NotImplemented = 0x0005_0000 | 38;
    private const uint NoSuchFamily = 0x0005_0000 | 97;

    private const uint NumberAt = 0;
    private const uint ArchitectureAt = 4;
    private const uint Argument0At = 16;
    private const uint Argument1At = 24;

    private const uint X8664 = 0xC000_003E;
    private const uint X32Bit = 0x4000_0000;
    private const uint NewestKnown = 469;

    // Flags of clone(2) that make namespaces.
    private const uint NamespaceFlags = 0x7E02_0000;

    private const uint Clone = 56;
    private const uint Clone3 = 435;
    private const uint IoCtl = 16;
    private const uint Socket = 41;
    private const uint SocketPair = 53;
    private const uint Personality = 135;

    private static readonly uint[] s_refused =
    [
        101, // ptrace
        103, // syslog
        134, 136, 139, // uselib, ustat, sysfs
        153, 154, 155, 156, // vhangup, modify_ldt, pivot_root, _sysctl
        159, 161, 163, 164, // adjtimex, chroot, acct, settimeofday
        165, 166, 167, 168, 169, // mount, umount2, swapon, swapoff, reboot
        170, 171, 172, 173, // sethostname, setdomainname, iopl, ioperm
        174, 175, 176, 177, 178, 179, 180, // modules, quotactl, nfsservctl
        212, 227, // lookup_dcookie, clock_settime
        237, 238, 239, 256, 279, 450, // memory policies and moving pages
        246, 320, // kexec
        248, 249, 250, // keys
        272, 308, // unshare, setns
        298, 300, 301, // perf_event_open, fanotify
        303, 304, // file handles
        305, // clock_adjtime
        310, 311, 312, // process_vm_readv, process_vm_writev, kcmp
        313, // finit_module
        321, 323, // bpf, userfaultfd
        425, 426, 427, // io_uring
        428, 429, 430, 431, 432, 433, 442, 467, // the newer mount calls
        438, 440, 448, // pidfd_getfd, process_madvise, process_mrelease
        443, 447, // quotactl_fd, memfd_secret
        457, 458, 459, 460, 461, // statmount, listmount, security modules
    ];

    /// <summary>The program, as the kernel takes it.</summary>
    public static byte[] Program { get; } = Assemble();

    private static byte[] Assemble()
    {
        var code = new List<(ushort Code, byte IfTrue, byte IfFalse, uint Value)>();

        Load(ArchitectureAt);
        code.Add((JumpIfEqual, 1, 0, X8664));
        Answer(Kill);
        Load(NumberAt);
        code.Add((JumpIfAtLeast, 0, 1, X32Bit));
        Answer(NotPermitted);
        code.Add((JumpIfAtLeast, 0, 1, NewestKnown + 1));
        Answer(NotImplemented);

        // The C library falls back to clone, whose flags can be looked at; those of clone3 are behind a pointer.
        code.Add((JumpIfEqual, 0, 1, Clone3));
        Answer(NotImplemented);

        code.Add((JumpIfEqual, 0, 4, Clone));
        Load(Argument0At);
        code.Add((JumpIfAnyBit, 0, 1, NamespaceFlags));
        Answer(NotPermitted);
        Answer(Allow);

        // Local, IPv4, IPv6 and netlink; not vsock, packet, alg, bluetooth and the rest.
        code.Add((JumpIfEqual, 0, 7, Socket));
        Load(Argument0At);
        code.Add((JumpIfEqual, 3, 0, 1));
        code.Add((JumpIfEqual, 2, 0, 2));
        code.Add((JumpIfEqual, 1, 0, 10));
        code.Add((JumpIfEqual, 0, 1, 16));
        Answer(Allow);
        Answer(NoSuchFamily);

        code.Add((JumpIfEqual, 0, 4, SocketPair));
        Load(Argument0At);
        code.Add((JumpIfEqual, 0, 1, 1));
        Answer(Allow);
        Answer(NoSuchFamily);

        // Typing into a terminal (TIOCSTI, TIOCLINUX).
        code.Add((JumpIfEqual, 0, 5, IoCtl));
        Load(Argument1At);
        code.Add((JumpIfEqual, 1, 0, 0x5412));
        code.Add((JumpIfEqual, 0, 1, 0x541C));
        Answer(NotPermitted);
        Answer(Allow);

        // Asking for the personality is harmless, as is the ordinary one.
        code.Add((JumpIfEqual, 0, 5, Personality));
        Load(Argument0At);
        code.Add((JumpIfEqual, 1, 0, 0));
        code.Add((JumpIfEqual, 0, 1, 0xFFFF_FFFF));
        Answer(Allow);
        Answer(NotPermitted);

        foreach (var number in s_refused)
        {
            code.Add((JumpIfEqual, 0, 1, number));
            Answer(NotPermitted);
        }

        Answer(Allow);

        var program = new byte[code.Count * 8];
        for (var i = 0; i < code.Count; i++)
        {
            var at = program.AsSpan(i * 8, 8);
            BinaryPrimitives.WriteUInt16LittleEndian(at, code[i].Code);
            at[2] = code[i].IfTrue;
            at[3] = code[i].IfFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], code[i].Value);
        }

        return program;

        void Load(uint offset) => code.Add((LoadWord, 0, 0, offset));
        void Answer(uint value) => code.Add((Return, 0, 0, value));
    }
}
