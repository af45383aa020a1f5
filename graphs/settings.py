"""How runs are carried out."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GraphSettings(BaseSettings):
    """Settings of the runs, from `LIANZHI_*`."""

    model_config = SettingsConfigDict(env_prefix="LIANZHI_", extra="forbid")

    home: Path = Path("var")
    """`LIANZHI_HOME`: data folder, with `checkpoints.sqlite` and, if a city was imported, `world.json`."""
    run_concurrency: int = Field(default=8, ge=1)
    """Runs carried out at a time in one process; others wait their turn."""
    drain_s: float = Field(default=20.0, ge=0)
    """Seconds that a stopping service lets running cases finish; what is cut off goes on at the next start."""
    dispute_check_s: float = Field(default=60.0, ge=0)
    """Seconds between looks at the clocks of disputes over returned orders; 0: only when somebody acts on one."""
    alert_every_h: float = Field(default=24.0, ge=0)
    """Hours between watches of the case log for alerts; 0: only when somebody asks."""
    alert_q: float = Field(default=0.05, gt=0, lt=1)
    """Share of false alarms among all alerts of one watch, over the whole city."""
    alert_days: int = Field(default=400, ge=60)
    """Days of the case log that a watch looks back at."""
