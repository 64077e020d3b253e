"""The Exchange tab: how it stands, one message word for word, and who has signed each event."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.exchange.verifiers import SigningError
from fava_voucher.view_state import TABS
from fava_voucher.views import exchange
from tests.fava_voucher.test_translation import english, in_chinese
from tests.support import event
from tests.support.banks import ISSUED, Bank, banks
from tests.support.reader import EXTENSION, Reader, query_of, read

if TYPE_CHECKING:
    from pathlib import Path

LATER = ISSUED.replace("V-1", "V-3").replace("accept-by: 2026-03-05", "accept-by: 2026-03-20")
_IS_CODE = re.compile(r"[0-9a-f]{64}|SHA256:\S+|[a-z-]+|bean-voucher .+")
"""Digests, fingerprints, commands, and codes such as ``final``, which no language changes."""

MARCH = {"view": "exchange", "time": "2026-03"}
FIRST = {**MARCH, "message": "Iss Acc 1"}
OURS = {**MARCH, "message": "Acc Iss 2"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Acc keeps: an acceptance that counts, one that was struck, one nobody has seen."""
    folder = tmp_path_factory.mktemp("made")
    found = banks(folder, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    vouchers = ISSUED + ISSUED.replace("V-1", "V-2") + LATER
    first.say(vouchers).turn("2026-03-02")
    second.say(EXTENSION).turn("2026-03-02")
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-03-03")
    second.say(event("accept", "2026-03-05", voucher="V-2")).send("2026-03-05")
    first.say(event("void", "2026-03-06", voucher="V-2", reason='"not-accepted"'))
    first.turn("2026-03-07")
    second.turn("2026-03-07")
    second.say(event("accept", "2026-03-08", voucher="V-3")).send("2026-03-08")
    return folder


@pytest.fixture
def bank(made: Path, tmp_path: Path) -> Bank:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Bank("Acc", tmp_path / "Acc", tmp_path / "carried")


@pytest.fixture(scope="module")
def reader(made: Path) -> Reader:
    return Reader(made / "Acc" / "ledger.beancount")


def _kept(bank: Bank, sender: str, receiver: str, number: int) -> Path:
    return (
        bank.folder / "messages" / sender / receiver / f"{sender}_{receiver}_{number:06}.beancount"
    )


VIEWS: tuple[dict[str, str], ...] = (
    *({"view": view} for view in TABS),
    {"within": "period"},
    {"within": "period", "moved": "opening::CNY"},
)


@pytest.mark.parametrize("query", VIEWS, ids=str)
def test_every_view_knows_an_issue_whose_funding_is_not_told(
    reader: Reader, query: dict[str, str]
) -> None:
    for time in ({}, {"time": "2026-03"}):
        assert reader.see(**query, **time).status == 200


def test_what_is_frozen_elsewhere_is_carried_forward(reader: Reader) -> None:
    rows = reader.csv(time="2026-03", within="period", table="roll-forward")
    assert [(row["funding"], row["currency"]) for row in rows] == [("", "CNY")]
    found = reader.csv(time="2026-03", within="period", moved="issued::CNY")
    assert [row["id"] for row in found] == ["V-1", "V-2", "V-3"]


# --- The tab ------------------------------------------------------------------------------


def test_there_is_a_tab_only_where_there_is_something(tmp_path: Path, reader: Reader) -> None:
    assert "Exchange" in reader.see().words
    without = read(tmp_path, ISSUED)
    assert "Exchange" not in without.see().words
    assert "This ledger exchanges no messages." in without.see(**MARCH).words


def test_with_whom_and_how_it_stands(reader: Reader) -> None:
    rows = reader.csv(**MARCH, table="counterparties")
    keys = ("party", "sent", "seen", "waiting", "since", "received", "refused_there", "faults")
    assert [[row[key] for key in keys] for row in rows] == [
        ["Iss", "5", "3", "1", "2026-03-08", "3", "1", ""],
    ]
    assert "Everything that was said is acknowledged." not in reader.see(**MARCH).words


def test_what_waits_keys_refusals_and_messages(reader: Reader) -> None:
    waiting = reader.csv(**MARCH, table="unacknowledged")
    assert {row["message"]: row["age"] for row in waiting if row["party"] == "Iss"} == {
        "Acc Iss 5": "23"
    }
    assert [row["party"] for row in reader.csv(**MARCH, table="keys")] == ["Acc", "Iss"]
    [refused] = reader.csv(**MARCH, table="refusals")
    assert (refused["voucher"], refused["code"]) == ("V-2", "final")
    assert refused["remedy"] == "bean-voucher explain final"
    names = [row["message"] for row in reader.csv(**MARCH, table="messages")]
    assert names[0] == "Acc Iss 5"
    assert "Iss Acc 1" in names
    earlier = reader.csv(view="exchange", time="2026-03-02", table="messages")
    assert {row["date"] for row in earlier} == {"2026-03-02"}
    assert reader.see(**MARCH, filter="^V-9").table("refusals") == []


def test_what_to_do_about_a_refusal_is_said_where_the_exchange_knows(bank: Bank) -> None:
    text = bank.path.read_text().replace('code: "final"', 'code: "superseded"')
    bank.path.write_text(text)
    [refused] = Reader(bank.path).csv(**MARCH, table="refusals")
    assert refused["remedy"].startswith("Nothing is to be done: the issuer's order holds.")


def test_what_stands_in_the_way_is_explained(bank: Bank) -> None:
    _kept(bank, "Iss", "Acc", 2).unlink()
    seen = Reader(bank.path).see(**MARCH)
    assert "1 thing stands in the way." in seen.words
    [_, found] = seen.table("exchange-findings")
    assert found[:3] == ["message-missing", "2026-03-07", "message Iss Acc 2: its text is not kept"]
    assert found[3].startswith("Put the file and its signature back under `messages`")


def test_a_ledger_with_keys_alone(tmp_path: Path) -> None:
    bank = banks(tmp_path, "Iss")["Iss"].say(EXTENSION)
    seen = Reader(bank.path).see(**MARCH)
    assert "Everything that was said is acknowledged." in seen.words
    assert len(seen.table("keys")) == 2


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"time": "2026-03-02"}, [["Acc Iss 1"], ["Iss Acc 1"]]),
        ({"time": "2026-03-02", "filter": "^V-9"}, [["Acc Iss 1"], ["Iss Acc 1"]]),
        ({"time": "2026-02"}, []),
    ],
    ids=["in a period", "whatever the vouchers", "in another"],
)
def test_messages_are_asked_for_on_favas_own_page(
    reader: Reader, filters: dict[str, str], found: list[list[str]]
) -> None:
    query = "SELECT message FROM #voucher_messages ORDER BY message"
    url = reader.base.replace("extension/Vouchers/", "api/query")
    with reader.client.get(url, query_string={"query_string": query, **filters}) as answer:
        assert answer.get_json()["data"]["rows"] == found


