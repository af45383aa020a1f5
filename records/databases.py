"""Which database a URL names."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import InvalidInput
from records.engine import Database
from records.postgres import PostgresDatabase
from records.sqlite import SqliteDatabase

_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def open_database(text: str) -> Database:
    """Prepare the database at a URL; nothing is connected yet.

    Raises:
        InvalidInput: If the URL cannot be used.
        Unavailable: If a driver is missing, or the folder of the file cannot be made.
    """
    url = database_url(text)
    return SqliteDatabase(url) if url.get_backend_name() == "sqlite" else PostgresDatabase(url)


def database_url(text: str) -> URL:
    """The URL with the driver this package uses.

    Raises:
        InvalidInput: If it is no URL, or names a database other than SQLite and PostgreSQL.
    """
    hint = "请使用 sqlite:///路径 或 postgresql://用户@主机/库名。"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InvalidInput("数据库地址无法识别。", hint) from error
    backend = url.drivername.partition("+")[0]
    if backend not in _DRIVERS:
        raise InvalidInput(f"不支持的数据库：{backend}。", hint)
    return url.set(drivername=_DRIVERS[backend])
