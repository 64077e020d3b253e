"""``help``: every topic, what is unknown, a terminal, a shell; and what the manual's files are."""

from __future__ import annotations

import re
from types import SimpleNamespace

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from beancount_voucher.cli import help as manual
from beancount_voucher.cli import main
from beancount_voucher.cli.commands import help as command
from beancount_voucher.cli.help import FIRST, topics

TOPICS = topics()


def ask(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["help", *arguments], prog_name="bean-voucher")
    return result.exit_code, result.stdout, result.stderr


def test_topics_are_listed_with_their_sentence() -> None:
    status, out, _ = ask()
    assert status == 0
    listed = [line.split(None, 1) for line in out.splitlines()]
    assert listed == [[name, topic.summary] for name, topic in TOPICS.items()]


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_its_file_but_for_comments(name: str) -> None:
    written = (manual.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert ask(name) == ask(f"{name}.md") == ask(name.upper()) == (0, TOPICS[name].text, "")
    assert "<!--" not in TOPICS[name].text
    kept = [line for line in written.splitlines() if not line.startswith("<!--")]
    assert TOPICS[name].text.splitlines() == kept


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_begins_with_title_and_sentence(name: str) -> None:
    topic = TOPICS[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert topic.text.startswith(f"# {topic.title}\n\n{topic.summary}\n\n")
    assert topic.summary.endswith(".")
    prose = re.sub(r"^```.*?^```$", "", topic.text, flags=re.MULTILINE | re.DOTALL)
    assert re.findall("^# ", prose, re.MULTILINE) == ["# "]


@pytest.mark.parametrize("name", TOPICS)
def test_links_lead_to_topics_or_into_the_web(name: str) -> None:
    for target in re.findall(r"\]\(([^)]*)\)", TOPICS[name].text):
        assert target.startswith("https://") or target.removesuffix(".md") in TOPICS, target


def test_newcomers_read_topics_that_there_are() -> None:
    assert list(TOPICS)[: len(FIRST)] == list(FIRST)
    assert list(TOPICS)[len(FIRST) :] == sorted(set(TOPICS) - set(FIRST))


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("code", 'there is no topic "code"; did you mean codes?'),
        ("bocks", 'there is no topic "bocks"; did you mean books?'),
        ("statements", 'there is no topic "statements"; did you mean bank-statements?'),
        ("issue", 'there is no topic "issue"; bean-voucher issue --help tells of the command'),
        ("xyzzy", 'there is no topic "xyzzy"; bean-voucher help lists them all'),
        ("", 'there is no topic ""; bean-voucher help lists them all'),
        ("\x1b[2J", 'there is no topic "�[2J"; bean-voucher help lists them all'),
    ],
)
def test_an_unknown_topic(topic: str, said: str) -> None:
    status, out, err = ask(topic)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == f"Error: {said}"


@pytest.mark.parametrize(("columns", "widest"), [(60, 60), (200, 100)])
def test_on_a_terminal_paragraphs_fit_and_pages_turn(
    monkeypatch: pytest.MonkeyPatch, columns: int, widest: int
) -> None:
    paged: list[str] = []
    monkeypatch.setattr(click, "echo_via_pager", paged.append)
    monkeypatch.setattr(
        command, "sys", SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True))
    )
    monkeypatch.setenv("COLUMNS", str(columns))
    assert ask("first-voucher") == (0, "", "")
    [text] = paged
    assert text.split() == TOPICS["first-voucher"].text.split()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    assert max(map(len, prose.splitlines())) <= widest


def test_a_shell_completes_topics_with_their_sentence() -> None:
    shell = ShellComplete(main, {}, "bean-voucher", "_BEAN_VOUCHER_COMPLETE")
    found = {each.value: each.help for each in shell.get_completions(["help"], "bo")}
    assert found == {"books": TOPICS["books"].summary}
    assert len(shell.get_completions(["help"], "")) == len(TOPICS)
