"""Threads and e-mail: what belongs together is together, in the order asked for."""

import json
from html import escape
from pathlib import Path
from typing import Any

import zstandard

SUBMISSIONS = [
    {"id": "a", "title": "First &amp; best", "selftext": "Body", "score": 5, "subreddit": "s",
     "created_utc": 1_700_000_000, "permalink": "/r/s/comments/a/x/"},
    {"id": "b", "title": "Second", "selftext": "[removed]", "score": 1,
     "created_utc": "1700000001"},
]  # fmt: skip
COMMENTS = [
    {"id": "c1", "link_id": "t3_a", "parent_id": "t3_a",
     "body": "low", "score": 1, "created_utc": 1},
    {"id": "c2", "link_id": "t3_a", "parent_id": "t3_a",
     "body": "high", "score": 9, "created_utc": 2},
    {"id": "c3", "link_id": "t3_a", "parent_id": "t1_c1",
     "body": "to low", "score": 3, "created_utc": 3},
    {"id": "c4", "link_id": "t3_a", "parent_id": "t3_a", "body": "[deleted]", "score": 99},
    {"id": "c5", "link_id": "t3_zz", "parent_id": "t3_zz", "body": "orphan", "score": 1},
]  # fmt: skip


def reddit(tmp_path: Path) -> Path:
    lines = [json.dumps(row) for row in SUBMISSIONS]
    (tmp_path / "RS.zst").write_bytes(zstandard.compress("\n".join(lines).encode()))
    lines = [json.dumps(row) for row in COMMENTS]
    (tmp_path / "RC.jsonl").write_text("\n".join([*lines, "{broken", '{"body": "no id"}']))
    return tmp_path


def test_submissions_and_comments_make_threads(read: Any, tmp_path: Path) -> None:
    found, broken = read("threads", reddit(tmp_path))
    assert [one.text for one in found] == [
        "First & best\n\nBody\n\nhigh\n\nlow\n\nto low",
        "Second",
    ]
    one = found[0]
    assert (one.title, one.url) == ("First & best", "https://www.reddit.com/r/s/comments/a/x/")
    assert (one.date, one.tags) == (
        "2023-11-14T22:13:20Z",
        {"score": "5", "replies": "3", "subreddit": "s"},
    )
    assert one.origin.source == f"{tmp_path}/RS.zst@0"
    assert [one.reason for one in broken] == [
        "not a JSON object",
        "post without id",
        "thread without its first post",
    ]


def test_settings_choose_order_and_replies(read: Any, tmp_path: Path) -> None:
    folder = reddit(tmp_path)
    texts = [one.text for one in read("threads", folder, order="time", min_replies=1)[0]]
    assert texts == ["First & best\n\nBody\n\nlow\n\nto low\n\nhigh"]
    texts = [one.text for one in read("threads", folder, min_score=3, min_replies=1)[0]]
    assert texts == ["First & best\n\nBody\n\nhigh\n\nto low"]
    texts = [one.text for one in read("threads", folder, max_replies=1, min_replies=1)[0]]
    assert texts == ["First & best\n\nBody\n\nhigh"]


