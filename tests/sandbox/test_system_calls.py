"""System calls that lead out of a box or round its limits, each refused.

Every attempt is the body of a Python function that runs in the box. The test passes when it fails
in the very way it should: another error could mean that the attempt is wrong and proves nothing.
"""

import errno
import platform
from collections.abc import Callable, Mapping

import pytest

Probe = Callable[[str], str]
ProbeAll = Callable[[Mapping[str, str]], Mapping[str, str]]
SYSTEM_CALLS = {
    "unshare a user namespace": ("EPERM", "return call('unshare', 0x10000000)"),
    "unshare a mount namespace": ("EPERM", "return call('unshare', 0x00020000)"),
    "join a namespace": (
        "EPERM",
        "return call('setns', os.open('/proc/self/ns/mnt', os.O_RDONLY), 0)",
    ),
    "clone into a user namespace": (
        "EPERM",
        "return call(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)",
    ),
    "clone3": ("ENOSYS", "return call(435, 0, 0)"),
    "mount": ("EPERM", "return call('mount', b't', b'/tmp', b'tmpfs', 0, None)"),
    "unmount": ("EPERM", "return call('umount2', b'/usr', 2)"),
    "pivot_root": ("EPERM", "return call(155, b'/tmp', b'/tmp')"),
    "chroot": ("EPERM", "return os.chroot('/tmp')"),
    "open_tree": ("EPERM", "return call(428, -100, b'/', 1)"),
    "fsopen": ("EPERM", "return call(430, b'tmpfs', 0)"),
    "mount_setattr": ("EPERM", "return call(442, -100, b'/', 0, None, 0)"),
    "trace the first process": ("EPERM", "return call('ptrace', 16, 1, 0, 0)"),
    "read the first process's memory": ("EPERM", "return call(310, 1, None, 0, None, 0, 0)"),
    "io_uring": ("ENOSYS", "return call(425, 4, ctypes.create_string_buffer(120))"),
    "bpf": ("EPERM", "return call(321, 0, ctypes.create_string_buffer(128), 72)"),
    "perf_event_open": (
        "EPERM",
        "return call(298, ctypes.create_string_buffer(128), 0, -1, -1, 0)",
    ),
    "userfaultfd": ("EPERM", "return call(323, 1)"),
    "add a key": ("EPERM", "return call(248, b'user', b'k', b'v', 1, -2)"),
    "read a keyring": ("EPERM", "return call(250, 0, -3, 0)"),
    "open a file by its handle": (
        "EPERM",
        "return call(304, -100, ctypes.create_string_buffer(16), 0)",
    ),
    "change the personality": ("EPERM", "return call('personality', 0x0400000)"),
    "read the kernel log": (
        "EPERM",
        "return call('klogctl', 3, ctypes.create_string_buffer(9), 9)",
    ),
    "load a module": ("EPERM", "return call(175, b'', 0, b'')"),
    "load a kernel": ("EPERM", "return call(246, 0, 0, None, 0)"),
    "reboot": ("EPERM", "return call(169, 0xfee1dead, 672274793, 0, None)"),
    "set the clock": ("EPERM", "return time.clock_settime(time.CLOCK_REALTIME, 0)"),
    "name the machine": ("EPERM", "return call('sethostname', b'x', 1)"),
    "swap": ("EPERM", "return call('swapon', b'/tmp/x', 0)"),
    "account": ("EPERM", "return call('acct', b'/tmp/x')"),
    "disk quotas": ("EPERM", "return call(179, 0, None, 0, None)"),
    "port access": ("EPERM", "return call('iopl', 3)"),
    "fanotify": ("EPERM", "return call('fanotify_init', 0, 0)"),
    "memory without a file": ("ENOSYS", "return os.memfd_create('x')"),
    "secret memory": ("EPERM", "return call(447, 0)"),
    "System V shared memory": ("ENOSYS", "return call('shmget', 0, 4096, 0o1600)"),
    "System V messages": ("ENOSYS", "return call('msgget', 0, 0o1600)"),
    "System V semaphores": ("ENOSYS", "return call('semget', 0, 1, 0o1600)"),
    "POSIX messages": ("EPERM", "return call(240, b'q', 0o102, 0o600, None)"),
    "real-time scheduling": (
        "EPERM",
        "return os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))",
    ),
    "high priority": ("EACCES", "return os.setpriority(os.PRIO_PROCESS, 0, -20)"),
    "steal a descriptor": ("EPERM", "return call(438, os.pidfd_open(1), 0, 0)"),
    "become root": ("EINVAL", "return os.setuid(0)"),
    "inject into the terminal": (
        "EPERM",
        "m, s = os.openpty(); return fcntl.ioctl(s, 0x5412, b'x')",
    ),
    "console commands": ("EPERM", "m, s = os.openpty(); return fcntl.ioctl(s, 0x541C, b'x')"),
    "a controlling terminal": ("ENXIO", "return open('/dev/tty', 'rb')"),
    "a set-user-id file": ("EPERM", "open('s', 'w').close(); return os.chmod('s', 0o4755)"),
    "a set-user-id file, the new way": (
        "EPERM",
        "open('s', 'w').close(); return call(452, -100, b's', 0o4755, 0)",
    ),
    "a block device": ("EPERM", "return os.mknod('b', 0o60666, os.makedev(254, 0))"),
    "a character device": ("EPERM", "return os.mknod('/tmp/c', 0o20666, os.makedev(1, 1))"),
    "a deletion mark of the overlay": ("EPERM", "return os.mknod('w', 0o20666, 0)"),
    "a hard link to a system program": ("EXDEV", "return os.link('/usr/bin/true', 'l') or 1"),
    "write a system program": ("EROFS|EACCES", "return open('/usr/bin/true', 'ab')"),
    "add a system program": ("EROFS", "return open('/usr/bin/evil', 'w')"),
    "preload a library": ("EROFS", "return open('/etc/ld.so.preload', 'w')"),
    "write to the root folder": ("EROFS", "return os.mkdir('/x') or 1"),
    "write to /dev": ("EROFS", "return open('/dev/x', 'w')"),
    "change a password file": ("EACCES|EROFS", "return open('/etc/passwd', 'a')"),
    "core dump handler": (
        "EROFS|EACCES",
        "return open('/proc/sys/kernel/core_pattern', 'w').write('|/x')",
    ),
    "magic keys": ("EROFS|EACCES|ENOENT", "return open('/proc/sysrq-trigger', 'w').write('c')"),
    "allow namespaces again": (
        "EROFS|EACCES",
        "return open('/proc/sys/user/max_user_namespaces', 'w').write('9')",
    ),
}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")
@pytest.mark.parametrize("name", SYSTEM_CALLS)
def test_a_forbidden_call_is_refused(probe_all: ProbeAll, name: str) -> None:
    outcomes = probe_all({name: code for name, (_, code) in SYSTEM_CALLS.items()})
    expected, _ = SYSTEM_CALLS[name]
    assert outcomes[name] in {f"contained {one}" for one in expected.split("|")}


