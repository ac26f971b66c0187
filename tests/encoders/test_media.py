from __future__ import annotations

from pathlib import Path

import pytest

from hermes.core.errors import DataError
from hermes.data.fetch import Care
from hermes.encoders.media import content


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = tmp_path / "media"
    (root / "a b").mkdir(parents=True)
    (root / "a b" / "one.jpg").write_bytes(b"one")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return root


def test_a_file_is_read_by_its_path_or_its_address(home: Path) -> None:
    full = home / "a b" / "one.jpg"
    near = full.as_uri().replace("file://", "file://localhost")
    for uri in ("a b/one.jpg", str(full), full.as_uri(), near):
        assert content(uri, home) == b"one"


@pytest.mark.parametrize(
    "uri",
    ["../secret.txt", "a b/../../secret.txt", "/etc/hostname", "file:///etc/hostname"],
)
def test_a_path_out_of_the_folder_is_refused(home: Path, uri: str) -> None:
    with pytest.raises(DataError, match="outside"):
        content(uri, home)


def test_an_address_whose_dots_are_written_in_code_is_refused(home: Path) -> None:
    with pytest.raises(DataError, match="outside"):
        content(f"file://{home}/%2e%2e/secret.txt", home)


def test_a_link_out_of_the_folder_is_refused(home: Path) -> None:
    (home / "link.jpg").symlink_to(home.parent / "secret.txt")
    with pytest.raises(DataError, match="outside"):
        content("link.jpg", home)


def test_a_link_to_itself_is_refused(home: Path) -> None:
    (home / "loop.jpg").symlink_to(home / "loop.jpg")
    with pytest.raises(DataError, match="cannot be read"):
        content("loop.jpg", home)


@pytest.mark.parametrize("uri", ["", ".", "a b"])
def test_a_folder_is_no_file(home: Path, uri: str) -> None:
    with pytest.raises(DataError, match="is no file"):
        content(uri, home)


@pytest.mark.parametrize("uri", ["gone.jpg", "a\0b.jpg", "x" * 5000])
def test_what_is_not_there_is_named(home: Path, uri: str) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        content(uri, home)


def test_a_file_above_the_limit_is_refused(home: Path) -> None:
    (home / "large.jpg").write_bytes(bytes(101))
    with pytest.raises(DataError, match="more than the 100 bytes"):
        content("large.jpg", home, Care(largest=100))


def test_files_need_a_folder(home: Path) -> None:
    with pytest.raises(DataError, match="no folder was given"):
        content("a b/one.jpg")


@pytest.mark.parametrize("uri", ["data:image/png;base64,AA", "ftp://example.org/x", "gopher:x"])
def test_other_schemes_are_not_read(home: Path, uri: str) -> None:
    with pytest.raises(DataError, match="only files, http and https"):
        content(uri, home)


def test_files_of_other_machines_are_not_read(home: Path) -> None:
    with pytest.raises(DataError, match="another machine"):
        content("file://example.org/x.jpg", home)


def test_nothing_is_fetched_from_a_host_nobody_allowed(home: Path) -> None:
    with pytest.raises(DataError, match="not on the list of hosts"):
        content("https://example.org/x.jpg", home)
    with pytest.raises(DataError, match="is no address"):
        content("http://[::1", home)
