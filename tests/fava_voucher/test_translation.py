"""The page's words: every one is in every catalogue, and a new language is a new file."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog, Message
from flask_babel import force_locale

from beancount_voucher.translation import catalogue
from fava_voucher import translation
from fava_voucher.view_state import TABS
from tests.support import LEDGERS, catalogues, event, issue
from tests.support.reader import EXTENSION, Reader, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.reader import Seen

VIEWS: tuple[dict[str, str], ...] = (
    {},
    {"search": "cargo", "state": "overdue"},
    {"view": "exceptions"},
    {"view": "reconciliation"},
    {"view": "reconciliation", "filter": "^CG-001"},
    {"view": "ageing"},
    {"view": "voucher", "voucher": "CG-001"},
)


# --- Every word -------------------------------------------------------------------------


def test_there_are_catalogues() -> None:
    assert "zh" in [path.parents[1].name for path in catalogues.paths()]


@pytest.mark.parametrize("path", catalogues.paths(), ids=lambda path: "-".join(path.parts[-6:-2]))
def test_every_word_is_in_every_catalogue_and_no_other(path: Path) -> None:
    words = catalogues.read(path)
    assert list(catalogues.lacks(words, catalogues.said_in(path))) == []
    for message in words:
        assert catalogue.keeps_places(message), message.id
    assert path.read_bytes() == catalogues.text(words)  # as the command writes it


def test_what_a_catalogue_lacks_is_found() -> None:
    words = catalogues.updated(Catalog(locale="zh"), "zh")
    for message in words:
        message.string = "字" if isinstance(message.id, str) else ("字",)
    assert list(catalogues.lacks(words)) == []
    words.delete("Ageing")
    words.add("nobody says this", "无人")
    words["Register"].string = " "
    words["Exceptions"].flags.add("fuzzy")
    assert sorted(catalogues.lacks(words)) == [
        "no entry: Ageing",
        "not said: nobody says this",
        "not translated: Exceptions",
        "not translated: Register",
    ]


def test_sentences_come_from_code_and_templates() -> None:
    found = catalogues.sentences()
    assert found["more than {before} days"] == ["columns.py"]
    assert found["{count} figure differs.", "{count} figures differ."] == [
        "templates/vouchers_reconciliation.html"
    ]
    assert found["all"] == ["views/reconciliation.py", "views/register.py"]


@pytest.mark.parametrize("query", VIEWS, ids=str)
def test_no_heading_of_the_print_view_stays_english(
    marketplace: Reader, query: dict[str, str]
) -> None:
    text = marketplace.see("print", time="2026-03", **query).text
    headings = re.findall(r"<(th|caption|h[1-3])\b[^>]*>(.*?)</\1>", text, re.DOTALL)
    words = [re.sub(r"<[^>]*>|CG-001", "", each) for _, each in headings]
    assert words
    assert [each for each in words if re.search(r"[a-z]{2}", each)] == []


# --- Every English word -------------------------------------------------------------------

_SHOWN = """.//text()[not(ancestor::script or ancestor::style or ancestor::pre or ancestor::code
    or ancestor::bdi[not(contains(@class, 'told'))] or ancestor::article[@class='manual'])]
    | .//@title | .//@aria-label | .//@placeholder | .//@data-label"""
"""What a person may read: not commands, nor the ledger's own texts, which are in ``bdi``."""

_ALLOWED = re.compile(
    r"""
    "[^"]*" | 「[^」]*」          # quoted
    | \[[A-Za-z0-9-]+\]          # a code
    | \([a-z-]+\)               # a metadata key, behind its word
    | [A-Z][A-Za-z0-9:._-]*      # ids, names, accounts, currencies, Beancount, Fava, CSV
    | \S+\.(?:beancount|xml|csv|sta|txt)(?::\d+)?
    """,
    re.VERBOSE,
)

_NAMES = {"git", "bean-voucher", "ssh-keygen", "check-funds", "requires-weather", "nobody"}
"""Programs, and what those ledgers name."""


def english(seen: Seen) -> list[str]:
    """The texts of our part of the page that have an English word."""
    found = [" ".join(str(text).split()) for text in seen.all(_SHOWN)]
    words = {text: re.findall(r"[A-Za-z][A-Za-z-]+", _ALLOWED.sub("", text)) for text in found}
    return [text for text, each in words.items() if set(each) - _NAMES]


