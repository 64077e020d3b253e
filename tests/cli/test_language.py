"""Under a Chinese locale the command speaks Chinese to people, and to programs as ever."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import language, main
from tests.support import ACCEPT, LEDGERS, PLUGIN, ROOT, WORLD, event, issue

if TYPE_CHECKING:
    from pathlib import Path

DEMO = str(LEDGERS / "marketplace" / "all.beancount")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({}, ""), ({"LANG": "en_US.UTF-8"}, ""), ({"LANG": "C"}, ""), ({"LANG": "zha"}, ""),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"), ({"LC_ALL": "C", "LANG": "zh_CN"}, ""),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW@x", "LANG": "C"}, "zh_TW"), ({"LC_ALL": "zh"}, "zh"),
    ],
)  # fmt: skip
def test_the_locale_of_messages(
    names: dict[str, str], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert language.locale() == found
    assert language.word("settled") == ("已结算" if found else "settled")
    assert language.told("No vouchers.") == ("没有凭证。" if found else "No vouchers.")
    assert language.word("") == ""


@pytest.fixture
def late(tmp_path: Path) -> str:
    """A ledger with an event that is refused."""
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + issue() + ACCEPT + event("apply", "2026-05-01"))
    return str(path)


def chinese(*said: str) -> tuple[str, str, int]:
    ran = CliRunner(env={"LC_ALL": "zh_CN.UTF-8"}).invoke(main, said)
    return ran.stdout, ran.stderr, ran.exit_code


def test_the_register() -> None:
    out, _, _ = chinese("-f", DEMO, "list", "--as-of", "2026-03-31")
    assert out.splitlines()[0].split()[:4] == ["凭证", "状态", "金额", "现冻结"]
    assert "已结算" in out
    assert "凭证数" in out
    data, _, _ = chinese("-f", DEMO, "list", "--format", "json", "--as-of", "2026-03-31")
    assert json.loads(data) == json.loads(
        CliRunner(env={"LC_ALL": "C"})
        .invoke(main, ["-f", DEMO, "list", "--format", "json", "--as-of", "2026-03-31"])
        .stdout
    )
    none = chinese("-f", DEMO, "list", "--state", "requested", "--as-of", "2026-03-31")
    assert none[0] == "没有凭证。\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("list", "--period", "2026-02"), ["期初余额", "已出具", "实付", "笔数", "15,460.00"]),
        (("list", "--period", "2026-02", "--roll-forward"), ["期初余额", "调增", "授信额度"]),
        (("lines",), ["限额", "冻结授信额度", "可用额度", "相符"]),
        (("lines", "--as-of", "2020-01-01"), ["无。"]),
        (("forecast", "--as-of", "2026-03-31"), ["最早", "7,674.60"]),
    ],
)
def test_its_other_tables(command: tuple[str, ...], said: list[str]) -> None:
    out, _, _ = chinese("-f", DEMO, *command)
    heads = re.sub(r"[A-Z][A-Za-z0-9:-]*", "", out)  # ids, accounts and currencies
    assert not re.search(r"[a-z]{3,}", heads)
    assert [each for each in said if each not in out] == []


def test_what_is_wrong(late: str) -> None:
    out, err, code = chinese("-f", late, "check", "--as-of", "2026-06-01")
    assert "已过申请期限 (apply-by)；应为：不晚于 2026-03-31" in out
    assert "[apply-late]" in out
    assert "1 个账本错误，1 项问题" in err
    assert code == 1


def test_one_voucher(late: str) -> None:
    out, err, _ = chinese("-f", late, "show", "V-1", "--as-of", "2026-06-01")
    assert out.startswith("V-1 已承兑：100.00 CNY\n")
    for text in (
        "\n事件\n",
        "\n被拒绝的事件\n",
        "\n2026-06-01 接下来可以\n",
        "自 2026-03-31 逾期：已承兑，已过申请期限",
    ):
        assert text in out
    assert "  作废 逾期未申请\n  不可作废 已退保: V-1：没有退保通知" in out
    assert "账本有 1 个错误；bean-voucher check 会列出。" in err
    out, _, _ = chinese("-f", DEMO, "show", "CG-001", "--as-of", "2026-01-31")
    assert "已满足" in out


def test_refusals_and_questions(late: str) -> None:
    assert "没有文件 nowhere" in chinese("-f", "nowhere", "check")[1]
    assert "没有此凭证 [not-found]" in chinese("-f", late, "show", "V-9")[1]
    assert "哪个账本？" in chinese("check")[1]
    assert '"x" 不是期间；应为：例如 2026-02' in chinese("-f", late, "list", "--period", "x")[1]
    assert (
        "可改为：请"
        in chinese("-f", late, "apply", "QQQQ", "--date", "2026-03-05", "--policy", "P")[1]
    )
    assert "期间内无事件。" in chinese("-f", late, "list", "--period", "2020")[0]


def test_who_reads_english_imports_no_translation(late: str) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from beancount_voucher.cli import main;"
        f"CliRunner().invoke(main, ['-f', {late!r}, 'list']);"
        "print([m for m in sys.modules if m == 'babel' or m.startswith('beancount_voucher.transl')])"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"
