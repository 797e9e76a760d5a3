"""Difficulty is lower where the instruction tells of its answer, by any scorer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.stages.demos.demonstration_data import demonstration

from etude.errors import ConfigError, ModelError
from etude.stages.demos.difficulty import Score, measure_difficulty
from etude.stages.demos.endpoint_scorer import EndpointScorer
from etude.stages.demos.ngram_scorer import NgramScorer


def test_the_scorer_is_asked_for_the_answer_alone_and_after_its_question() -> None:
    asked: list[tuple[str, str]] = []

    def scorer(text: str, context: str) -> Score:
        asked.append((text, context))
        return Score(logprob=-6.0 if context else -8.0, n_tokens=4)

    rows = [demonstration("Why?", "Because."), demonstration("Hm?")]
    assert measure_difficulty(rows, scorer) == [0.75, None]
    assert asked == [("Because.", ""), ("Because.", "User: Why?\n\n")]


def test_an_answer_in_the_words_of_its_question_is_easier() -> None:
    names = ["violin", "harbour", "glacier", "walnut", "copper", "lantern"]
    rows = [
        demonstration(
            f"Tell of the {a} and the {a} market.", f"The {a} market sells {a}.", number=n
        )
        for n, a in enumerate(names)
    ]
    rows += [
        demonstration(f"Tell of the {a}.", f"Nobody wrote {b} tales.", number=9 + n)
        for n, (a, b) in enumerate(zip(names, reversed(names), strict=True))
    ]
    found = measure_difficulty(rows)
    assert all(value is not None for value in found)
    told, untold = found[: len(names)], found[len(names) :]
    assert max(v for v in told if v) < min(v for v in untold if v)


def test_an_n_gram_model_gives_probabilities() -> None:
    model = NgramScorer(["the cat sat on the mat", "the dog sat on the log"])
    known, n_known = model.score("the cat sat", "")
    unknown, n_unknown = model.score("xyz qrs tuv", "")
    assert n_known == n_unknown == 3
    assert unknown < known < 0
    assert NgramScorer([]).score("", "") == (0.0, 0)


class Server(BaseHTTPRequestHandler):
    """Returns a log-probability of -1 for each character; the first has none."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = request["prompt"]
        logprobs = {
            "token_logprobs": [None, *[-1.0] * len(prompt)],
            "text_offset": list(range(len(prompt) + 1)),
        }
        choice = {"logprobs": None if request["model"] == "mute" else logprobs}
        body = json.dumps({"choices": [choice]}).encode()
        self.send_response(500 if request["model"] == "ill" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_endpoint_scores_the_text_and_not_what_comes_before(address: str) -> None:
    scorer = EndpointScorer(base_url=address, model="m")
    assert scorer("four", "before") == Score(logprob=-4.0, n_tokens=4)
    assert scorer("four", "") == Score(logprob=-4.0, n_tokens=4)


def test_an_endpoint_that_cannot_score_says_so(address: str) -> None:
    with pytest.raises(ModelError, match="must support echo and logprobs"):
        EndpointScorer(base_url=address, model="mute")("a", "b")
    with pytest.raises(ModelError, match="status 500"):
        EndpointScorer(base_url=address, model="ill")("a", "b")
    with pytest.raises(ModelError, match="is the server running"):
        EndpointScorer(base_url="http://127.0.0.1:9/v1", model="m", timeout_s=2)("a", "b")
    with pytest.raises(ConfigError, match="no address"):
        EndpointScorer(base_url="file:///etc/passwd", model="m")("a", "b")
    with pytest.raises(ConfigError, match="needs a key"):
        EndpointScorer(base_url="https://far.invalid/v1", model="m", key_env="NO_SUCH_KEY")("a", "")