@pytest.mark.parametrize(
    "path",
    [LEDGERS / "marketplace" / "all.beancount", *LEDGERS.glob("*/ledger.beancount"),
     *sorted(LEDGERS.glob("errors/*")), *sorted(LEDGERS.glob("voids/*"))],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)  # fmt: skip
def test_no_english_word_is_on_the_chinese_page(path: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(path.parent, tmp_path / "ledger")
    ledger = folder / path.name
    if path.stem != "all":
        ledger.write_text(ledger.read_text(encoding="utf-8") + "\n" + EXTENSION, encoding="utf-8")
    reader = in_chinese(Reader(ledger))
    vouchers = {row["id"] for row in reader.csv() if row["id"][-1] in "1235"} or {"V-1"}
    for query in (
        *({"view": view} for view in TABS),
        *({"view": "voucher", "voucher": voucher} for voucher in sorted(vouchers)),
    ):
        assert english(reader.see(time="2026-12", **query)) == [], query


def test_an_english_word_would_be_found(tmp_path: Path) -> None:
    text = issue() + event("accept", "2026-03-09", voucher="V-1")
    reader = in_chinese(read(tmp_path, text))
    assert english(reader.see(view="exceptions")) == []
    reader.ledgers[reader.ledgers.first_slug()].fava_options.language = "en"
    assert len(english(reader.see(view="exceptions"))) > 10


def in_chinese(reader: Reader) -> Reader:
    reader.ledgers[reader.ledgers.first_slug()].fava_options.language = "zh"
    return reader


@pytest.mark.parametrize(
    ("word", "chinese"),
    [
        ("receivable", "应收保费"), ("advance", "预收保费"), ("unearned", "未到期责任准备金"),
        ("prepaid", "预付保险费"), ("payable", "应付保费"), ("vouchers", "收到的凭证（备查）"),
        ("collection", "托收凭证（备查）"), ("line-limit", "授信额度"), ("frozen", "冻结资金"),
        ("held", "冻结存款"), ("interbank-payable", "应付同业"), ("loans", "贷款"), ("loan", "借款"),
    ],
)  # fmt: skip
def test_accounts_have_an_accountants_words(marketplace: Reader, word: str, chinese: str) -> None:
    with marketplace.app.test_request_context(), force_locale("zh"):
        assert translation.told(word) == chinese


@pytest.fixture(scope="module")
def marketplace() -> Reader:
    return in_chinese(Reader(LEDGERS / "marketplace" / "all.beancount"))


# --- Another language -------------------------------------------------------------------

RUSSIAN = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "Register"
msgstr "Реестр"

msgid "As of {date}"
msgstr "На {date}"

msgid "issued"
msgstr "выпущен"

msgid "{count} voucher"
msgid_plural "{count} vouchers"
msgstr[0] "{count} ваучер"
msgstr[1] "{count} ваучера"
msgstr[2] "{count} ваучеров"

#, fuzzy
msgid "Ageing"
msgstr "не то"

msgid "Exceptions"
msgstr ""

msgid "Page {page} of {pages}"
msgstr "{seite} / {pages}"

msgid "{count} rows"
msgstr "{count rows"

msgid "Period {period}"
msgstr "{period.__class__}"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page looks for its catalogues, with a Russian one."""
    monkeypatch.setattr(translation, "FOLDER", tmp_path / "translations")
    add(translation.FOLDER, "ru", RUSSIAN)
    return translation.FOLDER


def add(folder: Path, language: str, text: str) -> None:
    path = folder / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_a_catalogue_is_all_that_a_language_needs(folder: Path, tmp_path: Path) -> None:
    assert folder.is_dir()
    many = "".join(issue(f"V-{at}") for at in range(22))
    reader = read(tmp_path, many)
    ledger = reader.ledgers[reader.ledgers.first_slug()]
    ledger.fava_options.language = "ru"
    seen = reader.see()
    assert seen.words.startswith(
        "Реестр Exceptions Reconciliation Lines Ageing"
    )  # fuzzy, empty, none
    assert "На 2026-" in seen.words
    assert "выпущен 22" in seen.words
    assert 'lang="ru"' in reader.see("print").text
    assert "22 ваучера" in reader.see(view="reconciliation").words
    ledger.fava_options.language = "sv"
    assert reader.see().words.startswith("Register Exceptions")


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 ваучер"), (2, "2 ваучера"), (5, "5 ваучеров"), (11, "11 ваучеров"), (21, "21 ваучер")],
)
def test_a_language_has_its_own_plurals(folder: Path, count: int, said: str) -> None:
    words = catalogue.translations(folder, "ru")
    assert words.ngettext("{count} voucher", "{count} vouchers", count).format(count=count) == said


@pytest.mark.parametrize("text", ["Page {page} of {pages}", "{count} rows", "Period {period}"])
def test_a_translation_that_would_break_the_page_is_not_used(folder: Path, text: str) -> None:
    assert catalogue.translations(folder, "ru").gettext(text) == text


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff",
        RUSSIAN.replace("nplurals=3; plural=(n%10", "nplurals=3; plural=(n(10").encode(),
        RUSSIAN.replace("charset=utf-8", "charset=no-such").encode(),
        RUSSIAN.encode("utf-16"),
        b'msgid "Register\nmsgstr "x"\n',
        b"",
    ],
    ids=range(6),
)
def test_a_broken_catalogue_is_as_if_there_was_none(folder: Path, broken: bytes) -> None:
    add(folder, "sv", "")
    (folder / "sv" / "LC_MESSAGES" / "messages.po").write_bytes(broken)
    assert catalogue.translations(folder, "sv").gettext("Register") == "Register"


def test_a_kind_of_a_language_comes_before_the_language(folder: Path) -> None:
    for language, said in (("pt", "Registo"), ("pt_BR", "Registro"), ("zh_Hant", "登記簿")):
        add(folder, language, f'msgid "Register"\nmsgstr "{said}"\n')
    found = [
        catalogue.translations(folder, locale).gettext("Register")
        for locale in ("pt", "pt_PT", "pt_BR", "zh_Hant_TW", "zh", "en", "ru_RU")
    ]
    assert found == ["Registo", "Registo", "Registro", "登記簿", "Register", "Register", "Реестр"]


def test_nothing_is_nothing_and_not_the_header(marketplace: Reader) -> None:
    with marketplace.app.test_request_context(), force_locale("zh"):
        assert (translation.gettext(""), translation.gettext("all")) == ("", "全部")


def test_outside_a_request_it_is_english() -> None:
    assert translation.gettext("As of {date}", date=7) == "As of 7"
    assert translation.ngettext("{count} voucher", "{count} vouchers", 2) == "2 vouchers"


def test_favas_own_words_stay_favas(marketplace: Reader) -> None:
    """Fava's templates and the page's share one environment, but not their words."""
    assert marketplace.see().status == 200
    with marketplace.app.test_request_context(), force_locale("zh"):
        env = marketplace.app.jinja_env
        assert env.from_string("{{ _('Register') }}").render() == "Register"
        assert translation.gettext("Register") == "登记簿"


@pytest.mark.parametrize(
    ("original", "translated", "keeps"),
    [
        ("a {x}", "{x} b", True), ("a {x}", "b", True), ("a {x}", "", True), ("a", "{x}", False),
        ("a {x}", "{x} {x}", True), ("a {x}", "{y}", False), ("a {x}", "{x", False), ("a {x}", "}", False),
        ("a {x}", "{}", False), ("a {x}", "{x.y}", False), ("a {x}", "{x[0]}", False), ("a {x}", "{{x}}", True),
        (("one {n}", "more {n}"), ("{n}", "{n}"), True), (("one {n}", "more {n}"), ("{n}", "{m}"), False),
    ],
)  # fmt: skip
def test_places(
    original: str | tuple[str, str], translated: str | tuple[str, str], *, keeps: bool
) -> None:
    assert catalogue.keeps_places(Message(original, translated)) == keeps


# --- The command that writes them ---------------------------------------------------------


def test_a_new_catalogue_is_written_to_be_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    monkeypatch.setattr(catalogues, "LIBRARY", tmp_path / "library")
    assert catalogues.main([]) == 0
    assert catalogues.main(["--write", "de"]) == 1
    path, library = catalogues.paths()
    assert catalogues.ids(catalogues.read(path)) == set(catalogues.said_of())
    assert catalogues.ids(catalogues.read(library)) == set(catalogues.library_said())
    assert "de: not translated: Ageing\n" in capsys.readouterr().out
    empty = path.read_text(encoding="utf-8")
    path.write_text(empty.replace('msgid "Ageing"\nmsgstr ""', 'msgid "Ageing"\nmsgstr "Alter"'))
    assert catalogues.main(["--write"]) == 1
    assert "de: not translated: Ageing\n" not in capsys.readouterr().out
    assert 'msgstr "Alter"' in path.read_text(encoding="utf-8")
