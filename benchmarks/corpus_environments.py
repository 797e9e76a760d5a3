"""An environment of its own for each peer of `corpus_peers.py`, for their pins clash.

They lie in `.venv-peers/others`, are made with the pinned uv of the environment that this runs in,
and stay for the next time. Nothing but the package index is asked.
"""

import os
import subprocess
import sys
from pathlib import Path

PEERS: dict[str, tuple[str, ...]] = {
    "dolma": ("dolma==1.2.1",),
    # It imports aiohttp and Ray without asking for them, and would install Ray when imported.
    "data_juicer": ("py-data-juicer==1.6.1", "aiohttp", "ray==2.60.0"),
    "text_dedup": ("text-dedup==0.4.0",),
}
_FOLDER = Path(__file__).parents[1] / ".venv-peers" / "others"
_UV = (sys.executable, "-m", "uv")
_CLOSED = "http://127.0.0.1:9"
"""A proxy that nobody answers at."""


class PeerError(Exception):
    """A peer cannot be installed or run here; the text is one line."""


class NotInstalledError(PeerError):
    """A peer cannot be installed, so that nothing of it can be run."""


def version(peer: str) -> str:
    """Return the version of a peer that is compared."""
    return PEERS[peer][0].partition("==")[2]


def peer_python(peer: str) -> Path:
    """Return the Python of a peer's environment, which is made if need be.

    Raises:
        NotInstalledError: It cannot be made.
    """
    folder = _FOLDER / peer
    python, ready = folder / "bin" / "python", folder / ".ready"
    wanted = "\n".join(PEERS[peer])
    if not ready.exists() or ready.read_text("utf-8") != wanted:
        _run("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        _run("pip", "install", "--quiet", "--python", str(python), *PEERS[peer])
        ready.write_text(wanted, "utf-8")
    return python


def _run(*command: str) -> None:
    done = subprocess.run([*_UV, *command], check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotInstalledError(f"could not be installed: {one_line(done.stderr)}")


def one_line(text: str, most: int = 200) -> str:
    """Return the last line of what a command said, shortened."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:most] if lines else "it said nothing"


def offline(scratch: Path) -> dict[str, str]:
    """Return the variables of a process on one core that downloads nothing and leaves nothing."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    return {
        **os.environ,
        **dict.fromkeys(threads, "1"),
        # NLTK, Hugging Face and Data-Juicer's installer find no way out and give up at once.
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), _CLOSED),
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(scratch),
        "DATA_JUICER_CACHE_HOME": str(scratch),
        "TMPDIR": str(scratch),
    }
