"""Model cards: what each model of a bundle is, learned from, achieved, cost, and cannot do.

Mitchell et al. Model cards for model reporting. FAT* 2019. Nothing in a card is typed: the idea is
the model's docstring, everything else is read from the manifest and the files beside it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from hermes.artifacts.bundle import code_hash, sha256
from hermes.artifacts.onnx_session import Session
from hermes.core.config import build, resolve

HELD = (
    "On held-out users, who also stopped networks early and chose an ensemble's weights; 95 % by"
    " bootstrap."
)
Entry = Mapping[str, Any]
Lines = list[str]


def write_cards(folder: Path, manifest: Mapping[str, Any]) -> None:
    """One file a model below `cards/` of a bundle that is being written."""
    (folder / "cards").mkdir(exist_ok=True)
    for name, text in cards(folder, manifest):
        (folder / "cards" / f"{name}.md").write_text(text, "utf-8")


def cards(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each card."""
    for name, entry in manifest["models"].items():
        files = sorted((folder / "models").glob(f"{name}.*"))
        files = [f for f in files if owner(f.name, manifest["models"]) == name]
        parts = {
            "": idea(entry),
            "Data": data(folder, manifest, entry),
            "Configuration": rows(settings(entry)),
            "Figures": figures(name, manifest, entry),
            "Cost": cost(name, manifest, files),
            "Limits": limits(name, folder, manifest, entry),
            "Hashes": rows({"code": code_hash()} | {f.name: sha256(f) for f in files}),
        }
        chapters = [f"## {title}\n" * bool(title) + "\n".join(p) for title, p in parts.items() if p]
        yield name, f"# {name}\n\n" + "\n\n".join(chapters) + "\n"
    if "gate" in manifest:
        yield "gate", "# gate\n\n" + "\n".join(gate(manifest["gate"])) + "\n"


def gate(said: Mapping[str, Any]) -> Lines:
    """The gate: what it is and how often it opens."""
    told = inspect.cleandoc(importlib.import_module("hermes.ranking.gate").__doc__ or "")
    made = inspect.cleandoc(importlib.import_module("hermes.workflows.gate").__doc__ or "")
    table = {
        "channels compared": ", ".join(said["channels"]) or "none",
        "who answers when it is open": said["to"] or "the blend, without the rankers",
        "ordinary queries on which it may open": f"{said['rate']:.2%}",
        "threshold": f"{said['threshold']:.2f} deviations",
    }
    lines = ["| queries | it opens on | area under the ROC curve |", "|---|---|---|"]
    for kind, share in said["opens"].items():
        area = said["auroc"].get(kind)
        lines.append(f"| {kind} | {share:.2%} | {'' if area is None else f'{area:.3f}'} |")
    measured = f"{said['queries']:,} queries of each kind, none of them used to set the threshold."
    return [told, "", "## Configuration", *rows(table), "", "## Figures", *lines, "", measured, "",
            made]  # fmt: skip


def owner(file: str, models: Mapping[str, Any]) -> str:
    """The model a file belongs to: the longest name that begins it."""
    return max((m for m in models if file.startswith(f"{m}.")), key=len, default="")


def rows(table: Mapping[str, Any]) -> Lines:
    """A Markdown table of two columns."""
    lines = [f"| {key} | {value} |" for key, value in table.items()]
    return ["| | |", "|---|---|", *lines] if lines else []


def idea(entry: Entry) -> Lines:
    """The docstring of the model's module: the idea, its source, and what differs from it."""
    module, _, name = str(entry["class"]).partition(":")
    told = inspect.cleandoc(importlib.import_module(module).__doc__ or "")
    return [f"`{module}:{name}`", "", told]


def data(folder: Path, manifest: Mapping[str, Any], entry: Entry) -> Lines:
    """What it learned from, and what was kept from it."""
    shape = manifest["shape"]
    split = {
        "none": "all events; each user's last were kept from the first fit of the retrievers",
    }.get(manifest["protocol"], f"without the test events of protocol {manifest['protocol']}")
    table = {
        "recipe": manifest["name"],
        "hash of the data": manifest["data_hash"],
        "events": f"{manifest['events']:,}",
        "users": f"{shape['n_users'] - 1:,}",
        "items": f"{shape['n_items'] - 1:,}",
        "split": split,
        "seed": manifest["seed"],
    }
    if "groups" in entry:
        table["learned from"] = (
            f"{entry['groups']:,} queries of users' last events, candidates of models that had not"
            f" seen them; {entry['asked'] - entry['groups']:,} more whose candidates did not hold"
            " the label"
        )
    return rows(table)


def settings(entry: Entry) -> dict[str, Any]:
    """The whole config, with what the recipe left as it was."""
    cls = resolve(entry["class"])
    table = asdict(build(cls.Config, entry["config"]))
    table.pop("members", None)  # they have cards of their own
    flat: dict[str, Any] = {}
    for key, value in table.items():
        nested = value if isinstance(value, dict) else {}
        flat |= {f"{key}.{k}": f"`{v}`" for k, v in nested.items()} or {key: f"`{value}`"}
    return flat


