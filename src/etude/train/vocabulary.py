"""Vocabulary: the tokenizer of a model, trained here or given, and how it writes conversations."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from etude.errors import ConfigError, blame

END_OF_TEXT = "<|endoftext|>"
PADDING = "<|pad|>"
TURN, END_OF_TURN = "<|im_start|>", "<|im_end|>"
_SPECIAL = (END_OF_TEXT, PADDING, TURN, END_OF_TURN, "<tool_call>", "</tool_call>")
CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] or '' }}"
    "{% for call in m['tool_calls'] or [] %}"
    "{% set f = call.function if call.function else call %}"
    """{{ '<tool_call>{"name": "' + f.name + '", "arguments": ' }}"""
    "{{ f.arguments if f.arguments is string else f.arguments | tojson }}"
    "{{ '}</tool_call>' }}{% endfor %}"
    "{{ '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ m['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""How conversations are written where a tokenizer has no way of its own. The marks of generation
say which part the assistant wrote; the end of its turn is one, or it would never learn to stop."""
RESPONSE_TEMPLATE: dict[str, Any] = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {
        "tool_calls": {
            "open": "<tool_call>",
            "close_pattern": r"</tool_call>\s*",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": r"<\|im_end\|>\s*", "content": "text"},
    },
}
"""How an answer that was written so is read again."""


class VocabularySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the tokenizer of a new model comes from."""

    path: str = ""
    """A `tokenizer.json`, or a folder that holds one; empty trains one on the text."""
    size: Annotated[int, msgspec.Meta(ge=300, le=1 << 20)] = 1024
    """Tokens of one that is trained here, special ones among them."""
    sample: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    """Documents that it learns from, the first ones."""


def train_vocabulary(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer; digits are tokens of their own."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return dressed(PreTrainedTokenizerFast(tokenizer_object=bpe))


def read_vocabulary(path: Path) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a folder, or of a `tokenizer.json`.

    Raises:
        ConfigError: There is none, or it cannot be read.
    """
    with blame(ConfigError, f"reading the tokenizer of {path}"):
        if path.is_file():
            return dressed(PreTrainedTokenizerFast(tokenizer_file=str(path)))
        if not (path / "tokenizer_config.json").exists() and (path / "tokenizer.json").exists():
            return dressed(PreTrainedTokenizerFast(tokenizer_file=str(path / "tokenizer.json")))
        return dressed(AutoTokenizer.from_pretrained(str(path), local_files_only=True))


def dressed(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return a tokenizer with all that training needs; what it has already stays."""
    known = tokenizer.get_vocab()
    if tokenizer.eos_token is None:
        end = END_OF_TURN if END_OF_TURN in known else END_OF_TEXT
        if end not in known:
            raise ConfigError(f"the tokenizer has no {END_OF_TURN} and no {END_OF_TEXT}")
        tokenizer.eos_token = end
    if tokenizer.pad_token is None:
        tokenizer.pad_token = PADDING if PADDING in known else tokenizer.eos_token
    if tokenizer.chat_template is None and {TURN, END_OF_TURN} <= known.keys():
        tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.padding_side = "left"
    return tokenizer


def end_of_text(tokenizer: PreTrainedTokenizerFast) -> int:
    """Return the id of the token between documents."""
    known = tokenizer.get_vocab()
    return int(known.get(END_OF_TEXT, tokenizer.eos_token_id))


def need_chat(tokenizer: PreTrainedTokenizerFast) -> None:
    """Check that conversations can be written for a model.

    Raises:
        ConfigError: The tokenizer has no chat template, or one that does not mark generation.
    """
    if not tokenizer.chat_template:
        raise ConfigError(
            f"the tokenizer has no chat template, and no {TURN} and {END_OF_TURN} to make one of"
        )
    if "{% generation" not in tokenizer.chat_template.replace("{%- ", "{% "):
        raise ConfigError(
            "the chat template of the tokenizer does not mark what the assistant wrote: put "
            "{% generation %} … {% endgeneration %} around it"
        )


def with_tool_calls(tokenizer: PreTrainedTokenizerFast) -> None:
    """Let a tokenizer read the calls of tools out of what a model wrote.

    Raises:
        ConfigError: Its chat template is not ours, and it has no way of its own.
    """
    if getattr(tokenizer, "response_template", None) is not None:
        return
    if tokenizer.chat_template != CHAT_TEMPLATE:
        raise ConfigError(
            "the tokenizer of the model does not say how calls of tools are read out of an answer "
            "(response_template); set one, or use a model trained here"
        )
    tokenizer.response_template = RESPONSE_TEMPLATE
