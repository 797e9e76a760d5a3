"""The quiz: who may work, how often one may try, and when everyone takes it again."""

import pytest
from tests.web.installation import Installation, Person

from etude.errors import ConfigError
from etude.web.projects import guidelines, quiz
from etude.web.projects.guidelines import Draft
from etude.web.projects.project import Project
from etude.web.projects.quiz import Question
from etude.web.projects.settings import Settings

_ASKED = [
    Question(question=f"Question {n}?", choices=("no", "yes"), answer=1, why="It is so.")
    for n in range(3)
]


def _set_up(installation: Installation, pass_share: float = 0.8) -> tuple[Project, Person, Person]:
    lead = installation.person("lead")
    project = installation.project(lead, settings=Settings(quiz_pass=pass_share, quiz_tries=2))
    rater = installation.member(project, "rater", "rater")
    return project, lead, rater


def _ask(installation: Installation, project: Project, lead: Person) -> None:
    with installation.db.write() as tx:
        guidelines.publish(tx, project.id, Draft(text="one"), by=lead.account.id, now=1.0)
        quiz.set_questions(tx, project.id, _ASKED, by=lead.account.id, now=1.0)


def test_without_questions_everyone_may_work(installation: Installation) -> None:
    project, _, rater = _set_up(installation)
    with installation.db.read() as tx:
        assert quiz.may_work(tx, project, rater.account.id)


def test_with_questions_only_who_passed_may_work_and_the_lead(installation: Installation) -> None:
    project, lead, rater = _set_up(installation)
    _ask(installation, project, lead)
    with installation.db.write() as tx:
        assert quiz.may_work(tx, project, lead.account.id)
        assert not quiz.may_work(tx, project, rater.account.id)
        assert not quiz.take(tx, project, rater.account.id, [1, 1, 0], 2.0).passed
        assert not quiz.may_work(tx, project, rater.account.id)
        passed = quiz.take(tx, project, rater.account.id, [1, 1, 1], 3.0)
        assert (passed.n_right, passed.passed, passed.guidelines) == (3, True, 1)
        assert quiz.may_work(tx, project, rater.account.id)


def test_tries_are_counted_for_each_version_of_the_guidelines(installation: Installation) -> None:
    project, lead, rater = _set_up(installation)
    _ask(installation, project, lead)
    with installation.db.write() as tx:
        for _ in range(2):
            quiz.take(tx, project, rater.account.id, [0, 0, 0], 2.0)
        with pytest.raises(ConfigError, match="no try is left"):
            quiz.take(tx, project, rater.account.id, [1, 1, 1], 2.0)
        guidelines.publish(tx, project.id, Draft(text="two"), by=lead.account.id, now=3.0)
        assert quiz.tries_left(tx, project, rater.account.id) == 2


@pytest.mark.parametrize("again", [False, True])
def test_a_new_version_asks_again_only_where_the_lead_says_so(
    installation: Installation, again: bool
) -> None:
    project, lead, rater = _set_up(installation)
    _ask(installation, project, lead)
    draft = Draft(text="two", requalify=again)
    with installation.db.write() as tx:
        quiz.take(tx, project, rater.account.id, [1, 1, 1], 2.0)
        guidelines.publish(tx, project.id, draft, by=lead.account.id, now=3.0)
        guidelines.publish(tx, project.id, Draft(text="three"), by=lead.account.id, now=4.0)
        assert quiz.may_work(tx, project, rater.account.id) is not again
        quiz.take(tx, project, rater.account.id, [1, 1, 1], 5.0)
        assert quiz.may_work(tx, project, rater.account.id)


def test_a_quiz_of_one_project_opens_no_other(installation: Installation) -> None:
    project, lead, rater = _set_up(installation)
    other = installation.project(lead, name="Other")
    _ask(installation, project, lead)
    _ask(installation, other, lead)
    with installation.db.write() as tx:
        quiz.take(tx, project, rater.account.id, [1, 1, 1], 2.0)
        assert not quiz.may_work(tx, other, rater.account.id)


def test_the_pass_mark_is_met_exactly(installation: Installation) -> None:
    project, lead, rater = _set_up(installation, pass_share=2 / 3)
    _ask(installation, project, lead)
    with installation.db.write() as tx:
        assert quiz.take(tx, project, rater.account.id, [1, 1, 0], 2.0).passed


def test_half_a_try_is_none(installation: Installation) -> None:
    project, lead, rater = _set_up(installation)
    _ask(installation, project, lead)
    with installation.db.write() as tx:
        for chosen in ([1, 1], [1, 1, 2], [1, 1, -1], [1, 1, 1, 1]):
            with pytest.raises(ConfigError, match="every question"):
                quiz.take(tx, project, rater.account.id, chosen, 2.0)
        assert quiz.attempts(tx, project.id, rater.account.id) == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question(question=" ", choices=("a", "b"), answer=0), "asks nothing"),
        (Question(question="?", choices=("a",), answer=0), "choices"),
        (Question(question="?", choices=("a", "a "), answer=0), "twice"),
        (Question(question="?", choices=("a", "b"), answer=2), "which choice is right"),
    ],
)
def test_a_question_without_one_right_answer_is_refused(question: Question, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        quiz.check(question, 1)
