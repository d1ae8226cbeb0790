import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from voltgo.local import bootstrap


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout whose environment is a bare one, made in a moment."""
    for name, value in {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "VENV_PYTHON": tmp_path / ".venv" / "bin" / "python",
        "STAMP": tmp_path / ".venv" / "voltgo.json",
        "LOCK": tmp_path / "var" / "install.lock",
    }.items():
        monkeypatch.setattr(bootstrap, name, value)
    (tmp_path / "requirements.txt").write_text("one==1\n")
    (tmp_path / "requirements-dev.txt").write_text("two==2\n")
    (tmp_path / "var").mkdir()
    return tmp_path


@pytest.fixture
def installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been installed; environments are made without pip, then given an empty one."""
    names: list[str] = []

    def make() -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
        (next((checkout / ".venv" / "lib").iterdir()) / "site-packages" / "pip.py").touch()

    monkeypatch.setattr(bootstrap, "_make_environment", make)
    monkeypatch.setattr(bootstrap, "_install", names.append)
    return names


def test_a_first_start_makes_the_environment_and_the_second_does_nothing(
    checkout: Path, installed: list[str]
) -> None:
    bootstrap.ensure_environment(["requirements.txt"])
    bootstrap.ensure_environment(["requirements.txt"])

    assert installed == ["requirements.txt"]


def test_the_test_requirements_come_on_top(checkout: Path, installed: list[str]) -> None:
    bootstrap.ensure_environment(["requirements.txt"])
    bootstrap.ensure_environment(["requirements.txt", "requirements-dev.txt"])
    bootstrap.ensure_environment(["requirements.txt"])

    assert installed == ["requirements.txt", "requirements-dev.txt"]


def test_changed_requirements_are_installed_again(checkout: Path, installed: list[str]) -> None:
    bootstrap.ensure_environment(["requirements.txt"])
    (checkout / "requirements.txt").write_text("one==2\n")
    bootstrap.ensure_environment(["requirements.txt"])

    assert installed == ["requirements.txt", "requirements.txt"]


def test_an_install_that_was_cut_short_is_done_again(
    checkout: Path, installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "_install", lambda _name: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bootstrap.ensure_environment(["requirements.txt"])

    bootstrap.ensure_environment(["requirements.txt"])

    assert installed == ["requirements.txt"]


def test_an_environment_without_pip_is_made_anew(checkout: Path, installed: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    (checkout / ".venv" / "left-over").touch()

    bootstrap.ensure_environment(["requirements.txt"])

    assert not (checkout / ".venv" / "left-over").exists()
    assert installed == ["requirements.txt"]


def test_an_environment_that_was_moved_is_made_anew(checkout: Path, installed: list[str]) -> None:
    bootstrap.ensure_environment(["requirements.txt"])
    stamp = json.loads(bootstrap.STAMP.read_text())
    bootstrap.STAMP.write_text(json.dumps(stamp | {"path": "/elsewhere/.venv"}))
    (checkout / ".venv" / "left-over").touch()

    bootstrap.ensure_environment(["requirements.txt"])

    assert not (checkout / ".venv" / "left-over").exists()
    assert installed == ["requirements.txt", "requirements.txt"]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path, installed: list[str]) -> None:
    bootstrap.ensure_environment(["requirements.txt"])
    bootstrap.VENV_PYTHON.unlink()
    bootstrap.VENV_PYTHON.symlink_to("/nowhere/python3")

    bootstrap.ensure_environment(["requirements.txt"])

    assert bootstrap.VENV_PYTHON.resolve().exists()
    assert installed == ["requirements.txt", "requirements.txt"]


def test_a_folder_that_is_no_environment_is_not_deleted(checkout: Path, installed: list[str]) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "thesis.txt").write_text("years of work")

    with pytest.raises(bootstrap.Stop, match="Move it away"):
        bootstrap.ensure_environment(["requirements.txt"])

    assert (checkout / ".venv" / "thesis.txt").exists()


def test_a_failing_pip_says_its_last_words_and_a_cure(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = checkout / "python"
    fake.write_text(
        "#!/bin/sh\necho Collecting one\necho ERROR: No matching distribution found for one==1\nexit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", fake)

    with pytest.raises(bootstrap.Stop) as problem:
        bootstrap._install("requirements.txt")

    assert "No matching distribution found for one==1" in str(problem.value)
    assert "Check the network" in str(problem.value)


def test_a_full_disk_during_the_install_is_said_in_words() -> None:
    said = [
        "Collecting one",
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    ]

    assert "free some space" in bootstrap._pip_failure("requirements.txt", said)


def test_an_ordinary_user_is_told_the_exact_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_can_install", lambda: False)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")

    with pytest.raises(bootstrap.Stop) as problem:
        bootstrap.install_system_packages(["libpango-1.0-0"], reason="Libraries are missing.")

    assert str(problem.value) == (
        "Libraries are missing. Run this, then start again:\n"
        "    sudo apt-get install --yes --no-install-recommends libpango-1.0-0"
    )


def test_missing_libraries_are_named_by_their_packages() -> None:
    needs = [
        bootstrap.SystemNeed(("libabsent-1",), library="libabsent-1.so.0"),
        bootstrap.SystemNeed(("absent-tools",), program=("absent-tool",)),
        bootstrap.SystemNeed(("absent-extra",), program=("absent-extra",), is_optional=True),
        bootstrap.SystemNeed(("libc6",), library="libc.so.6"),
    ]

    assert bootstrap.missing_packages(needs, with_optional=False) == ["libabsent-1", "absent-tools"]
    assert bootstrap.missing_packages(needs, with_optional=True) == [
        "libabsent-1",
        "absent-tools",
        "absent-extra",
    ]


def test_a_read_only_checkout_is_refused_with_a_cure(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)

    with pytest.raises(bootstrap.Stop, match="not writable"):
        bootstrap.main("up", [])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "read-only disk"),
        (errno.EACCES, "Was an earlier start done as root"),
    ],
)
def test_errors_of_the_disk_are_said_in_words(number: int, words: str) -> None:
    assert words in bootstrap._explain(OSError(number, "x", "/some/where"))


def test_a_path_is_understood_from_where_the_caller_stands(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "tests" / "unit").mkdir(parents=True)
    (checkout / "tests" / "unit" / "test_one.py").touch()
    monkeypatch.chdir(checkout / "tests")

    assert bootstrap._from_root("unit") == "tests/unit"
    assert bootstrap._from_root("unit/test_one.py::test_it") == "tests/unit/test_one.py::test_it"
    assert bootstrap._from_root("-k") == "-k"
    assert bootstrap._from_root("nowhere") == "nowhere"


@pytest.mark.parametrize("command", ["up", "test"])
def test_help_needs_no_installation(checkout: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap.main(command, ["--help"])

    assert capsys.readouterr().out.startswith(f"bin/{command}: ")
    assert not (checkout / ".venv").exists()
