"""The seal's key, and what is said of it at start."""

import stat
from pathlib import Path
from typing import Any

import pytest
import time_machine

from voltgo.core.sealing import SealKeyUnfit, keys
from voltgo.core.sealing.checks import seal_is_ours
from voltgo.core.sealing.development import CHAIN, KEY, ensure


def test_the_trial_key_is_for_this_machine_only(trial_folder: Path) -> None:
    folder = trial_folder / "seal"

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {name: stat.S_IMODE((folder / name).stat().st_mode) for name in (KEY, CHAIN)} == {
        KEY: 0o600,
        CHAIN: 0o600,
    }


def test_the_trial_key_is_made_once(trial_folder: Path) -> None:
    before = (trial_folder / "seal" / KEY).read_bytes()

    ensure(trial_folder)

    assert (trial_folder / "seal" / KEY).read_bytes() == before
    assert [path.name for path in trial_folder.iterdir()] == ["seal"]


def test_a_certificate_of_another_key_is_found(tmp_path: Path, settings: Any) -> None:
    folder = ensure(tmp_path)
    (folder / CHAIN).write_bytes((ensure(tmp_path / "other") / CHAIN).read_bytes())
    settings.VAR_DIR = tmp_path

    with pytest.raises(SealKeyUnfit, match="another key"):
        keys.get_key()


@pytest.mark.parametrize("setting", ["", "file:x", "Development"])
def test_a_setting_that_names_no_key_is_refused(setting: str, settings: Any) -> None:
    settings.SEAL_KEY = setting

    with pytest.raises(SealKeyUnfit, match="none of"):
        keys.get_key()


# --- Checks at start -----------------------------------------------------------------------------------


def ids(**kwargs: Any) -> list[str]:
    return [str(found.id) for found in seal_is_ours(None, **kwargs)]


def test_a_trial_key_is_refused_in_production(settings: Any) -> None:
    assert ids() == []
    settings.IS_PRODUCTION = True

    assert ids() == ["voltgo.E024"]


def test_no_seal_in_production_is_said(settings: Any) -> None:
    settings.SEAL_KEY = "none"
    assert ids() == []
    settings.IS_PRODUCTION = True

    assert ids() == ["voltgo.I023"]


def test_a_key_without_certificates_is_refused(settings: Any, trial_folder: Path) -> None:
    settings.SEAL_KEY = "kms:alias/seal"
    assert ids() == ["voltgo.E025"]

    settings.SEAL_CERTIFICATES = str(trial_folder / "seal" / CHAIN)

    assert ids() == []


def test_a_trial_certificate_of_another_key_is_said_at_start(tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path
    folder = ensure(tmp_path)
    (folder / CHAIN).write_bytes((ensure(tmp_path / "other") / CHAIN).read_bytes())

    assert ids() == ["voltgo.E021"]


@pytest.mark.parametrize(
    ("day", "expected"), [("2053-12-20", ["voltgo.W027"]), ("2054-01-02", ["voltgo.E026"])]
)
def test_a_certificate_that_runs_out_is_said(
    settings: Any, trial_folder: Path, day: str, expected: list[str]
) -> None:
    settings.SEAL_KEY = "kms:alias/seal"
    settings.SEAL_CERTIFICATES = str(trial_folder / "seal" / CHAIN)

    with time_machine.travel(day):
        assert ids() == expected


def test_a_word_that_is_no_key_is_said(settings: Any) -> None:
    settings.SEAL_KEY = "yes"

    assert ids() == ["voltgo.E020"]
