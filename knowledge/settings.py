"""Where the knowledge base lives, which model encodes it, and whose city it serves."""

from pathlib import Path

from pydantic import Field, SecretStr
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
    embedding_dim: int = Field(default=0, ge=0)
    """`LIANZHI_EMBEDDING_DIM`: keep so many of the first numbers of a vector (Matryoshka models); 0: all."""
    embedding_query_prompt: str = ""
    """`LIANZHI_EMBEDDING_QUERY_PROMPT`: put before every question; empty: the model's own prompt."""
    embedding_passage_prompt: str = ""
    """`LIANZHI_EMBEDDING_PASSAGE_PROMPT`: put before every passage; empty: the model's own prompt."""
    embedding_weight: float | None = Field(default=None, ge=0)
    """`LIANZHI_EMBEDDING_WEIGHT`: weight of the model's cosine against the words; none: the model's own, or 0.8."""
    reranker_model: str = ""
    """`LIANZHI_RERANKER_MODEL`: sentence-transformers cross-encoder, name or folder; empty: no second look."""
    reranker_depth: int = Field(default=50, ge=1, le=1000)
    """`LIANZHI_RERANKER_DEPTH`: so many of the best passages get the second look."""
    reranker_weight: float = Field(default=0.7, ge=0, le=1)
    """`LIANZHI_RERANKER_WEIGHT`: how much the second look counts against the first, 0 to 1."""
    model_device: str = ""
    """`LIANZHI_MODEL_DEVICE`: `cpu`, `cuda` … for sentence-transformers models; empty: the best there is."""
    city: str = "重庆"
    """`LIANZHI_CITY`: province or municipality whose local law is searched beside national law."""
    ocr: str = ""
    """`LIANZHI_OCR`: `tesseract` reads scanned pages and images; empty: they are skipped and named."""
