"""A small source in the layout of MovieLens, and the tools to bring it in."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.domains.movielens import adapter

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """When things are ingested."""
    return NOW


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Three films, two people, six ratings, and three lines that are no good."""
    return made(tmp_path / "films")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that holds `films`; to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    ingest(Lake(folder / "lake"), adapter, made(folder / "films"), NOW)
    return folder / "lake"


@pytest.fixture
def lake(tmp_path: Path, filled: Path) -> Lake:
    """A lake of one's own that holds `films`."""
    return Lake(shutil.copytree(filled, tmp_path / "lake"))


def made(folder: Path) -> Path:
    """The files of `films`."""
    folder.mkdir()
    (folder / "movies.dat").write_text(
        "1::Matrix, The (1999)::Action|Sci-Fi\n2::Léon (1994)::Crime\n3::Heat (1995)::Crime\n",
        encoding="latin-1",
    )
    (folder / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072\n")
    (folder / "ratings.dat").write_text(
        "1::1::5::100\n1::2::4::100\n1::3::3::200\n2::2::1::50\n2::1::2::60\n2::3::nan::70\n"
        "2::9::3::80\nbroken line\n1::3::3::200\n"
    )
    return folder