# --- One message --------------------------------------------------------------------------


def test_a_message_can_be_read(reader: Reader, made: Path) -> None:
    seen = reader.see(**FIRST)
    assert "Iss Acc 1 signature and text are as they were recorded" in seen.words
    [text] = seen.all(".//pre[@class='message']")
    kept = made / "Acc" / "messages" / "Iss" / "Acc" / "Iss_Acc_000001.beancount"
    assert text.text_content() == kept.read_text()
    assert "ssh-keygen -Y verify -f allowed_signers -I Iss " in seen.words
    assert "received on 2026-03-02" in seen.words


@pytest.mark.parametrize(
    ("name", "said"),
    [("Acc Iss 2", "acknowledged yes"), ("Acc Iss 5", "acknowledged not acknowledged yet")],
)
def test_one_of_ours_says_whether_it_is_acknowledged(reader: Reader, name: str, said: str) -> None:
    words = reader.see(**{**MARCH, "message": name}).words
    assert said in words
    assert "sent on 2026-03-0" in words


@pytest.mark.parametrize(
    ("query", "part", "suffix"),
    [(FIRST, "text", ""), (FIRST, "signature", ".sig"), (OURS, "text", "")],
)
def test_both_files_can_be_saved_byte_for_byte(
    reader: Reader, made: Path, query: dict[str, str], part: str, suffix: str
) -> None:
    got = reader.see("message", **query, part=part)
    sender, receiver, number = query["message"].split()
    name = f"{sender}_{receiver}_{int(number):06}.beancount{suffix}"
    assert got.status == 200
    assert got.data == (made / "Acc" / "messages" / sender / receiver / name).read_bytes()
    assert got.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert got.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_the_links_to_them_are_on_the_page(reader: Reader) -> None:
    links = [link for link in reader.see(**FIRST).links if "Vouchers/message?" in link]
    assert [query_of(link) for link in links] == [FIRST, {**FIRST, "part": "signature"}]


