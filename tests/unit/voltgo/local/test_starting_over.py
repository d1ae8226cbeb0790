from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from voltgo.local.up import Launch


def test_starting_over_forgets_what_the_local_providers_remember(tmp_path: Path) -> None:
    for name in ("vnpay-sandbox.sqlite3", "payos-sandbox.sqlite3", "kept.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "settlements" / "vnpay").mkdir(parents=True)
    launch: Any = SimpleNamespace(
        postgres=mock.Mock(), redis=mock.Mock(), options=SimpleNamespace(yes=True), var=tmp_path
    )

    assert Launch._forget_everything(launch)

    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
    launch.postgres.remove.assert_called_once_with()
