"""Serves the page from an installed wheel, with whatever Fava is installed beside it.

Run by CI in fresh environments that have the wheel and nothing else of ours:
``python tests/serve_page.py``. Needs no package that the wheel does not bring.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from fava.application import create_app

SHOWN = {
    "": "CG-001",
    "?view=exceptions": "applied for, not judged",
    "?view=reconciliation": "Every figure agrees.",
    "?view=ageing": "Open holds by age",
    "?view=voucher&voucher=CG-001": "18,500.00 CNY",
    "export.csv": "CG-001,2026-01-14,settled",
    "export.beancount": "CG-001 issued",
    "print": "CG-001",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = Path(sys.executable).parent / "bean-voucher"
        subprocess.run(
            [command, "demo", "demo", "--no-serve"], cwd=folder, check=True, capture_output=True
        )
        app = create_app([f"{folder}/demo/all.beancount"], load=True, poll_watcher=True)
        base = f"/{app.config['LEDGERS'].first_slug()}"
        client = app.test_client()
        for path, text in SHOWN.items():
            answer = client.get(f"{base}/extension/Vouchers/{path}")
            assert answer.status_code == 200, (path, answer.status_code)
            assert text in answer.get_data(as_text=True), (path, text)
        script = client.get(f"{base}/extension_js_module/Vouchers.js")
        assert script.status_code == 200
    print(f"The wheel serves its page with Fava {version('fava')}.")


if __name__ == "__main__":
    main()
