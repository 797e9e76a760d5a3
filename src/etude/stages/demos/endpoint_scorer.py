"""Scores texts with a completions endpoint that returns the log-probabilities of a prompt.

Such as vLLM serves it: `/v1/completions` with `echo` and `logprobs`. Many other servers cannot.
"""

import ipaddress
import os
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import msgspec

from etude.errors import ConfigError, ModelError
from etude.stages.demos.difficulty import Score

_MOST_BYTES = 256 << 20


class _Logprobs(msgspec.Struct):
    token_logprobs: list[float | None]
    text_offset: list[int]


class _Choice(msgspec.Struct):
    logprobs: _Logprobs | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice]


class EndpointScorer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model behind an endpoint. Its fields are its settings."""

    base_url: str
    """Address of the endpoint, up to and with its `/v1`."""
    model: str
    """What the endpoint calls it."""
    key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key. Read at each call, never kept or written down."""
    timeout_s: float = 120.0
    """Of one request."""
    max_chars: int = 24_000
    """Of a text with what comes before it; of a longer context, the end is sent."""

    def __call__(self, text: str, context: str) -> Score:
        """Return the score of `text` after `context`, which may be empty.

        Raises:
            ConfigError: The address is none, or the endpoint is not near and there is no key.
            ModelError: The endpoint cannot be reached, or does not return log-probabilities.
        """
        text = text[: self.max_chars]
        # The first token of a prompt has no probability, so there is always something before.
        before = (context or "\n")[-max(1, self.max_chars - len(text)) :]
        request = {
            "model": self.model,
            "prompt": before + text,
            "echo": True,
            "logprobs": 1,
            "max_tokens": 1,
            "temperature": 0,
        }
        said = self._post(msgspec.json.encode(request))
        try:
            answer = msgspec.json.decode(said, type=_Answer)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as cause:
            raise ModelError(f"{self.model}: the answer holds no log-probabilities") from cause
        logprobs = answer.choices[0].logprobs if answer.choices else None
        if logprobs is None or len(logprobs.token_logprobs) != len(logprobs.text_offset):
            raise ModelError(
                f"{self.model}: the endpoint returns no log-probabilities of the prompt; it must "
                "support echo and logprobs together, as vLLM does"
            )
        end = len(before) + len(text)
        found = [
            value
            for value, at in zip(logprobs.token_logprobs, logprobs.text_offset, strict=True)
            if value is not None and len(before) <= at < end
        ]
        return Score(logprob=sum(found), n_tokens=len(found))

    def _post(self, body: bytes) -> bytes:
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ConfigError(f"{self.base_url!r} is no address of an endpoint")
        key = os.environ.get(self.key_env, "")
        near = _is_near(address.hostname)
        if not key and not near:
            raise ConfigError(
                f"the endpoint {address.hostname} needs a key: put it into the environment "
                f"variable {self.key_env}, or name another one with key_env"
            )
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self.base_url.rstrip('/')}/completions",
            data=body,
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {key or 'none'}",
            },
        )
        # A proxy of this machine cannot reach what listens on its loopback.
        handlers = [urllib.request.ProxyHandler({})] if near else []
        try:
            with urllib.request.build_opener(*handlers).open(
                request, timeout=self.timeout_s
            ) as answer:
                said: bytes = answer.read(_MOST_BYTES)
        except urllib.error.HTTPError as cause:
            raise ModelError(f"{self.model}: status {cause.code}: {cause.reason}") from cause
        except (OSError, ValueError) as cause:
            raise ModelError(
                f"{self.model}: cannot reach {self.base_url}: {type(cause).__name__}; "
                "is the server running?"
            ) from cause
        return said


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