NOT_GIVEN = {
    "a message that is not recorded": {**MARCH, "message": "Iss Acc 99"},
    "one that is recorded later": {**FIRST, "time": "2026-02"},
    "a file of anybody's": {**MARCH, "message": "../../ledger"},
    "another part": {**FIRST, "part": "../key"},
    "no message": MARCH,
    "another view": {"view": "register", "message": "Iss Acc 1"},
}


@pytest.mark.parametrize("query", NOT_GIVEN.values(), ids=NOT_GIVEN)
def test_nothing_else_is_given_out(reader: Reader, query: dict[str, str]) -> None:
    assert reader.see("message", **query).status == 404


def test_one_message_has_no_table_to_export(reader: Reader) -> None:
    assert reader.see("export.csv", **FIRST).status == 404


def test_a_message_that_is_not_recorded_is_not_shown(reader: Reader) -> None:
    seen = reader.see(**{**MARCH, "message": "Iss Acc 99"})
    assert "No message Iss Acc 99 is recorded by 2026-03-31." in seen.words


@pytest.mark.parametrize("part", ["text", "signature"])
def test_a_link_that_leads_elsewhere_is_not_followed(bank: Bank, part: str, tmp_path: Path) -> None:
    path = _kept(bank, "Iss", "Acc", 1)
    path = path if part == "text" else path.with_name(path.name + ".sig")
    elsewhere = tmp_path / "secret"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    reader = Reader(bank.path)
    assert reader.see("message", **FIRST, part=part).status == 404
    assert "no signature of this text" in reader.see(**FIRST).words


def test_a_folder_of_links_in_a_circle(bank: Bank) -> None:
    path = _kept(bank, "Iss", "Acc", 1)
    path.unlink()
    path.symlink_to(path.name)
    reader = Reader(bank.path)
    assert reader.see("message", **FIRST).status == 404
    assert "message-missing" in reader.see(**FIRST).words


def test_a_changed_text_is_shown_as_text_and_told(bank: Bank) -> None:
    _kept(bank, "Iss", "Acc", 1).write_bytes(b"<script>alert(1)</script>\xff\x1b[31m\n")
    seen = Reader(bank.path).see(**FIRST)
    assert "message-changed" in seen.words
    assert "Put the text back that was recorded" in seen.words
    assert seen.all(".//pre//script") == []
    [text] = seen.all(".//pre[@class='message']")
    assert text.text_content() == "<script>alert(1)</script>\\xff\ufffd[31m\n"


FAULTS = {
    "another's signature": ("Acc", "bad-signature"),
    "no signature": (None, "bad-signature"),
}


@pytest.mark.parametrize(("other", "code"), FAULTS.values(), ids=FAULTS)
def test_a_signature_that_does_not_hold(bank: Bank, other: str | None, code: str) -> None:
    path = _kept(bank, "Iss", "Acc", 1)
    signature = path.with_name(path.name + ".sig")
    if other is None:
        signature.unlink()
    else:
        kept = _kept(bank, "Acc", "Iss", 1)
        signature.write_bytes(kept.with_name(kept.name + ".sig").read_bytes())
    assert f"Iss Acc 1 {code}" in Reader(bank.path).see(**FIRST).words