def figures(name: str, manifest: Mapping[str, Any], entry: Entry) -> Lines:
    """On users it did not learn from, with 95 % intervals; of an ensemble all its members."""
    table = {}
    for system in (name, f"channel.{name}"):
        bounds = manifest.get("intervals", {}).get(system, {})
        for metric, (low, high) in bounds.items():
            table[metric] = f"{manifest['metrics'][system][metric]:.4f} ({low:.4f} to {high:.4f})"
    lines = rows(table)
    if lines:
        lines += ["", HELD]
    if "ensemble" in entry:
        lines += ["", *verdict(entry["ensemble"])]
    if "weight" in entry:
        stage, _, member = name.rpartition(".")
        said = manifest["models"][stage]["ensemble"]
        lines += [f"Weight in `{stage}`: {entry['weight']:.3f}."]
        lines += [] if entry["weight"] else ["It brought no gain: it is neither kept nor asked."]
        lines += [f"Alone, its slates are worth {worth(said['alone'][member])}."]
    return lines


def verdict(said: Mapping[str, Any]) -> Lines:
    """Weights, gains and values of an ensemble."""
    lines = ["| member | weight | alone | lost without it |", "|---|---|---|---|"]
    for member, weight in said["weights"].items():
        gain = said["gains"].get(member)
        cells = [f"{weight:.3f}", worth(said["alone"][member])]
        lines.append(f"| {member} | {' | '.join([*cells, worth(gain) if gain else 'no gain'])} |")
    lines += ["", "| slates | worth |", "|---|---|"]
    lines += [f"| {kind} | {worth(value)} |" for kind, value in said["values"].items()]
    return [
        *lines, "",
        f"Doubly robust estimates of NDCG@10 with 95 % intervals, from {said['rounds']:,} rounds at"
        f" {said['queries']:,} queries, {said['log']}; under the chosen weights they are worth"
        f" {said['effective']:.0f}. `held out` is by users who had no part in the choice.",
    ]  # fmt: skip


def worth(value: Mapping[str, float]) -> str:
    """An estimate, its interval, and the truth where it is known.

    >>> worth({"mean": 0.2, "low": 0.1, "high": 0.3, "true": 0.21})
    '0.2000 (0.1000 to 0.3000), truly 0.2100'
    """
    shown = f"{value['mean']:.4f} ({value['low']:.4f} to {value['high']:.4f})"
    return shown + (f", truly {value['true']:.4f}" if "true" in value else "")


def cost(name: str, manifest: Mapping[str, Any], files: list[Path]) -> Lines:
    """Seconds, parameters, bytes."""
    arrays = [f for f in files if f.name == f"{name}.safetensors"]
    numbers = sum(a.size for f in arrays for a in load_file(f).values())
    table = {"numbers it keeps": f"{numbers:,}"} if arrays else {}
    table |= {f"bytes of {f.name}": f"{f.stat().st_size:,}" for f in files}
    if name in manifest.get("seconds", {}):
        table["seconds of training"] = f"{manifest['seconds'][name]:.1f}"
    return [*rows(table), "", "Latency is measured where it serves: `hermes bench serve`."]


def limits(name: str, folder: Path, manifest: Mapping[str, Any], entry: Entry) -> Lines:
    """What follows from how it was made."""
    channels = manifest["recipe"]["channels"]
    spec: Entry = next((c for c in channels if c["name"] == name), {})
    tiers = [t for t in spec.get("tiers", (1, 2, 3)) if t < 3 or not entry["neural"]]
    tiers = tiers if spec else [1, 2]
    out = [f"Served on tiers {', '.join(map(str, tiers))}."]
    if "length" in entry:
        out.append(f"Of a history it reads the last {entry['length']} events at most.")
    graph = folder / "models" / f"{name}.onnx"
    if graph.exists():
        read = set(Session(graph).inputs)
        out.append(f"Its graph reads {', '.join(sorted(read))}.")
        blind = BLIND["channel" if spec else "ranker"]
        out += [f"It is blind to {what}." for part, what in blind.items() if part not in read]
    if "columns" in entry:
        known = ", ".join(entry["columns"]["channels"])
        out.append(f"It reorders what {known} brought and can add nothing to it.")
        if not entry["columns"]["rich"]:
            out.append("It does not read how a candidate sits beside the user's past.")
    popularity = load_file(folder / "snapshot.safetensors")["popularity"][1:]
    cold = int(np.sum(popularity == 0))
    out.append(f"{cold:,} of {len(popularity):,} items had no event to learn from.")
    out += [f"While it learned: {line}" for line in manifest.get("warnings", {}).get(name, ())]
    out.append("Tried on held-out users of this data with one seed, and on nothing else.")
    return [f"- {line}" for line in out]


BLIND = {
    "channel": {
        "user": "who asks, but for the history",
        "history": "the history",
        "ages": "how long ago an event was",
        "context": "page, device and referrer",
    },
    "ranker": {
        "history": "the history, but for what the facts of a candidate say of it",
        "sparse": "which item it is and its attributes, but for its numbers",
    },
}
