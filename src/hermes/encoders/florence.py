"""Florence-2: a picture to a vector, and to words that can be searched.

Xiao et al. Florence-2: Advancing a unified representation for a variety of vision tasks. CVPR 2024,
through transformers. One network answers task prompts: a dense caption, the objects, and regions
with what they show. The vector is the mean of the encoder's output over picture and caption
prompt. Weights come from a folder or a hub name, only as safetensors, and no code comes with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Floats

from .captions import Seen
from .pictures import Limits, opened
from .weights import fingerprint, loaded

CAPTION, OBJECTS, REGIONS = "<MORE_DETAILED_CAPTION>", "<OD>", "<DENSE_REGION_CAPTION>"
PLACE = re.compile(r"<[^<>]*>")  # a place or a mark that is no word
SIDE = 1024  # pixels, of the longest side; the network itself looks at fewer


@dataclass(frozen=True, kw_only=True)
class FlorenceConfig:
    """Where the weights are, and how they are asked."""

    weights: str  # a folder, or a name on the hub such as florence-community/Florence-2-base
    batch: int = 8  # pictures at a time
    longest: int = 256  # tokens of an answer
    beams: int = 3
    device: str = "cpu"
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse what asks nothing."""
        if min(self.batch, self.longest, self.beams) < 1:
            raise ConfigError("florence: batch, longest and beams must be above 0")


class Florence:
    """An encoder of pictures' bytes that can say what it sees."""

    def __init__(self, config: FlorenceConfig) -> None:
        self.config = config
        self.processor, self.net = loaded(
            "Florence2ForConditionalGeneration", "Florence2Processor", config.weights, config.device
        )
        self.hash = fingerprint(self.net)

    @property
    def identity(self) -> str:
        """`vision:florence2:` and a hash of the weights."""
        return f"vision:florence2:{self.hash}"

    @property
    def d(self) -> int:
        """Length of a vector."""
        return int(self.net.config.text_config.hidden_size)

    @property
    def speaker(self) -> str:
        """Its identity and all that its words depend on besides."""
        said = {k: v for k, v in asdict(self.config).items() if k in ("longest", "beams")}
        return f"{self.identity}:{sorted(said.items())}"

    def encode(self, things: Sequence[bytes]) -> Floats:
        """Unit rows; `DataError` for what is no picture.  n -> (n, D)"""
        import torch

        out = np.zeros((0, self.d), np.float32)
        with torch.inference_mode():
            for pictures in self.batches(things):
                asked = self.asked(CAPTION, pictures)
                start = self.net.config.text_config.decoder_start_token_id
                first = torch.full((len(pictures), 1), start, device=self.net.device)
                told = self.net.model(**asked, decoder_input_ids=first)
                pooled = told.encoder_last_hidden_state.float().mean(1)
                rows = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
                out = np.concatenate([out, rows])
        return out

    def describe(self, things: Sequence[bytes]) -> list[Seen]:
        """Caption, objects and concepts of each; `DataError` for what is no picture."""
        return [
            Seen(plain(caption), labels(objects), labels(regions))
            for pictures in self.batches(things)
            for caption, objects, regions in zip(
                *(self.answers(task, pictures) for task in (CAPTION, OBJECTS, REGIONS)),
                strict=True,
            )
        ]

    def batches(self, things: Sequence[bytes]) -> Iterator[list[Image.Image]]:
        """Opened pictures, so many at a time."""
        for i in range(0, len(things), self.config.batch):
            part = things[i : i + self.config.batch]
            yield [opened(thing, self.config.limits, SIDE) for thing in part]

    def asked(self, task: str, pictures: list[Image.Image]) -> Any:
        """A task's prompt and the pictures as the network takes them."""
        made = self.processor(text=[task] * len(pictures), images=pictures, return_tensors="pt")
        return made.to(self.net.device)

    def answers(self, task: str, pictures: list[Image.Image]) -> list[Any]:
        """What the network says to a task: words, or boxes with labels."""
        import torch

        with torch.inference_mode():
            tokens = self.net.generate(
                **self.asked(task, pictures),
                max_new_tokens=self.config.longest,
                num_beams=self.config.beams,
                do_sample=False,
            )
        texts = self.processor.batch_decode(tokens, skip_special_tokens=task == CAPTION)
        return [
            self.processor.post_process_generation(text, task=task, image_size=picture.size)[task]
            for text, picture in zip(texts, pictures, strict=True)
        ]


def plain(said: str) -> str:
    """The words of an answer, without places and marks.

    >>> plain("<loc_7>A  red dress.</s>")
    'A red dress.'
    """
    return " ".join(PLACE.sub(" ", said).split())


def labels(found: Any) -> tuple[str, ...]:
    """What boxes are called, each name once; `DataError` where there are no boxes."""
    if not isinstance(found, dict) or "labels" not in found:
        raise DataError(f"florence: expected boxes with labels, got {type(found).__name__}")
    return tuple(dict.fromkeys(name for label in found["labels"] if (name := plain(label))))
