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
    """Where the service listens and how it recognises callers.

    Attributes:
        host: Address to listen on.
        port: TCP port, 1 to 65535.
        auth: `local` signs in callers of this machine as a demo officer.
    """

    model_config = SettingsConfigDict(env_prefix="LIANZHI_", extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    auth: AuthMode = AuthMode.LOCAL
