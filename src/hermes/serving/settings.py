"""Every `HERMES_*` setting of the server; docs/settings.md is made from the words beside them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hermes.core.errors import ConfigError, DataError

Tier = Literal["auto", "1", "2", "3"]


class Settings(BaseSettings):
    """Read from the environment; `hermes serve` sets what its options say."""

    model_config = SettingsConfigDict(env_prefix="HERMES_", extra="ignore", frozen=True)

    bundle: Path = Path("bundle")  # the bundle to serve
    host: str = "127.0.0.1"  # the address to listen on
    port: int = Field(8080, ge=1, le=65535)  # the port to listen on
    tier: Tier = "auto"  # 1 PyTorch on a GPU, 2 ONNX, 3 indexes only; auto: what fits
    workers: int = Field(0, ge=0, le=64)  # processes that answer; 0: one a core, at most four
    threads: int = Field(0, ge=0, le=64)  # that compute slates; 0: in the event loop itself
    log: Path | None = None  # the event log; None: `hermes-log.db` beside the bundle
    log_bytes: int = Field(0, ge=0)  # the log's largest size on disk; 0: no limit
    log_days: float = Field(90.0, gt=0)  # days a flushed event stays in the log
    lake: Path | None = None  # where events and exposures land; None: they stay in the log
    flush_seconds: float = Field(60.0, gt=0)  # between two flushes into the lake
    pictures: Path | None = None  # None: `pictures` in the bundle, or in the lake
    body_bytes: int = Field(1_048_576, ge=1024)  # largest body of a request
    body_seconds: float = Field(10.0, gt=0)  # longest wait for a body
    events_limit: int = Field(10_000, ge=1)  # most events of one request
    numbers: Path | None = None  # where workers leave their counts; `hermes serve` makes it
    arrivals: float = Field(15.0, ge=0)  # seconds between taking new assets in; 0: at a start only
    features: str = Field(
        "memory", pattern=r"^(memory|(redis|rediss|unix)://.+)$"
    )  # what keeps the features of users: memory, each process its own, or the address of a Redis
    features_users: int = Field(
        50_000, ge=1
    )  # most users in memory, 1.4 kB each; beyond it the longest idle go
    features_seconds: float = Field(0.05, gt=0)  # longest wait for an answer of that Redis
    slate_limit: int = Field(200, ge=1, le=1000)  # largest k
    conversations: int = Field(10_000, ge=1)  # most that the agent keeps; the oldest go
    language_url: str = Field(
        "", pattern=r"^(https?://[^\s?#]+)?$"
    )  # of an OpenAI-compatible server, up to /v1; empty: the agent answers by templates
    language_model: str = Field("", max_length=200)  # the model that server is asked for
    language_key: SecretStr = SecretStr("")  # sent to it as a bearer token; never logged
    language_seconds: float = Field(10.0, gt=0)  # longest wait for a whole answer of it

    def admit(self, k: int) -> None:
        """Raise `DataError` for a slate longer than the largest."""
        if k > self.slate_limit:
            raise DataError(
                f"k: {k} is more than {self.slate_limit}; ask for less, "
                "or let HERMES_SLATE_LIMIT allow it"
            )

    def processes(self) -> int:
        """How many workers that is here."""
        return self.workers or min(len(os.sched_getaffinity(0)), 4)

    def event_log(self) -> Path:
        """Where the event log lies."""
        return self.log or self.bundle.resolve().parent / "hermes-log.db"

    def vectors(self) -> Path:
        """Where all workers keep the vectors of arrived pictures and sound: beside the log."""
        log = self.event_log()
        return log.with_name(f"{log.stem}-vectors.db")

    def picture_folder(self) -> Path | None:
        """The first folder of pictures that exists."""
        beside = [self.bundle / "pictures"] + ([self.lake / "pictures"] if self.lake else [])
        return next((p for p in [self.pictures, *beside] if p and p.is_dir()), None)


def load(**values: object) -> Settings:
    """Settings from the environment with `values` laid over; raises `ConfigError`."""
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "HERMES_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigError(f"{name}: {first['msg']}, found {first['input']!r}") from error
