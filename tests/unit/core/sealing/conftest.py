from pathlib import Path
from typing import Any

import pytest

from voltgo.core.sealing.development import ensure


@pytest.fixture(scope="module")
def trial_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key made once for all tests here."""
    folder = tmp_path_factory.mktemp("var")
    ensure(folder)
    return folder


@pytest.fixture(autouse=True)
def trial_key(trial_folder: Path, settings: Any) -> None:
    settings.VAR_DIR = trial_folder
    settings.SEAL_KEY = "development"
