"""Verifies the audit chain of the configured records, without changing anything else."""

from pathlib import Path

from domain.errors import NotFound
from records.book import open_book
from records.settings import RecordsSettings


async def verify_from_settings(settings: RecordsSettings | None = None) -> int:
    """Walk the whole chain.

    Returns:
        How many entries hold.

    Raises:
        AuditBroken: At the first entry that does not hold.
        NotFound: If there are no records yet.
    """
    settings = settings or RecordsSettings()
    if not settings.database_url and not Path(settings.home, "records.sqlite").exists():
        raise NotFound(f"“{settings.home}”里还没有案件记录。", "请先启动服务并受理上报，或检查 LIANZHI_HOME。")
    async with open_book(settings.url) as book:
        return await book.verify_audit()
