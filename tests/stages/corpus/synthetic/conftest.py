"""A real endpoint that answers by a function of the question, and a data set of human text."""

import json
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from etude.records import Document, Origin
from etude.store import DatasetWriter


def speech(seed: int, n_words: int = 80) -> str:
    """Draw a text whose words are as uneven as those of a language."""
    rng = Random(seed)
    numbers = [int(5000 ** rng.random()) for _ in range(n_words)]
    return " ".join("".join(chr(97 + int(digit)) for digit in str(number)) for number in numbers)


class Oracle:
    """Answers each question; `None` is answered with an error that is final."""

    def __init__(self) -> None:
        self.answer: Callable[[str], str | None] = lambda question: question.upper()
        self.questions: list[str] = []
        self.seeds: list[int | None] = []
        self.n_tokens = 10
        oracle = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                question = body["messages"][0]["content"]
                oracle.questions.append(question)
                oracle.seeds.append(body.get("seed"))
                said = oracle.answer(question)
                content = json.dumps(
                    {"error": {"message": "no"}} if said is None else oracle.completion(said)
                ).encode()
                self.send_response(400 if said is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def model(self) -> dict[str, Any]:
        return {
            "use": "openai",
            "name": "oracle",
            "base_url": f"http://127.0.0.1:{self._server.server_port}/v1",
            "max_tokens": 500,
            "price_out_usd_per_mtok": 100_000.0,
            "retries": 0,
        }

    def fresh(self, question: str) -> str:
        """Answer with new words that are as varied as those of the sources."""
        return speech(zlib.crc32(question.encode()) + 10**6) + " end."

    def completion(self, said: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": said}
        usage = {
            "prompt_tokens": 20,
            "completion_tokens": self.n_tokens,
            "total_tokens": 20 + self.n_tokens,
        }
        return {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": usage,
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def oracle() -> Iterator[Oracle]:
    oracle = Oracle()
    yield oracle
    oracle.stop()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two dozen human texts."""
    with DatasetWriter(tmp_path / "human", record="document") as writer:
        writer.write(
            "documents",
            [
                Document(
                    id=f"h{k:02}",
                    title=f"Title {k}",
                    text=f"Of the year {1900 + k}, when Anna{k} spoke. {speech(k)}",
                    domain="even" if k % 2 == 0 else "odd",
                    language="en",
                    origin=Origin(source="s", licence="CC0-1.0", made_by="t"),
                )
                for k in range(24)
            ],
        )
        writer.finish(recipe="{}")
    return tmp_path / "human"
