"""Which drawing shows which shape."""

from __future__ import annotations

from collections.abc import Callable

from . import household as h, wares as w
from .thing import Thing

OBJECTS: dict[str, Callable[[Thing], None]] = {
    "shoe": w.shoe, "boot": w.boot, "backpack": w.backpack, "tote": w.tote, "chair": w.chair,
    "stool": w.stool, "table": w.table, "tent": w.tent, "lantern": w.lantern, "bottle": w.bottle,
    "notebook": w.notebook, "pen": w.pen, "shirt": w.shirt, "tee": w.tee, "jumper": w.jumper,
    "blocks": w.blocks, "rings": w.rings, "train": w.train, "vase": h.vase, "mug": h.mug,
    "bowl": h.bowl, "kettle": h.kettle, "pan": h.pan, "lamp": h.lamp, "desklamp": h.desklamp,
    "pendant": h.pendant, "headphones": h.headphones, "speaker": h.speaker, "radio": h.radio,
    "watch": h.watch,
}  # fmt: skip
