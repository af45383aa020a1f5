"""Schema migrations: Alembic, run by the program itself when it opens a database."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.errors import Unavailable
from records.engine import Database

SCRIPTS = Path(__file__).parent / "migrations"

_LOCK = 0x6C69616E
"""Key of the advisory lock that lets one process migrate while the others wait."""


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the schema up to a revision, in one transaction; safe to call from several processes at once.

    Raises:
        Unavailable: If the database cannot be opened, or was written by a newer version of the program.
    """
    try:
        await database.migrate(lambda conn: _upgrade(conn, revision))
    except CommandError as error:
        raise Unavailable("记录库由更新版本的程序建立，本程序不认识。", "请升级程序，或使用与之匹配的备份。") from error
    except DBAPIError as error:
        raise Unavailable("记录库无法打开。", "请检查数据库地址、权限以及文件是否损坏。") from error


async def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to a revision (`base`: empty), in one transaction."""
    await database.migrate(lambda conn: command.downgrade(_config(conn), revision))


def _upgrade(connection: Connection, revision: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = _config(connection)
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if revision == "head" and current == scripts.get_current_head():
        return
    command.upgrade(config, revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
