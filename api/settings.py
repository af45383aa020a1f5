"""What the HTTP door can be told from outside: `LIANZHI_HOST`, `LIANZHI_PORT`, `LIANZHI_AUTH`."""

from enum import StrEnum

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AuthMode(StrEnum):
    """How callers are recognised."""

    LOCAL = "local"
    TOKEN = "token"
    OIDC = "oidc"


class ApiSettings(BaseSettings):
    """Settings of the HTTP door, from `LIANZHI_*`."""

    model_config = SettingsConfigDict(env_prefix="LIANZHI_", extra="forbid")

    host: str = "127.0.0.1"
    """`LIANZHI_HOST`: address to listen on."""
    port: int = Field(default=8000, ge=1, le=65535)
    """`LIANZHI_PORT`: TCP port, 1 to 65535."""
    auth: AuthMode = AuthMode.LOCAL
    """`LIANZHI_AUTH`: how callers are recognised; `local` signs in callers of this machine as a demo officer."""
