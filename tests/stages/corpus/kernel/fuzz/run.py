"""Fuzz the kernel under the address and undefined-behaviour sanitizers.

    python tests/stages/corpus/kernel/fuzz/run.py --seconds 600

Every `fuzz_NAME.c` beside this file defines `void fuzz_NAME(const uint8_t *data, size_t size)`,
which gives the bytes to a part of the kernel, and aborts where what it gets back is wrong. Adding
such a file is all there is to do. The bytes end where their allocation does.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
KERNEL = HERE.parents[4] / "src" / "etude" / "stages" / "corpus" / "kernel"
FLAGS = [
    "-g",
    "-O1",
    "-std=gnu11",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
    "-DNO_CLONES",  # their resolvers run before the sanitizer is ready
]


def compiler() -> str | None:
    """Return the C compiler at hand."""
    return next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)


def build(folder: Path) -> Path:
    """Compile the fuzzer into a folder and return it."""
    names = sorted(path.stem for path in HERE.glob("fuzz_*.c"))
    declared = "".join(f"void {name}(const uint8_t *data, size_t size);\n" for name in names)
    table = f"static void (*const targets[])(const uint8_t *, size_t) = {{{', '.join(names)}}};\n"
    head = "#include <stddef.h>\n#include <stdint.h>\n"
    (folder / "targets.h").write_text(
        f"{head}{declared}{table}enum {{ N_TARGETS = {len(names)} }};\n", encoding="utf-8"
    )
    program = folder / "fuzz"
    # A file each, side by side: the sanitizers make compiling slow.
    sources = [*sorted(KERNEL.glob("*.c")), *sorted(HERE.glob("*.c"))]
    objects = [folder / f"{path.stem}.o" for path in sources]
    cc = compiler() or "cc"
    running = [
        subprocess.Popen([cc, *FLAGS, f"-I{KERNEL}", f"-I{folder}", "-c", path, "-o", made])
        for path, made in zip(sources, objects, strict=True)
    ]
    failed = [process.wait() for process in running]
    if any(failed):
        raise SystemExit("the fuzzer does not compile")
    subprocess.run([cc, *FLAGS, *objects, "-o", program, "-lm"], check=True)
    return program


def main() -> int:
    """Build, run, and return the fuzzer's exit status."""
    parser = argparse.ArgumentParser(description="Fuzz the text kernel under sanitizers.")
    parser.add_argument("--seconds", type=float, default=60, help="how long to run")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same bytes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder))
        command = [str(program), str(options.seconds), str(options.seed)]
        environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=1"}
        return subprocess.run(command, check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
