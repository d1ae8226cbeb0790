import json
import os
from pathlib import Path

import pytest

from voltgo.local import environment


@pytest.fixture(autouse=True)
def _bare_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "VOLTGO_VAR_DIR", "SITE_URL", "LOG_LEVEL"):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)


def _leave_note(root: Path) -> None:
    note = environment.running_note(root)
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps({"DATABASE_URL": "postgres://running", "REDIS_URL": "redis://running"}))


def test_a_running_portal_lends_its_servers(tmp_path: Path) -> None:
    _leave_note(tmp_path)

    environment.adopt(root=tmp_path)

    assert os.environ["DATABASE_URL"] == "postgres://running"
    assert os.environ["REDIS_URL"] == "redis://running"


def test_the_shell_wins_over_the_running_portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _leave_note(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgres://mine")

    environment.adopt(root=tmp_path)

    assert os.environ["DATABASE_URL"] == "postgres://mine"
    assert "REDIS_URL" not in os.environ


def test_a_dotenv_file_fills_what_the_shell_leaves_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    (tmp_path / ".env").write_text(
        "# a comment\nLOG_LEVEL=ERROR\nexport SITE_URL='https://voltgo.vn'\n# DATABASE_URL=no\nREDIS_URL=\nnonsense\n"
    )

    environment.adopt(root=tmp_path)

    assert os.environ["LOG_LEVEL"] == "DEBUG"
    assert os.environ["SITE_URL"] == "https://voltgo.vn"
    assert "DATABASE_URL" not in os.environ
    assert "REDIS_URL" not in os.environ


def test_nothing_happens_where_nothing_runs(tmp_path: Path) -> None:
    environment.adopt(root=tmp_path)

    assert "DATABASE_URL" not in os.environ