def test_a_key_that_the_ledger_does_not_know(bank: Bank) -> None:
    lines = bank.path.read_text().splitlines(keepends=True)
    bank.path.write_text("".join(line for line in lines if 'voucher-key" "Iss"' not in line))
    assert "Iss Acc 1 unknown-key" in Reader(bank.path).see(**FIRST).words


def test_without_a_verifier_nothing_is_said_to_be_proven(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> str:
        raise SigningError("ssh-keygen of OpenSSH is not installed here")

    monkeypatch.setattr(exchange, "checked", none)
    assert "Iss Acc 1 bad-signature" in Reader(bank.path).see(**FIRST).words


def test_incognito_gives_no_files_and_hides_the_figures(made: Path) -> None:
    reader = Reader(made / "Acc" / "ledger.beancount", incognito=True)
    seen = reader.see(**FIRST)
    assert "Save the message" not in seen.words
    assert "100.00" not in seen.words
    assert reader.see("message", **FIRST).status == 404


def test_the_print_view_has_every_table(reader: Reader) -> None:
    printed = reader.see("print", **MARCH).text
    assert "Counterparties" in printed
    assert "Acc Iss 5" in printed
    alone = reader.see("print", **FIRST).text
    assert "<h1>Vouchers: Iss Acc 1</h1>" in alone
    assert "voucher-message" in alone


# --- The events of a voucher ----------------------------------------------------------------


def _signed(reader: Reader, voucher: str) -> list[list[str]]:
    seen = reader.see(view="voucher", voucher=voucher, time="2026-03")
    return [
        [
            " ".join(each.text_content().split())
            for each in moment.xpath("./p[contains(@class, 'signed')]")
        ]
        for moment in seen.all(".//ol[@class='life']/li")
    ]


def test_every_event_says_who_has_signed_it(reader: Reader) -> None:
    [issued, accepted, *_] = _signed(reader, "V-1")
    assert issued[0].startswith("signed by Iss, received on 2026-03-02 in Iss Acc 1, key SHA256:")
    [said] = accepted
    assert re.fullmatch(
        r"said to Iss on 2026-03-03 in Acc Iss 2, key SHA256:\S{43}, acknowledged", said
    )


def test_without_its_signature_no_key_is_named(bank: Bank) -> None:
    path = _kept(bank, "Acc", "Iss", 2)
    path.with_name(path.name + ".sig").unlink()
    [_, [said], *_] = _signed(Reader(bank.path), "V-1")
    assert said == "said to Iss on 2026-03-03 in Acc Iss 2, acknowledged"


def test_what_was_struck_stays_in_the_life(reader: Reader) -> None:
    words = reader.see(view="voucher", voucher="V-2", time="2026-03").words
    assert "2026-03-05 accept struck on 2026-03-07, counts no longer" in words
    assert "→ None" not in words
    before = reader.see(view="voucher", voucher="V-2", time="2026-03-02").words
    assert "2026-03-02 issue" in before
    assert "accept" not in before.split("Life")[1]


CHINESE: tuple[dict[str, str], ...] = (
    MARCH,
    FIRST,
    {"view": "voucher", "voucher": "V-2", "time": "2026-03"},
)


@pytest.mark.parametrize("query", CHINESE, ids=str)
def test_in_chinese_nothing_is_left_in_english(made: Path, query: dict[str, str]) -> None:
    seen = in_chinese(Reader(made / "Acc" / "ledger.beancount")).see(**query)
    found = [text for text in english(seen) if not _IS_CODE.fullmatch(text)]
    assert found == []


def test_the_command_shows_both(bank: Bank) -> None:
    result = CliRunner().invoke(
        main, ["-f", str(bank.path), "show", "V-2", "--as-of", "2026-03-31"]
    )
    lines = result.stdout.splitlines()
    [issued] = [line for line in lines if line.startswith("  2026-03-02 issue")]
    [struck] = [line for line in lines if line.startswith("  2026-03-05 accept")]
    assert issued.endswith("  message Iss Acc 1")
    assert struck.endswith("  struck on 2026-03-07")
