"""Where the knowledge base lives, which model encodes it, and whose city it serves."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """Settings of the knowledge base, from `LIANZHI_*`."""

    model_config = SettingsConfigDict(env_prefix="LIANZHI_", extra="forbid")

    home: Path = Path("var")
    """`LIANZHI_HOME`: data folder; the embedded vectors are in `knowledge` under it."""
    qdrant_url: str = ""
    """`LIANZHI_QDRANT_URL`: address of a Qdrant server; empty: the embedded engine."""
    qdrant_api_key: SecretStr = SecretStr("")
    """`LIANZHI_QDRANT_API_KEY`: key of that server; empty for servers that want none."""
    embedding_model: str = ""
    """`LIANZHI_EMBEDDING_MODEL`: sentence-transformers name or folder; empty: the model shipped with the package."""
    city: str = "重庆"
    """`LIANZHI_CITY`: province or municipality whose local law is searched beside national law."""
    ocr: str = ""
    """`LIANZHI_OCR`: `tesseract` reads scanned pages and images; empty: they are skipped and named."""