def test_questions_stand_with_their_answers_the_accepted_one_first(
    read: Any, tmp_path: Path
) -> None:
    rows = [
        {"Id": "2", "PostTypeId": "2", "ParentId": "1", "Score": "9", "Body": "<p>high</p>"},
        {"Id": "1", "PostTypeId": "1", "AcceptedAnswerId": "3", "Title": "How < why?", "Score": "4",
         "Body": "<p>Question</p>", "Tags": "<c><c++>", "CreationDate": "2024-01-02T03:04:05.000",
         "ContentLicense": "CC BY-SA 3.0"},
        {"Id": "3", "PostTypeId": "2", "ParentId": "1", "Score": "1", "Body": "<p>accepted</p>"},
        {"Id": "4", "PostTypeId": "5", "Body": "tag wiki"},
        {"Id": "5", "PostTypeId": "2", "Body": "no parent"},
    ]  # fmt: skip
    xml = "\n".join(
        "<row " + " ".join(f'{key}="{escape(value)}"' for key, value in row.items()) + "/>"
        for row in rows
    )
    (tmp_path / "Posts.xml").write_text(f'<?xml version="1.0"?><posts>{xml}</posts>')
    [one], broken = read("threads", tmp_path, site="stackoverflow.com")
    assert one.text == (
        "<h1>How &lt; why?</h1>\n<p>Question</p>\n<hr>\n<p>accepted</p>\n<hr>\n<p>high</p>"
    )
    assert (one.media_type, one.url) == ("text/html", "https://stackoverflow.com/questions/1")
    assert (one.origin.licence, one.tags["topics"]) == ("CC-BY-SA-3.0", "c,c++")
    assert [one.reason for one in broken] == ["post without id, parent or text"]


FIRST = """From a@b Tue Jan  2 03:04:05 2024
From: =?utf-8?q?J=C3=BCrgen?= <a@b>
Subject: =?iso-8859-1?q?Caf=E9?=
 again
Date: Tue, 02 Jan 2024 03:04:05 +0000 (UTC)
Message-ID: <1@x>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Caf=E9 is open.
>From here on.

--{blank}
J
""".replace("{blank}", " ")
REPLY = """From c@d Tue Jan  2 04:04:05 2024
Subject: Re: x
Date: Tue, 02 Jan 2024 04:04:05 +0000
Message-ID: <2@x>
References: <1@x>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=B

--B
Content-Type: text/html

<p>no</p>
--B
Content-Type: text/plain; charset=utf-8

On Tue, someone wrote:
> Cafe is open.

Thanks.
--B--
"""


def test_messages_of_an_mbox_are_documents(read: Any, tmp_path: Path) -> None:
    (tmp_path / "list.mbox").write_text(f"{FIRST}\n{REPLY}\nFrom x\nno header at all\n")
    found, broken = read("mbox", tmp_path)
    assert [(one.title, one.text, one.date) for one in found] == [
        ("Café again", "Café is open.\nFrom here on.", "2024-01-02T03:04:05+00:00"),
        ("Re: x", "Thanks.", "2024-01-02T04:04:05+00:00"),
    ]
    assert [one.reason for one in broken] == ["not a message"]
    assert found[0].id == "list.mbox@0"


def test_quotes_and_signatures_stay_when_asked_for(read: Any, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"{FIRST}\n{REPLY}")
    found, _ = read("mbox", tmp_path, quotes=True, signatures=True)
    assert [one.text for one in found] == [
        "Café is open.\nFrom here on.\n\n--\nJ",
        "On Tue, someone wrote:\n> Cafe is open.\n\nThanks.",
    ]


def test_messages_of_a_maildir_make_threads(read: Any, tmp_path: Path) -> None:
    for folder, name, text in (("cur", "2:2,S", REPLY), ("new", "1", FIRST)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text.partition("\n")[2])
    [one], broken = read("mbox", tmp_path, threads=True)
    assert not broken
    assert one.text == "Café again\n\nCafé is open.\nFrom here on.\n\nThanks."
    assert one.title == "Café again"
    assert len(read("mbox", tmp_path)[0]) == 2


def test_odd_messages_are_set_aside(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Subject: =?bogus?q?x?=\nContent-Type: image/png\n\nx")
    (tmp_path / "b.eml").write_bytes(b"Content-Transfer-Encoding: base64\n\n\xff\xfe\x00!!")
    (tmp_path / "c.eml").write_bytes(
        b"A: b\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 5000
    )
    (tmp_path / "d.eml").write_bytes(b"Subject: \xff\xfe\n\nbody")
    found, broken = read("mbox", tmp_path)
    assert [one.text for one in found] == ["body"]
    assert len(broken) == 3
