from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import hermes.cli
from hermes.artifacts.bundle import Draft
from hermes.cli import assemble
from hermes.core.errors import ConfigError
from hermes.data.catalogue import Catalogue

Say = Callable[..., Result]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, shop: Catalogue) -> Path:
    """A bundle that holds nothing but a catalogue; item 40 is not on offer."""
    path = tmp_path_factory.mktemp("search") / "bundle"
    titles = tuple("Alien" if i in {3, 40} else t for i, t in enumerate(shop.titles))
    draft = Draft(path)
    draft.arrays("catalogue", replace(shop, titles=titles).arrays())
    draft.publish({"name": "small", "shape": {}, "models": {}, "recipe": {}})
    return path


def says(*words: object) -> Result:
    return CliRunner().invoke(assemble("search"), ["search", *map(str, words)])


def test_json_names_each_item_its_score_and_its_words(bundle: Path) -> None:
    out = says(bundle, "alien", "--json")
    assert out.exit_code == 0
    answer = json.loads(out.stdout)
    assert (answer["query"], answer["mode"]) == ("alien", "lexical")
    assert [item["asset_id"] for item in answer["items"]] == ["i3"]
    assert answer["items"][0]["matched"] == "alien"
    assert answer["items"][0]["score"] > 0
    assert (answer["weights"], answer["items"][0]["weights"]) == (None, None)


def test_k_is_the_most_that_is_shown(bundle: Path) -> None:
    assert len(json.loads(says(bundle, "title", "-k", 4, "--json").stdout)["items"]) == 4


def test_a_person_gets_a_table_or_a_line_that_nothing_matches(bundle: Path) -> None:
    assert "Alien" in says(bundle, "alien").stdout
    assert says(bundle, "xyzzy").stdout == "no item on offer is what this asks for\n"


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("semantic", "holds no text encoder; use lexical"),
        ("hybrid", "holds no text encoder; use lexical"),
        ("lexicl", "did you mean 'lexical'"),
    ],
)
def test_a_mode_the_bundle_cannot_serve_is_wrong_use(
    mode: str, message: str, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["hermes", "search", str(bundle), "alien", "--mode", mode]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as left:
        hermes.cli.main()
    assert left.value.code == 2
    assert message in str(says(bundle, "alien", "--mode", mode).exception)
    assert isinstance(says(bundle, "alien", "--mode", mode).exception, ConfigError)
