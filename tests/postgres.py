"""A throw-away PostgreSQL server for tests: its own folder, a Unix socket, no port."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from glob import glob
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server; `url` begins every address, `templates` are databases that others are copied from."""

    url: str
    templates: set[str] = field(default_factory=set)

    def database(self, template: str = "template0") -> str:
        """Create an empty database, or a copy of one, and give its URL."""
        name = f"{'t' if template == 'template0' else 'copy'}{os.getpid()}_{next(_numbers)}"
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.address("postgres"), autocommit=True) as conn:
            conn.execute(make)
        return self.address(name)

    def address(self, name: str) -> str:
        """URL of the database with this name."""
        return self.url.replace("/?", f"/{name}?") if "/?" in self.url else f"{self.url.rstrip('/')}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database that `database` made; fails if a connection was left open."""
        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self.address("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server named by LIANZHI_TEST_POSTGRES_URL (`postgresql://user@host:port/`), or one of our own."""
    given = os.environ.get("LIANZHI_TEST_POSTGRES_URL")
    if given:
        yield PostgresServer(given)
        return
    folder = Path(tempfile.mkdtemp(prefix="lianzhi-pg-"))
    try:
        yield from _serve(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: Path) -> Iterator[PostgresServer]:
    data, log = folder / "data", folder / "log"
    run_as = _owner(folder)
    _run([_binary("initdb"), "-D", str(data), "-U", "lianzhi", "-A", "trust", "-E", "UTF8", "--no-sync"], run_as)
    options = ["listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "max_connections=200"]
    settings = [part for option in options for part in ("-c", option)]
    with log.open("wb") as output:
        # The working folder of the caller may be closed to the user that the server runs as.
        command = [_binary("postgres"), "-D", str(data), *settings]
        server = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=_plain(), **run_as)
    try:
        url = f"postgresql://lianzhi@/?host={folder}"
        _until_ready(url.replace("/?", "/postgres?"), server, log)
        yield PostgresServer(url)
    finally:
        server.terminate()
        server.wait(30)


def _until_ready(url: str, server: "subprocess.Popen[Any]", log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def _binary(name: str) -> str:
    beside = sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(iter([*beside, *glob(f"/usr/local/bin/{name}")]), None)
    if found is None:
        pytest.fail(f"{name} not found: install the Debian package 'postgresql', or set LIANZHI_TEST_POSTGRES_URL")
    return found


def _owner(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: the folder is given to another user, and the server runs as it."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _plain() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def _run(command: list[str], run_as: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=_plain(), check=False, **run_as)
    if done.returncode:
        pytest.fail(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")
