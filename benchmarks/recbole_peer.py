"""Train one model of RecBole and print what it has learned after how many seconds of training.

`hermes bench speed --peer PYTHON` runs this with the interpreter of an environment in which
`benchmarks/recbole.txt` is installed; nothing of Hermes is imported. Model, loss, batches and
hyper-parameters are RecBole's own, and the steps are those of its trainer; what is added is a clock
that stands still while the model is judged. One JSON object a line: the seconds of training so far,
the passes over the data, and the quality on validation.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.data.interaction import Interaction
from recbole.utils import get_model, init_seed


def main() -> None:
    """The job is a JSON file: model, kind, folder, minutes, threads, seed, looks."""
    job = json.loads(Path(sys.argv[1]).read_text())
    torch.set_num_threads(job["threads"])
    config = Config(job["model"], "log", config_dict=settings(job))
    init_seed(config["seed"], True)
    dataset = create_dataset(config)
    train, valid, _ = data_preparation(config, dataset)
    model = get_model(config["model"])(config, train._dataset).to(config["device"])
    judge = rows(model, valid) if job["kind"] == "rows" else lists(model, dataset, job)
    learn(model, config, train, judge, job)


def settings(job: dict[str, Any]) -> dict[str, Any]:
    """How the log lies on disk, and how it is split; all else is RecBole's default."""
    files = {"data_path": job["folder"], "seed": job["seed"], "use_gpu": False, "state": "ERROR"}
    if job["kind"] == "rows":
        return files | {
            "benchmark_filename": ["train", "valid", "valid"],
            "load_col": {"inter": job["columns"]},
            "eval_args": {"mode": "labeled"},
            "metrics": ["AUC"],
            "valid_metric": "AUC",
            "USER_ID_FIELD": "user",
            "ITEM_ID_FIELD": "item",
            "LABEL_FIELD": "label",
        }
    split = {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full"}
    extra = {"train_neg_sample_args": None} if job["kind"] == "sequence" else {}
    return files | extra | {
        "load_col": {"inter": job["columns"]},
        "eval_args": split | {"group_by": "user"},
    }  # fmt: skip


def learn(model: Any, config: Any, train: Any, judge: Any, job: dict[str, Any]) -> None:
    """Until the minutes are over, judging every `looks` seconds of training."""
    optimiser = torch.optim.Adam(model.parameters(), lr=config["learning_rate"])
    spent, looked, passes = 0.0, 0.0, 0.0
    while spent < 60 * job["minutes"]:
        model.train()
        began, whole = time.perf_counter(), round(passes)
        for at, batch in enumerate(train, 1):
            optimiser.zero_grad()
            loss = model.calculate_loss(batch)
            (sum(loss) if isinstance(loss, tuple) else loss).backward()
            optimiser.step()
            now, passes = spent + time.perf_counter() - began, whole + at / len(train)
            if now - looked >= job["looks"]:
                say(now, passes, judge())
                spent, looked, began = now, now, time.perf_counter()
                model.train()
            if now >= 60 * job["minutes"]:
                break
        spent += time.perf_counter() - began
    say(spent, passes, judge())


def say(seconds: float, passes: float, quality: float) -> None:
    """One line."""
    figures = {"seconds": seconds, "passes": passes, "quality": quality}
    print(json.dumps(figures), flush=True)


def lists(model: Any, dataset: Any, job: dict[str, Any]) -> Any:
    """NDCG@10 of the validation item on the whole catalogue, what the user had left out."""
    held = np.load(Path(job["folder"]) / "cases.npz")
    item_of = np.array([dataset.token2id("item_id", str(i)) for i in held["known_items"]])
    places = np.zeros(int(held["known_items"].max()) + 1, np.int64)
    places[held["known_items"]] = item_of
    users = dataset.token2id("user_id", held["users"].astype(str))
    bounds, past, targets = held["offsets"], places[held["items"]], places[held["targets"]]
    length = job["length"]

    def judge() -> float:
        model.eval()
        total = 0.0
        for start in range(0, len(users), 256):
            q = np.arange(start, min(start + 256, len(users)))
            asked = {"user_id": torch.as_tensor(users[q])}
            if job["kind"] == "sequence":
                asked |= stretches([past[bounds[i] : bounds[i + 1]][-length:] for i in q], length)
            with torch.no_grad():
                score = model.full_sort_predict(Interaction(asked)).view(len(q), -1).numpy().copy()
            target = score[np.arange(len(q)), targets[q]]
            for row, i in enumerate(q):
                score[row, past[bounds[i] : bounds[i + 1]]] = -np.inf
            score[:, 0] = -np.inf
            score[np.arange(len(q)), targets[q]] = target
            rank = (score >= target[:, None]).sum(1)
            total += float(np.where(rank <= 10, 1 / np.log2(rank + 1), 0).sum())
        if hasattr(model, "restore_user_e"):  # what a graph network remembers between two questions
            model.restore_user_e = model.restore_item_e = None
        return total / len(users)

    return judge


def stretches(past: list[np.ndarray], length: int) -> dict[str, torch.Tensor]:
    """Right-padded histories and their lengths, as RecBole's sequence models read them."""
    out = torch.zeros(len(past), length, dtype=torch.long)
    for row, items in enumerate(past):
        out[row, : len(items)] = torch.as_tensor(items)
    return {"item_id_list": out, "item_length": torch.tensor([max(len(p), 1) for p in past])}


def rows(model: Any, valid: Any) -> Any:
    """Minus the log loss of the validation rows."""

    def judge() -> float:
        model.eval()
        total, count = 0.0, 0
        with torch.no_grad():
            for found in valid:
                batch = found[0] if isinstance(found, (tuple, list)) else found
                chance = model.predict(batch).double().clamp(1e-7, 1 - 1e-7)
                label = batch["label"].double()
                total += float((label * chance.log() + (1 - label) * (-chance).log1p()).sum())
                count += len(label)
        return total / count

    return judge


if __name__ == "__main__":
    main()
