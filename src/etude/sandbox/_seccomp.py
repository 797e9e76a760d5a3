"""The system calls a box may not make, as a program for the kernel.

Everything is allowed but what reaches out of a box, gets round its limits, or only ever served
attackers. A box has no capability either; this is the second fence.
"""

import errno
import functools
import io
import tempfile

from etude.errors import ConfigError

try:
    import pyseccomp as bpf
except RuntimeError as cause:
    raise ConfigError(
        f"boxes need libseccomp ({cause}); install libseccomp2 with the system's package manager, "
        "or use --sandbox docker"
    ) from cause

_FORBIDDEN = """
    ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd
    keyctl add_key request_key bpf perf_event_open userfaultfd
    mount umount2 umount pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick
    mount_setattr unshare setns swapon swapoff reboot kexec_load kexec_file_load
    init_module finit_module delete_module create_module query_module get_kernel_syms
    acct quotactl quotactl_fd syslog settimeofday clock_settime clock_settime64 clock_adjtime
    clock_adjtime64 adjtimex stime sethostname setdomainname iopl ioperm modify_ldt vm86 vm86old
    lookup_dcookie nfsservctl uselib ustat sysfs _sysctl vhangup
    open_by_handle_at name_to_handle_at fanotify_init move_pages mbind migrate_pages
    set_mempolicy vmsplice
    mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
"""
_FORBIDDEN_NUMBERS = (447, 450, 451, 457, 458, 460, 467)
"""memfd_secret, set_mempolicy_home_node, cachestat, statmount, listmount, lsm_set_self_attr,
open_tree_attr: the same on every machine, and unknown by name to older libseccomp."""
_MISSING = """
    io_uring_setup io_uring_enter io_uring_register clone3
    memfd_create shmget msgget semget
"""
"""Answered as by a kernel without them, so that programs fall back to something else. The last
four hold memory that belongs to no process, which would escape the limit."""
_NEW_NAMESPACES = (
    0x00020000,
    0x02000000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_TERMINAL_INJECTION = (0x5412, 0x541C)
_FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6: a box has a loopback device of its own and no other."""
_N_FAMILIES = 48
_RAW_SOCKET = 3
_SET_ID = (0o4000, 0o2000)
_CHMOD: tuple[tuple[str | int, int], ...] = (
    ("chmod", 1),
    ("fchmod", 1),
    ("fchmodat", 2),
    (452, 2),
)
_PERSONALITY_ALLOWED = 0x0002_0008
_LOW_32 = 0xFFFF_FFFF


@functools.cache
def program() -> bytes:
    """Return the filter for this machine's architecture, as `bwrap --seccomp` takes it."""
    rules = bpf.SyscallFilter(bpf.ALLOW)
    denied, missing = bpf.ERRNO(errno.EPERM), bpf.ERRNO(errno.ENOSYS)
    for call in filter(_is_known, _FORBIDDEN.split()):
        rules.add_rule(denied, call)
    for number in _FORBIDDEN_NUMBERS:
        rules.add_rule(denied, number)
    for call in filter(_is_known, _MISSING.split()):
        rules.add_rule(missing, call)
    for flag in _NEW_NAMESPACES:
        rules.add_rule(denied, "clone", bpf.Arg(0, bpf.MASKED_EQ, flag, flag))
    for request in _TERMINAL_INJECTION:
        rules.add_rule(denied, "ioctl", bpf.Arg(1, bpf.MASKED_EQ, _LOW_32, request))
    _limit_modes(rules)
    _limit_personality(rules)
    _limit_sockets(rules)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0, io.SEEK_SET)
        return file.read()


def _limit_modes(rules: bpf.SyscallFilter) -> None:
    denied = bpf.ERRNO(errno.EPERM)
    for change_mode, argument in _CHMOD:
        for bit in _SET_ID:
            if isinstance(change_mode, int) or _is_known(change_mode):
                rules.add_rule(denied, change_mode, bpf.Arg(argument, bpf.MASKED_EQ, bit, bit))


def _limit_personality(rules: bpf.SyscallFilter) -> None:
    denied = bpf.ERRNO(errno.EPERM)
    for n in range(32):
        # Asking for the current personality sets every bit, and stays allowed.
        bit = 1 << n
        if n < 31 and not bit & _PERSONALITY_ALLOWED:
            mask = bit | 1 << 31
            rules.add_rule(denied, "personality", bpf.Arg(0, bpf.MASKED_EQ, mask, bit))


def _limit_sockets(rules: bpf.SyscallFilter) -> None:
    unknown = bpf.ERRNO(errno.EAFNOSUPPORT)
    for family in range(_N_FAMILIES):
        if family not in _FAMILIES:
            rules.add_rule(unknown, "socket", bpf.Arg(0, bpf.MASKED_EQ, _LOW_32, family))
    rules.add_rule(unknown, "socket", bpf.Arg(0, bpf.GE, _N_FAMILIES))
    raw = bpf.Arg(1, bpf.MASKED_EQ, 0xF, _RAW_SOCKET)
    rules.add_rule(bpf.ERRNO(errno.EPERM), "socket", raw)


def _is_known(call: str) -> bool:
    try:
        bpf.resolve_syscall(bpf.system_arch(), call)
    except ValueError:
        return False
    return True
