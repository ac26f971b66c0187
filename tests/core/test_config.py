from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from hermes.core.config import build, override, resolve
from hermes.core.errors import ConfigError
from hermes.models.retrievers.popularity import Popularity


@dataclass(frozen=True, kw_only=True)
class Inner:
    lr: float = 0.1
    decay: bool = False


@dataclass(frozen=True, kw_only=True)
class Outer:
    name: str
    length: int = 5
    kind: Literal["fast", "slow"] = "fast"
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    numbers: tuple[int, ...] = ()
    limit: float | None = None
    other: Inner | None = None
    free: dict[str, Any] = field(default_factory=dict)


def test_a_table_becomes_nested_configs() -> None:
    table = {
        "name": "x",
        "inner": {"lr": 1},
        "many": [{"lr": 0.5}, {"decay": True}],
        "numbers": [1, 2],
        "limit": 3,
        "other": {"lr": 0.2},
        "free": {"any": [1]},
    }
    assert build(Outer, table) == Outer(
        name="x",
        inner=Inner(lr=1.0),
        many=(Inner(lr=0.5), Inner(decay=True)),
        numbers=(1, 2),
        limit=3.0,
        other=Inner(lr=0.2),
        free={"any": [1]},
    )


def test_a_whole_number_for_a_float_is_a_float() -> None:
    assert type(build(Inner, {"lr": 1}).lr) is float


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"lenght": 1}, "'lenght'; did you mean 'length'"),
        ({"inner": {"lrr": 1}}, "'inner.lrr'; did you mean 'lr'"),
        ({"many": [{}, {"dacay": True}]}, r"'many\[1\].dacay'; did you mean 'decay'"),
        ({"kind": "fats"}, "kind: 'fats'; did you mean 'fast'"),
        ({"zzzzzz": 1}, "valid: free, inner, kind"),
    ],
)
def test_a_wrong_word_names_its_path_and_the_nearest(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(Outer, {"name": "x", **table})


@pytest.mark.parametrize(
    "table",
    [
        {"length": "5"},
        {"length": 5.0},
        {"length": True},
        {"inner": 3},
        {"inner": {"lr": "fast"}},
        {"inner": {"decay": 1}},
        {"numbers": 3},
        {"numbers": [1, "b"]},
        {"limit": True},
        {"name": None},
        {"free": 3},
        {"kind": []},
        {"name": {}},
    ],
)
def test_a_value_of_another_type_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(table))):
        build(Outer, {"name": "x", **table})


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="name"):
        build(Outer, {})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("length=7", 7),
        ("length=1e-3", 1e-3),
        ("length=true", True),
        ('length="a b"', "a b"),
        ("length=word", "word"),
        ("length=[1, 2]", [1, 2]),
        ("length=a=b", "a=b"),
        ("length=", ""),
    ],
)
def test_a_setting_is_toml_or_a_bare_word(setting: str, value: Any) -> None:
    assert override({}, setting) == {"length": value}


def test_a_setting_reaches_an_entry_by_its_number_or_its_name() -> None:
    table: dict[str, Any] = {"channels": [{"name": "a"}, {"name": "b"}]}
    override(table, "channels.1.config.d=8")
    override(table, "channels.a.config.d=4")
    assert [c["config"]["d"] for c in table["channels"]] == [4, 8]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("length", "write key=value"),
        ("name.x=1", "not a table"),
        ("name.x.y=1", "not a table"),
        ("channels.aa.d=1", "did you mean 'a'"),
        ("channels.9.d=1", "no '9'"),
        ("channels.0=1", "not a table"),
        ("=1", "write key=value"),
        ("a..b=1", "write key=value"),
    ],
)
def test_a_setting_that_leads_nowhere_is_refused(setting: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        override({"name": "n", "channels": [{"name": "a"}]}, setting)


def test_a_name_becomes_a_class() -> None:
    assert resolve("hermes.models.retrievers.popularity:Popularity") is Popularity


@pytest.mark.parametrize(
    "name",
    [
        "os:system",
        "hermes.core.config:resolve",
        "hermes.models.base:Model",
        "hermes.models.retrievers_evil:X",
        "hermes.models.retrievers.popularity",
        "hermes.models.retrievers.popularity:",
        "hermes.models.retrievers.popularity:Popularity.fit",
        "hermes.models.retrievers.popularity:__class__()",
        "hermes.models.retrievers.nothing:Nothing",
        "hermes.models.retrievers.popularity:Nothing",
        "hermes.models.retrievers..:Nothing",
        "hermes.models.retrievers.popularity:__builtins__",
        "hermes.models.retrievers.popularity:np",
        "",
    ],
)
def test_only_a_class_of_an_allowed_package_is_resolved(name: str) -> None:
    with pytest.raises(ConfigError):
        resolve(name)


def test_a_part_is_left_out_by_its_name() -> None:
    table = {"channels": [{"name": "a"}, {"name": "b"}], "rank": {"keep": 1}}
    assert override(table, "-channels.a") == {"channels": [{"name": "b"}], "rank": {"keep": 1}}
    assert override(table, "-rank") == {"channels": [{"name": "b"}]}


@pytest.mark.parametrize("setting", ["-rang", "-channels.c"])
def test_what_is_not_there_can_not_be_left_out(setting: str) -> None:
    with pytest.raises(ConfigError, match=r"--set .*: no '"):
        override({"channels": [{"name": "a"}], "rank": {}}, setting)
