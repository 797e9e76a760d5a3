import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from tests.stages.swe.report import report_inputs as made

from etude.errors import ConfigError, RecordError
from etude.pages.charts import N_TONES
from etude.pages.text import duration, percent
from etude.records import Task, ToolCall, Turn
from etude.stages.swe.report.page import (
    AgentScores,
    ReportInput,
    render_report,
    write_report,
)

NASTY = "<script>alert(1)</script>\"'&</pre></details>{{ 7 * 7 }}{% raw %}"
VOID = {"meta", "br", "rect", "line", "circle"}


class Page(HTMLParser):
    """The page as a browser would take it: its tags, their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"
        if tag in {"td", "th"}:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def texts_of(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def page_of(content: ReportInput) -> Page:
    page = Page(render_report(content))
    assert page.open == [], "every element is closed"
    return page


def with_nasty_text(content: ReportInput) -> ReportInput:
    """Put hostile text wherever a project, a task maker or an agent can put text."""
    replace = msgspec.structs.replace
    home = replace(
        content.codebases[0],
        name=NASTY,
        summary=NASTY,
        homepage="javascript:alert(1)",
        notes=(NASTY,),
        lock=(NASTY,),
        runner=NASTY,
        set_aside=tuple(replace(test, reason=NASTY) for test in content.codebases[0].set_aside),
        origin=replace(content.codebases[0].origin, source=NASTY, licence=NASTY),
    )
    task = replace(
        content.tasks[0], statement=f"# {NASTY}\n\n{NASTY}\n```\n{NASTY}\n", project=NASTY
    )
    key = replace(
        content.keys[0],
        path=NASTY,
        function=NASTY,
        kind=NASTY,
        maker=NASTY,
        oracle_patch=f"--- {NASTY}\n+++ {NASTY}\n@@ -1 +1 @@ {NASTY}\n-{NASTY}\n+{NASTY}\n",
        fail_to_pass=(NASTY,),
    )
    episode, grade, _ = content.episodes[0]
    call = ToolCall(name=NASTY, arguments={NASTY: NASTY, "long": NASTY * 20})
    edit = ToolCall(name="edit_file", arguments={"old": NASTY, "new": NASTY})
    turn = Turn(text=NASTY, calls=(call, edit), observations=(NASTY, NASTY * 200))
    nasty_grade = replace(grade, note=NASTY, broken=(NASTY,), dropped=(NASTY,))
    nasty_episode = replace(
        episode, turns=(turn,), patch=NASTY, agent=NASTY, model=NASTY, error=NASTY
    )
    return ReportInput(
        title=NASTY,
        codebases=[home],
        tasks=[task],
        keys=[key],
        scores=[AgentScores(agent=NASTY, grades=(replace(grade, note=NASTY),), n_attempts=1)],
        episodes=[(nasty_episode, nasty_grade, task)],
        dropped={NASTY: 3},
        facts={NASTY: NASTY},
    )


def test_hostile_text_stays_text_wherever_it_stands() -> None:
    page = page_of(with_nasty_text(made.report(n_tasks=1, n_codebases=1, n_attempts=1)))
    assert page.texts_of("script") == 0
    assert page.text.count("<script>alert(1)</script>") > 40
    assert "{{ 7 * 7 }}" in page.text
    assert not any("javascript" in value for _, attrs in page.tags for value in attrs.values())
    handlers = [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert handlers == []


def test_the_page_loads_nothing_and_forbids_scripts() -> None:
    page = page_of(made.report())
    loading = {"script", "img", "link", "iframe", "object", "embed", "base", "form", "image", "use"}
    assert loading.isdisjoint(tag for tag, _ in page.tags)
    assert not any("src" in attrs for _, attrs in page.tags)
    style = re.search(r"<style>(.*?)</style>", render_report(made.report()), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    (policy,) = [attrs["content"] for _, attrs in page.tags if "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


def test_the_warning_comes_before_any_answer() -> None:
    page = page_of(made.report())
    assert "This page contains the answers." in page.text
    assert page.text.index("contains the answers") < page.text.index("What it was made from")


def test_what_it_was_made_from_is_told_whole() -> None:
    content = made.report(n_codebases=2)
    text = page_of(content).text
    for card in content.codebases:
        for told in (card.name, card.version, card.origin.source, card.id, card.source_digest):
            assert told in text
        assert f"{card.n_source_lines:,} source lines" in text
    assert "40 passed, 1 skipped, 1 xfailed" in text
    assert "2 network, 1 flaky, 1 fails, 1 unstable id" in text


def test_candidates_are_the_kept_and_the_refused_together() -> None:
    text = page_of(made.report(n_tasks=6)).text
    assert "Of 58 candidates, 6 became tasks (10 %)" in text
    shown = re.findall(r"(kept as tasks|nothing fails|too obvious|duplicate|time out) (\d+)", text)
    assert shown == [
        ("kept as tasks", "6"),
        ("nothing fails", "31"),
        ("too obvious", "12"),
        ("duplicate", "7"),
        ("time out", "2"),
    ]


def test_a_task_row_says_who_solved_it() -> None:
    content = made.report(n_tasks=1, n_codebases=1)
    (task,) = content.tasks
    scores = [
        AgentScores(agent="oracle", grades=(made.grade(task, "oracle", 0, 1.0),)),
        AgentScores(agent="noop", grades=(made.grade(task, "noop", 0, 0.0),)),
        AgentScores(
            agent="chat",
            grades=tuple(made.grade(task, "chat", n, score) for n, score in enumerate((1.0, 0.0))),
            n_attempts=2,
        ),
        AgentScores(agent="luckless", grades=(made.grade(task, "luckless", 0, None),)),
    ]
    text = page_of(msgspec.structs.replace(content, scores=scores, episodes=())).text
    assert "oracle: solved" in text
    assert "noop: not solved" in text
    assert "chat: 1 of 2 solved" in text
    assert "luckless: 1 without verdict" in text
    assert "chat 1/2" in text


def test_an_episode_can_be_read_from_statement_to_verdict() -> None:
    content = made.report(n_tasks=2)
    page = page_of(msgspec.structs.replace(content, scores=(), episodes=content.episodes[1:]))
    told = page.text[page.text.index("Episodes, turn by turn") :]
    steps = [
        "What the agent was told",
        "loses the last, shorter chunk",
        "Let me find where chunks are made.",
        r"find pattern def chunked\b",
        "40 lines",
        "python - <<'E'",
        "(nothing)",
        "replaced 1 piece of text",
        "You made no call.",
        "submit",
        "Patch it left behind",
        "Not solved",
        "1 of 3 hidden tests pass, 1 broken",
        "2 of 3 hidden tests fail; 1 test was broken",
    ]
    for step in steps:
        before, found, told = told.partition(step)
        assert found, f"{step!r} does not come after what was read before it: {before!r}"
    anchors = {attrs.get("id") for _, attrs in page.tags}
    targets = {attrs["href"][1:] for tag, attrs in page.tags if tag == "a" and "#" in attrs["href"]}
    assert targets <= anchors


def test_a_missing_verdict_is_shown_as_such_and_never_as_a_zero() -> None:
    content = made.report(n_tasks=1, n_codebases=1)
    (task,) = content.tasks
    fault = made.grade(task, "chat", 0, None)
    played = [(made.episode(task, content.keys[0], fault), fault, task)]
    text = page_of(msgspec.structs.replace(content, episodes=played)).text
    assert "No verdict" in text
    assert "the box did not start" in text
    assert "score 0" not in text


def test_an_empty_report_says_what_is_missing() -> None:
    text = page_of(ReportInput(title="Nothing yet", codebases=(), tasks=(), keys=())).text
    assert "No codebase was prepared." in text
    assert "No task was kept." in text
    assert "No agent has played these tasks yet." in text
    assert "No episode was given to read." in text
    assert "How it was made" not in text


def test_five_hundred_tasks_are_all_there_and_folded_by_project() -> None:
    content = made.report(n_tasks=500, n_codebases=N_TONES + 2, n_attempts=2)
    page = page_of(content)
    text = page.text
    assert all(task.id in text for task in content.tasks)
    folds = [attrs for tag, attrs in page.tags if tag == "details" and attrs["class"] == "project"]
    assert len(folds) == N_TONES + 2
    assert not any("open" in attrs for attrs in folds)
    assert "3 others" in text


def test_the_same_content_gives_the_same_bytes() -> None:
    assert render_report(made.report()) == render_report(made.report())


def test_a_task_without_its_key_or_codebase_is_refused() -> None:
    content = made.report(n_tasks=2)
    with pytest.raises(RecordError, match="has no answer key"):
        render_report(msgspec.structs.replace(content, keys=content.keys[:1]))
    with pytest.raises(RecordError, match="give every codebase"):
        render_report(msgspec.structs.replace(content, codebases=content.codebases[:1]))


def test_an_episode_with_the_grade_of_another_is_refused() -> None:
    content = made.report(n_tasks=2)
    (one, _, task), (_, other, _) = content.episodes
    with pytest.raises(RecordError, match="give each episode its own"):
        render_report(msgspec.structs.replace(content, episodes=[(one, other, task)]))


def test_the_file_appears_whole_and_replaces_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    write_report(target, made.report())
    assert target.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_records_that_do_not_fit_leave_the_older_report_alone(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    with pytest.raises(RecordError):
        write_report(target, msgspec.structs.replace(made.report(), keys=()))
    assert target.read_text() == "old"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        write_report(tmp_path / "gone" / "report.html", made.report())


def test_lone_surrogates_and_control_characters_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    home = made.codebase()
    task: Task = made.task(
        1, home, "bad \ud800 \x00 \x1b[31mred\x1b[0m \x1b]0;title\x07 \u202e end"
    )
    content = msgspec.structs.replace(
        made.report(n_tasks=1, n_codebases=1),
        tasks=[task],
        keys=[msgspec.structs.replace(made.report(1, 1).keys[0], task_id=task.id)],
        scores=(),
        episodes=(),
    )
    write_report(target, content)
    assert "bad ⟨U+D800⟩ ␀ red ␛]0;title␇ ⟨U+202E⟩ end" in target.read_text(encoding="utf-8")


def test_an_agent_without_any_verdict_has_no_score() -> None:
    content = made.report(n_tasks=1, n_codebases=1)
    faults = AgentScores(agent="luckless", grades=(made.grade(content.tasks[0], "x", 0, None),))
    text = page_of(msgspec.structs.replace(content, scores=[faults], episodes=())).text
    scores = text[text.index("Scores by agent") : text.index("Each opens on")]
    assert re.search(r"luckless 0 1 1 0 no verdict", scores)
    assert "Tasks solved in one attempt" not in scores


def test_percents_never_round_to_all_or_nothing() -> None:
    shown = [
        percent(share).replace("\N{NO-BREAK SPACE}", " ") for share in (0, 0.001, 0.5, 0.999, 1)
    ]
    assert shown == ["0 %", "<1 %", "50 %", ">99 %", "100 %"]


def test_durations_read_as_people_say_them() -> None:
    shown = [duration(s).replace("\N{NO-BREAK SPACE}", " ") for s in (0.44, 12.3, 59.7, 200)]
    assert shown == ["0.4 s", "12 s", "1 min 0 s", "3 min 20 s"]
