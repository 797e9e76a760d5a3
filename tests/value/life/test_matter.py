"""What a life learns from says where it comes from, and tells nothing of what is held out."""

import re

import pytest
from tests.value.life._small import TINY, WORLD, silent

from etude.errors import ConfigError
from etude.records import Comparison, Demonstration, Preference, Problem, Rating
from etude.store import Dataset
from etude.train.run import Run
from etude.train.world import countries
from etude.value.life.chats import write_chats
from etude.value.life.matter import Matter, make_matter
from etude.value.life.ratings import Judged, Sides, share_right, write_all_ratings
from etude.value.life.texts import OTHER, SAME
from etude.value.life.topics import ASKS_BACK, capital_of, groups, unclear


def chats(held: Dataset) -> list[Demonstration]:
    return list(held.rows("demonstrations", Demonstration))


def asked(held: Dataset) -> set[str]:
    return {one.messages[0].content for one in chats(held)}


def test_no_stage_but_reading_hears_of_a_country_that_is_held_out(
    matter: Matter, judged: Judged
) -> None:
    shared = groups(TINY.seed)
    assert not set(shared.taught) & set(shared.held_out)
    assert set(countries(TINY.seed).rare) <= set(shared.held_out)
    said = [m.content for one in chats(matter.chats) for m in one.messages]
    compared = judged.learned.ratings.rows("comparisons", Comparison)
    said += [m.content for one in compared for m in one.prompt]
    for country in shared.held_out:
        name = re.compile(rf"\b{country}\b")
        assert not any(name.search(text) for text in said), country


def test_questions_that_are_held_out_are_in_no_demonstration(matter: Matter) -> None:
    assert not asked(matter.chats) & asked(matter.held_out_chats)
    learned, held_out = unclear(TINY.seed)
    assert not {one.asked for one in learned} & {one.asked for one in held_out}
    shown = {one.tags["kind"] for one in chats(matter.chats)}
    assert {"clear", "unclear", "cleared up", "stated_wrong", "problem"} <= shown
    for one in chats(matter.chats):
        if one.tags["kind"] == "unclear":
            assert ASKS_BACK in one.messages[-1].content


def test_no_demonstration_begins_with_a_wrong_answer_of_the_assistant(matter: Matter) -> None:
    right = {capital_of(country) for country in groups(TINY.seed).taught}
    for one in chats(matter.chats):
        replies = [m.content for m in one.messages if m.role == "assistant"]
        if one.tags["kind"] == "challenged_right":
            assert len(replies) == 2
            assert any(capital in replies[0] for capital in right)


def test_held_out_problems_have_other_numbers(matter: Matter) -> None:
    def numbers(held: Dataset) -> set[str]:
        rows = held.rows("problems", Problem)
        return {" ".join(re.findall(r"\d+", row.statement)) for row in rows}

    learned, held_out = numbers(matter.problems), numbers(matter.held_out_problems)
    assert learned
    assert held_out
    assert not learned & held_out


def test_a_fifth_of_the_countries_is_never_read_of_in_the_sentence_that_is_asked(
    matter: Matter,
) -> None:
    texts = [one.text for one in matter.texts.documents()]
    rare = countries(TINY.seed).rare
    assert "the UK" in rare
    for country in rare:
        assert not any(f"The capital of {country} is" in text for text in texts)
    sentences = matter.cloze.read_text("utf-8")
    assert sentences.count(OTHER) == len(rare)
    assert SAME in sentences


def test_preferences_come_from_ratings_and_mostly_prefer_what_is_better(
    matter: Matter, judged: Judged
) -> None:
    rated = judged.learned
    n_compared = rated.ratings.n_rows("comparisons")
    ratings = list(rated.ratings.rows("ratings", Rating))
    assert len(ratings) >= WORLD.overlap * n_compared
    assert rated.ratings.manifest.parents == (matter.problems.manifest.digest,)
    assert rated.preferences.manifest.parents == (rated.ratings.manifest.digest,)
    assert 0.5 * n_compared < rated.preferences.n_rows("preferences") <= n_compared
    assert 0.85 < share_right(rated.preferences) <= 1
    prompts = {one.prompt[0].content for one in rated.preferences.rows("preferences", Preference)}
    held_out = judged.held_out.preferences.rows("preferences", Preference)
    assert not prompts & {one.prompt[0].content for one in held_out}


def test_every_data_set_is_named_with_its_digest_and_parents(
    matter: Matter, judged: Judged
) -> None:
    parts = {part.name: part for part in matter.parts(judged)}
    assert len(parts) == 12
    for name, parent in (("chats", "problems"), ("problems", "posed"), ("texts", "problems")):
        assert parts[name].parents == (parts[parent].digest,)
    assert len({part.digest for part in parts.values()}) == 12
    assert all(part.n_rows for part in parts.values())


def test_made_again_nothing_changes(matter: Matter, judged: Judged, run: Run) -> None:
    again = make_matter(TINY, matter.folder, silent)
    sides = Sides(again.problems, again.held_out_problems)
    rated = write_all_ratings(again.folder, TINY, sides, run)
    assert list(again.parts(rated)) == list(matter.parts(judged))


def test_the_same_seed_writes_the_same_chats(matter: Matter) -> None:
    again = write_chats(matter.folder.parent / "again", WORLD, TINY.seed, matter.problems)
    kept = [(one.messages, one.tags) for one in chats(matter.chats)]
    assert [(one.messages, one.tags) for one in chats(again)] == kept


def test_data_of_other_settings_are_not_written_over(matter: Matter) -> None:
    with pytest.raises(ConfigError, match="made with other settings"):
        write_chats(matter.chats.path, WORLD, TINY.seed + 1, matter.problems)
