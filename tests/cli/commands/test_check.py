"""``check`` as data: every error and finding with its code, place and day."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from tests.support import ACCEPT, HAPPY, PLUGIN, WORLD, event, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk


def test_errors_and_findings_as_json_and_csv(clerk: Clerk) -> None:
    text = HAPPY + event("settle", "2026-03-07") + issue("V-2") + "2026-03-09 balance X 1\n"
    clerk.write(text)
    ran = clerk.run("check", "--as-of", "2026-03-09", "--format", "json")
    found = json.loads(ran.out)
    first = (PLUGIN + WORLD + HAPPY).count("\n") + 1
    assert ran.status == 1
    own, refused = sorted(
        (each for each in found if each["kind"] == "error"), key=lambda e: e["code"] or ""
    )
    assert (own["code"], "syntax error" in own["message"], own["date"]) == (None, True, None)
    assert refused["message"].startswith("V-1: settle after it was settled")
    del refused["message"]
    assert refused == {
        "kind": "error", "code": "final", "file": str(clerk.path), "line": first, "date": "2026-03-07",
    }  # fmt: skip
    [late] = [each for each in found if each["kind"] == "finding"]
    assert late == {
        "kind": "finding", "code": "overdue", "file": str(clerk.path), "line": first + 1,
        "date": "2026-03-05", "message": "V-2: issued, past its accept-by 2026-03-05",
    }  # fmt: skip
    rows = clerk.run("check", "--as-of", "2026-03-09", "--format", "csv").out.removeprefix("\ufeff")
    assert [row["code"] for row in csv.DictReader(io.StringIO(rows))] == [
        each["code"] or "" for each in found
    ]


def test_clean_data_is_empty_and_what_waits_stands_beside_it(clerk: Clerk) -> None:
    clerk.write(issue(not_before="2026-03-20") + ACCEPT + event("apply", "2026-03-05"))
    ran = clerk.run("check", "--as-of", "2026-03-09", "--format", "json")
    assert (ran.status, ran.out) == (0, "[]\n")
    assert "V-1: waiting for its conditions until 2026-03-20" in ran.err
    ran = clerk.run("check", "--format", "csv")
    assert ran.out == "\ufeffkind,code,file,line,date,message\n"
