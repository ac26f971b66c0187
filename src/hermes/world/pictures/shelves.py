"""Which drawing shows which shape."""

from __future__ import annotations

from collections.abc import Callable

from . import clothes as c
from . import household as h
from . import wares as w
from .thing import Thing

OBJECTS: dict[str, Callable[[Thing], None]] = {
    "shoe": c.shoe, "boot": c.boot, "backpack": w.backpack, "tote": w.tote, "chair": w.chair,
    "stool": w.stool, "table": w.table, "tent": w.tent, "lantern": w.lantern, "bottle": w.bottle,
    "notebook": w.notebook, "pen": w.pen, "shirt": c.shirt, "tee": c.tee, "jumper": c.jumper,
    "blocks": w.blocks, "rings": w.rings, "train": w.train, "vase": h.vase, "mug": h.mug,
    "bowl": h.bowl, "kettle": h.kettle, "pan": h.pan, "lamp": h.lamp, "desklamp": h.desklamp,
    "pendant": h.pendant, "headphones": h.headphones, "speaker": h.speaker, "radio": h.radio,
    "watch": h.watch,
}  # fmt: skip
