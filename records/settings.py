"""Where records live."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class RecordsSettings(BaseSettings):
    """Settings of the record store, from `LIANZHI_*`."""

    model_config = SettingsConfigDict(env_prefix="LIANZHI_", extra="forbid")

    home: Path = Path("var")
    """`LIANZHI_HOME`: data folder."""
    database_url: str = ""
    """`LIANZHI_DATABASE_URL`: SQLAlchemy URL of SQLite or PostgreSQL; empty: `records.sqlite` in the data folder."""

    @property
    def url(self) -> str:
        """The URL to open."""
        return self.database_url or f"sqlite:///{self.home / 'records.sqlite'}"
