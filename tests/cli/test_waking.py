"""What wakes a server: files that come, in whatever way they are seen, time, and being told."""

from __future__ import annotations

import time
from threading import Event, Timer
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli import waking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LONG = 20.0


@pytest.fixture(params=["watching", "looking", "far"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By watchfiles, without it, and on a share."""
    monkeypatch.setattr(waking, "_LOOKS", 0.02)
    if request.param == "looking":
        monkeypatch.setattr(waking, "find_spec", lambda _name: None)
    if request.param == "far":
        monkeypatch.setattr(waking, "is_far", lambda _path: True)
    return str(request.param)


def _waited(paths: list[Path], then: Callable[[], object], longest: float = _LONG) -> float:
    stop = Event()
    timer = Timer(0.3, then)
    begun = time.monotonic()
    timer.start()
    waking.wait(paths, stop, longest)
    timer.join()
    return time.monotonic() - begun


@pytest.mark.usefixtures("way")
def test_what_comes_wakes(tmp_path: Path) -> None:
    folder, ledger = tmp_path / "in", tmp_path / "ledger"
    folder.mkdir()
    ledger.write_text("")
    for then in (lambda: (folder / "one").write_text("x"), lambda: ledger.write_text("more")):
        assert 0.2 < _waited([folder, ledger, tmp_path / "nowhere"], then) < _LONG / 2


@pytest.mark.usefixtures("way")
def test_it_is_time(tmp_path: Path) -> None:
    assert 0.2 < _waited([tmp_path], lambda: None, 0.4) < _LONG / 2


@pytest.mark.usefixtures("way")
def test_it_is_told(tmp_path: Path) -> None:
    stop = Event()
    Timer(0.3, stop.set).start()
    begun = time.monotonic()
    waking.wait([tmp_path], stop, _LONG)
    assert 0.2 < time.monotonic() - begun < _LONG / 2


def test_where_nothing_more_can_be_watched_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles  # noqa: PLC0415

    def refuse(*_paths: object, **_options: object) -> object:
        raise OSError
        yield

    monkeypatch.setattr(watchfiles, "watch", refuse)
    monkeypatch.setattr(waking, "_LOOKS", 0.02)
    assert 0.2 < _waited([tmp_path], (tmp_path / "one").touch) < _LONG / 2


_MOUNTED = "rootfs / ext4 rw 0 0\nshare /mnt/share nfs4 rw 0 0\nhere /mnt/share/here ext4 rw 0 0\nssh /mnt/a\\040b fuse.sshfs rw 0 0\nnone\n"
FAR = {
    "/home": False,
    "/mnt/share": True,
    "/mnt/share/in": True,
    "/mnt/shared": False,
    "/mnt/share/here/in": False,
    "/mnt/a b/in": True,
}


@pytest.mark.parametrize("path", FAR)
def test_what_lies_on_a_share(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(_MOUNTED)
    monkeypatch.setattr(waking, "_MOUNTS", mounts)
    assert waking.is_far(type(tmp_path)(path)) is FAR[path]


def test_where_nobody_tells_what_is_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "_MOUNTS", tmp_path / "nowhere")
    assert not waking.is_far(tmp_path)


def test_what_is_seen(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("x")
    before = waking.seen([tmp_path, tmp_path / "one", tmp_path / "nowhere"])
    assert before[str(tmp_path)] == {"one"}
    assert before[str(tmp_path / "nowhere")] is None
    assert waking.seen([tmp_path, tmp_path / "one", tmp_path / "nowhere"]) == before
    (tmp_path / "one").write_text("xy")
    assert waking.seen([tmp_path / "one"]) != before
