"""Any endpoint that speaks OpenAI's chat completions: theirs, or a server of one's own."""

import ipaddress
import json
import os
from collections.abc import Sequence
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletion, ChatCompletionMessage

from etude.errors import ConfigError, ModelError, blame
from etude.models._base import Completion, Model, Tool
from etude.models._calls import read_calls, text_of
from etude.models._wire import (
    JsonTable,
    json_messages,
    moves_schema,
    native_messages,
    native_tools,
    without_empty_options,
)
from etude.records import Message, ToolCall


class OpenAIModel(Model, frozen=True, kw_only=True):
    """A model behind the chat-completions interface."""

    base_url: str = ""
    """Address of the endpoint, up to and with its `/v1`; empty for the `openai` package's own."""
    key_env: str = "OPENAI_API_KEY"
    """Environment variable that holds the key. Read at each call, never kept or written down."""
    temperature: float | None = 0.0
    """`None` leaves it to the provider: some models refuse any."""
    seed: int | None = None
    """For providers that take one; `None` sends none. Agents add the attempt's number to it."""
    max_tokens: int = 2048
    """Of one completion."""
    timeout_s: float = 300.0
    """Of one request."""
    retries: int = 4
    """After rate limits, server errors, time-outs and lost connections, waiting longer each time
    or as long as the server asks."""
    price_in_usd_per_mtok: float = 0.0
    price_out_usd_per_mtok: float = 0.0
    calling: Literal["tools", "json", "auto"] = "auto"
    """How tools are called: `tools` natively; `json` by an answer that the server constrains to a
    schema; `auto` natively or, when the model writes its calls into the text, as found there."""

    async def generate(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> Completion:
        """Return one completion.

        Raises:
            ConfigError: The endpoint is not on this machine and there is no key.
            ModelError: The model could not answer.
        """
        key = self._key()
        request = self._request(messages, tools)
        try:
            async with openai.AsyncOpenAI(
                api_key=key,
                base_url=self.base_url or None,
                timeout=self.timeout_s,
                max_retries=self.retries,
                # A proxy of this machine cannot reach what listens on its loopback.
                http_client=openai.DefaultAsyncHttpxClient(trust_env=False) if self._near else None,
            ) as client:
                with blame(ModelError, f"{self.name}: reading the answer"):
                    answer = await self._answer(client, request)
                    return self._completion(answer, tools)
        except ModelError as error:
            raise ModelError(str(error).replace(key, "[key]")) from error

    async def _answer(self, client: openai.AsyncOpenAI, request: JsonTable) -> ChatCompletion:
        try:
            # The wire's tables are plain JSON; the package's own types add nothing to them.
            create = cast("Any", client.chat.completions.create)
            return cast("ChatCompletion", await create(model=self.name, **request))
        except openai.APIStatusError as error:
            raise ModelError(self._told(error, request)) from error
        except openai.APITimeoutError as error:
            raise ModelError(
                f"{self.name}: no answer within {self.timeout_s:g} s, {self.retries + 1} times; "
                "worth trying again with a longer timeout_s"
            ) from error
        except openai.APIConnectionError as error:
            raise ModelError(
                f"{self.name}: cannot reach {self.base_url or 'the endpoint'}: "
                f"{error.__cause__ or error}; is the server running?"
            ) from error

    @property
    def _near(self) -> bool:
        """Whether the endpoint is on this machine."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def _key(self) -> str:
        key = os.environ.get(self.key_env, "")
        if not key and not self._near:
            raise ConfigError(
                f"model {self.name!r} needs a key: put it into the environment variable "
                f"{self.key_env}, or name another one with key_env"
            )
        return key or "none"

    def _request(self, messages: Sequence[Message], tools: Sequence[Tool]) -> JsonTable:
        constrained = self.calling == "json" and bool(tools)
        # OpenAI's newer models know the new name only, most other servers the old one only.
        limit = "max_tokens" if self.base_url else "max_completion_tokens"
        request: JsonTable = {limit: self.max_tokens}
        if constrained:
            request["messages"] = json_messages(messages, tools)
            request["response_format"] = moves_schema(tools)
        else:
            request["messages"] = native_messages(messages)
        if tools and not constrained:
            request["tools"] = native_tools(tools)
        if self.temperature is not None:
            request["temperature"] = self.temperature
        if self.seed is not None:
            request["seed"] = self.seed
        return request

    def _completion(self, answer: ChatCompletion, tools: Sequence[Tool]) -> Completion:
        if not answer.choices:
            raise ModelError(f"{self.name}: the answer holds no choice; worth trying again")
        message = answer.choices[0].message
        text, calls = self._read(message, tools)
        n_prompt = answer.usage.prompt_tokens if answer.usage else 0
        n_completion = answer.usage.completion_tokens if answer.usage else 0
        cost_usd = n_prompt * self.price_in_usd_per_mtok
        cost_usd += n_completion * self.price_out_usd_per_mtok
        return Completion(
            text=text,
            calls=calls,
            n_prompt_tokens=n_prompt,
            n_completion_tokens=n_completion,
            cost_usd=cost_usd / 1e6,
        )

    def _read(
        self, message: ChatCompletionMessage, tools: Sequence[Tool]
    ) -> tuple[str, tuple[ToolCall, ...]]:
        text = message.content or ""
        native = tuple(
            _native_call(call.id, call.function.name, call.function.arguments)
            for call in message.tool_calls or ()
            if call.type == "function"
        )
        if native or not tools or self.calling == "tools":
            return text, native
        if self.calling == "json":
            return _constrained_move(text, tools)
        return read_calls(text, tools)

    def _told(self, error: openai.APIStatusError, request: JsonTable) -> str:
        status = error.status_code
        told = f"{self.name}: status {status}: {error.message[:500]}"
        if status in (408, 409, 429) or status >= 500:
            return f"{told}; tried {self.retries + 1} times, worth trying again later"
        if status in (401, 403):
            return f"{told}; check the key in {self.key_env}"
        if "tools" in request and "tool" in error.message.lower():
            return f"{told}; if the server takes no tools, set calling = 'json'"
        return f"{told}; asking again will not help"


def _native_call(call_id: str, name: str, arguments: str) -> ToolCall:
    try:
        # Control characters are let through: models put raw line ends into strings.
        table = json.loads(arguments or "{}", strict=False)
    except ValueError:
        # Kept under a name no tool has, so that the model is told what it takes.
        table = {"unreadable JSON": arguments}
    if not isinstance(table, dict):
        table = {"not an object": table}
    texts = {str(key): text_of(value) for key, value in table.items() if value is not None}
    return ToolCall(name=name, arguments=texts, id=call_id)


def _constrained_move(text: str, tools: Sequence[Tool]) -> tuple[str, tuple[ToolCall, ...]]:
    _, calls = read_calls(text, tools)
    try:
        move = json.loads(text, strict=False)
    except ValueError:
        return text, calls
    thought = move.get("thought") if isinstance(move, dict) else None
    return text_of(thought or ""), tuple(without_empty_options(call, tools) for call in calls)