@pytest.mark.parametrize("limit", ["FSIZE", "NPROC", "AS", "NOFILE", "CORE", "CPU"])
def test_a_limit_cannot_be_raised(probe: Probe, limit: str) -> None:
    code = f"""
        try:
            resource.setrlimit(resource.RLIMIT_{limit}, (-1, -1))
        except ValueError:
            return None
        return 'raised'
    """
    assert probe(code) == "contained"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has the x32 calls")
def test_calls_of_a_foreign_architecture_are_refused(probe: Probe) -> None:
    code = """
        pid = os.fork()
        if pid == 0:
            libc.syscall(0x40000000 | 272, 0x10000000)
            os._exit(0 if ctypes.get_errno() == 0 else 7)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return 'called' if status == 0 else None
    """
    assert probe(code) == "contained"


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("AF_NETLINK", "SOCK_RAW"),
        ("AF_PACKET", "SOCK_RAW"),
        ("AF_PACKET", "SOCK_DGRAM"),
        ("AF_INET", "SOCK_RAW"),
        ("AF_INET6", "SOCK_RAW"),
        ("AF_VSOCK", "SOCK_STREAM"),
        ("AF_ALG", "SOCK_SEQPACKET"),
    ],
)
def test_an_unusual_socket_is_refused(probe: Probe, family: str, kind: str) -> None:
    outcome = probe(f"return socket.socket(socket.{family}, socket.{kind}, 0)")
    assert outcome in ("contained EPERM", "contained EAFNOSUPPORT")


def test_every_errno_named_here_exists() -> None:
    names = {one for expected, _ in SYSTEM_CALLS.values() for one in expected.split("|")}
    assert names <= set(errno.errorcode.values())
