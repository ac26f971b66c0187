from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import hermes.cli

Outcome = tuple[int, str, str]  # exit status, standard output, standard error
Run = Callable[..., Outcome]


@pytest.fixture
def asked(tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hermes recommend` in this process."""

    def run(*words: str, bundle: Path = tiny) -> Outcome:
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.setattr(sys, "argv", ["hermes", "recommend", str(bundle), *words])
        with pytest.raises(SystemExit) as end:
            hermes.cli.main()
        shown = capsys.readouterr()
        return int(end.value.code or 0), shown.out, shown.err

    return run


@pytest.mark.parametrize("tier", ["1", "2", "3"])
def test_a_slate_is_shown_on_every_tier(asked: Run, tier: str) -> None:
    status, out, err = asked("--user", "u3", "-k", "4", "--tier", tier)
    assert (status, err) == (0, "")
    assert out.count("Title ") == 4
    assert f"tier {tier}; ms: retrieval" in out


def test_json_is_one_object_of_k_items(asked: Run) -> None:
    status, out, err = asked("--user", "u3", "-k", "4", "--json")
    assert (status, err) == (0, "")
    said = json.loads(out)
    assert len({item["asset_id"] for item in said["items"]}) == 4
    assert set(said["items"][0]) >= {"title", "score", "propensity", "channels", "reason"}
    assert said["tier"] == 2


def test_reasons_come_when_they_are_asked_for(asked: Run) -> None:
    plain = json.loads(asked("--user", "u3", "-k", "4", "--json")[1])
    why = json.loads(asked("--user", "u3", "-k", "4", "--json", "--explain")[1])
    assert not any(item["reason"] for item in plain["items"])
    assert all(item["reason"] for item in why["items"])
    assert "why" in asked("--user", "u3", "--explain")[1]


def test_an_empty_name_is_a_newcomer(asked: Run) -> None:
    status, out, _ = asked("--user", "", "-k", "4", "--json")
    assert status == 0
    assert len(json.loads(out)["items"]) == 4


def test_an_unknown_user_exits_with_1_and_a_remedy(asked: Run) -> None:
    status, out, err = asked("--user", "nobody 🦊")
    assert (status, out) == (1, "")
    assert "'nobody 🦊' is not in" in err
    assert "--user ''" in err


@pytest.mark.parametrize("words", [("-k", "0"), ("--tier", "4"), ("-k", "many"), ("--usr", "u3")])
def test_wrong_use_exits_with_2(asked: Run, words: tuple[str, str]) -> None:
    status, out, err = asked("--user", "u3", *words)
    assert (status, out) == (2, "")
    assert words[0] in err or "--user" in err


def test_no_bundle_exits_with_1_and_how_to_make_one(asked: Run, tmp_path: Path) -> None:
    status, _, err = asked("--user", "u3", bundle=tmp_path / "none")
    assert status == 1
    assert "hermes train" in err


def test_a_damaged_bundle_exits_with_1_and_the_file(asked: Run, tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "b")
    with (tmp_path / "b" / "users.safetensors").open("r+b") as file:
        file.truncate(9)
    status, out, err = asked("--user", "u3", bundle=tmp_path / "b")
    assert (status, out) == (1, "")
    assert "file users.safetensors is damaged" in err
    assert err.count("\n") == 1
