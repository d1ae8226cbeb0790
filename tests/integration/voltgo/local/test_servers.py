import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
import redis

from voltgo.local.postgres_server import PostgresServer
from voltgo.local.processes import CannotStart, command_line
from voltgo.local.redis_server import RedisServer, free_port

NewPostgres = Callable[[], PostgresServer]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may walk into; pytest's are private."""
    with TemporaryDirectory(prefix="voltgo-servers-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def new_postgres(folder: Path) -> Iterator[NewPostgres]:
    made: list[PostgresServer] = []

    def make() -> PostgresServer:
        made.append(PostgresServer(folder / "postgres", log=folder / "postgres.log", throw_away=True))
        return made[-1]

    yield make
    for server in made:
        server.stop()


def _write(server: PostgresServer) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
        # A throw-away server does not wait for the disk by itself.
        connection.execute("CHECKPOINT")


def _read(server: PostgresServer) -> object:
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT number FROM kept").fetchone()
    return row[0] if row else None


def test_data_outlives_an_orderly_stop(new_postgres: NewPostgres) -> None:
    first = new_postgres()
    first.start()
    _write(first)
    first.stop()
    second = new_postgres()
    second.start()

    assert _read(second) == 42


def test_a_database_is_created_once(new_postgres: NewPostgres) -> None:
    server = new_postgres()
    server.start()
    server.ensure_database("voltgo")
    server.ensure_database("voltgo")

    with psycopg.connect(server.url("voltgo")) as connection:
        assert connection.info.dbname == "voltgo"


def test_the_server_listens_to_nobody_on_the_network(new_postgres: NewPostgres) -> None:
    server = new_postgres()
    server.start()

    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_server_that_was_killed_recovers_at_the_next_start(new_postgres: NewPostgres) -> None:
    first = new_postgres()
    first.start()
    _write(first)
    assert first.pid
    os.kill(first.pid, signal.SIGKILL)
    second = new_postgres()
    second.start()

    assert _read(second) == 42


def test_a_server_that_a_killed_run_left_behind_is_taken_over(new_postgres: NewPostgres) -> None:
    left_behind = new_postgres()
    left_behind.start()
    old_pid = left_behind.pid
    assert old_pid
    second = new_postgres()
    second.start()

    assert second.pid != old_pid
    assert "postgres" not in command_line(old_pid)


def test_the_note_of_a_dead_server_whose_number_a_stranger_has_now_is_no_obstacle(
    new_postgres: NewPostgres,
) -> None:
    first = new_postgres()
    first.start()
    _write(first)
    first.stop()
    with subprocess.Popen(["sleep", "30"]) as stranger:
        (first.data / "postmaster.pid").write_text(f"{stranger.pid}\n{first.data}\n1\n5432\n")
        second = new_postgres()
        second.start()
        assert _read(second) == 42
        assert stranger.poll() is None
        stranger.kill()


def test_a_half_made_cluster_is_made_anew(new_postgres: NewPostgres) -> None:
    server = new_postgres()
    (server.home / "data.new").mkdir(parents=True)
    (server.home / "data.new" / "PG_VERSION").write_text("18\n")
    server.start()

    assert not (server.home / "data.new").exists()
    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_cluster_that_cannot_start_says_why(new_postgres: NewPostgres) -> None:
    server = new_postgres()
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a") as file:
        file.write("\nno_such_setting = 1\n")

    with pytest.raises(CannotStart, match="no_such_setting"):
        server.start()


def test_a_deep_folder_still_gets_a_socket(folder: Path) -> None:
    deep = folder / ("x" * 100) / "postgres"
    server = PostgresServer(deep, log=folder / "postgres.log", throw_away=True)
    deep.parent.mkdir()
    server.start()
    try:
        psycopg.connect(server.url("postgres")).close()
    finally:
        server.stop()

    assert not server.socket_folder.exists()


def test_forgetting_removes_every_file_of_the_cluster(new_postgres: NewPostgres) -> None:
    server = new_postgres()
    server.start()
    server.stop()
    server.remove()

    assert list(server.home.glob("data*")) == []


def test_the_server_dies_with_the_one_who_started_it(folder: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from voltgo.local.postgres_server import PostgresServer\n"
        "server = PostgresServer(Path(sys.argv[1]) / 'postgres', log=Path(sys.argv[1]) / 'log', throw_away=True)\n"
        "server.start(); print(server.pid, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.kill()
    deadline = time.monotonic() + 10
    while command_line(pid) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert command_line(pid) == ""


def test_redis_keeps_a_queue_between_runs(folder: Path) -> None:
    first = RedisServer(folder / "redis", log=folder / "redis.log")
    first.start()
    with redis.Redis.from_url(first.url) as client:
        client.rpush("queue", "job")
    first.stop()
    second = RedisServer(folder / "redis", log=folder / "redis.log")
    second.start()
    try:
        with redis.Redis.from_url(second.url) as client:
            assert client.lrange("queue", 0, -1) == [b"job"]
    finally:
        second.stop()


def test_redis_lets_nobody_in_without_the_password(folder: Path) -> None:
    server = RedisServer(folder / "redis", log=folder / "redis.log", throw_away=True)
    server.start()
    try:
        with redis.Redis(port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        assert server._password not in command_line(server.pid or 0)
    finally:
        server.stop()


def test_a_free_port_is_free() -> None:
    assert 1024 < free_port() < 65536
