"""The wheel carries everything that the demo, the manual and ``explain`` need.

The editable install is what the other tests run in, the demo's among them.
"""

from __future__ import annotations

import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from hatchling.builders.wheel import WheelBuilder

import beancount_voucher
from beancount_voucher.cli import shipped
from beancount_voucher.cli.help import topics
from tests.support import LEDGERS, ROOT

PAGE = ROOT / "plugins" / "fava_voucher"

if TYPE_CHECKING:
    import pytest


def test_the_wheel(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    ledgers = {path.relative_to(ROOT) for path in LEDGERS.rglob("*") if path.is_file()}
    assert {f"beancount_voucher/{path}" for path in ledgers} <= names
    for package in ("beancount_voucher", "beancount_voucher_plugin", "fava_voucher"):
        assert {f"{package}/__init__.py", f"{package}/py.typed"} <= names
    tops = {name.split("/")[0] for name in names}
    info = f"beancount_voucher-{beancount_voucher.__version__}.dist-info"
    ours = {"beancount_voucher", "beancount_voucher_plugin", "fava_voucher", info}
    assert tops == {*ours, "beanquery"}
    in_beanquery = [name for name in names if name.startswith("beanquery/")]
    assert in_beanquery == ["beanquery/sources/voucher.py"]
    page = {path.relative_to(ROOT / "plugins") for path in PAGE.rglob("*") if path.suffix != ".pyc"}
    assert {str(path) for path in page if path.suffix} <= names
    assert "fava_voucher/translations/zh/LC_MESSAGES/messages.po" in names
    help_ = {f"beancount_voucher/cli/help/{name}.md" for name in topics()}
    assert help_
    assert help_ <= names
    for folder in ("errors", "voids"):
        assert any(name.startswith(f"beancount_voucher/ledgers/{folder}/") for name in names)
    assert f"{info}/licenses/LICENSE" in names


def test_ledgers_are_found_in_a_checkout_and_in_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (Path(str(shipped.shipped("marketplace"))) / "all.beancount").is_file()
    inside = tmp_path / "ledgers" / "marketplace"
    inside.mkdir(parents=True)
    monkeypatch.setattr(shipped, "files", lambda _package: tmp_path)
    assert shipped.shipped("marketplace") == inside


def test_what_is_declared() -> None:
    installed = distribution("beancount-voucher")
    assert installed.metadata["License-Expression"] == "GPL-2.0-only"
    assert installed.metadata["Requires-Python"] == ">=3.11"
    [script] = [point for point in installed.entry_points if point.group == "console_scripts"]
    assert (script.name, script.value) == ("bean-voucher", "beancount_voucher.__main__:program")
