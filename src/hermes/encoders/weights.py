"""Weights that others learned, of networks that transformers knows.

They come from a folder or a hub name, only as safetensors, and no code comes with them. A network
that would be partly random because its file lacks weights is refused.
"""

from __future__ import annotations

import hashlib
from typing import Any

from safetensors import SafetensorError

from hermes.core.errors import ConfigError
from hermes.core.extras import extra


def loaded(network: str, processor: str, weights: str, device: str) -> tuple[Any, Any]:
    """A processor and a network by their classes' names in transformers, ready to be asked.

    Raises `ConfigError` where there are none, or not all; `Unavailable` without transformers.
    """
    transformers = extra("transformers", "weights")
    transformers.utils.logging.disable_progress_bar()  # it writes to what is no terminal too
    try:
        prepare = getattr(transformers, processor).from_pretrained(weights)
        net, info = getattr(transformers, network).from_pretrained(
            weights, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, LookupError, AttributeError, SafetensorError) as error:
        raise ConfigError(
            f"{weights}: no {network} can be read there: {error}; "
            "give a folder with config.json, model.safetensors and the processor's files"
        ) from error
    if info["missing_keys"]:
        some = ", ".join(sorted(info["missing_keys"])[:3])
        raise ConfigError(f"{weights}: lacks {len(info['missing_keys'])} weights ({some} ...)")
    return prepare, net.to(device).eval()


def fingerprint(net: Any) -> str:
    """Eight digits of a hash of all weights, by name."""
    import torch

    made = hashlib.sha256()
    for name, tensor in sorted(net.state_dict().items()):
        made.update(name.encode())
        made.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return made.hexdigest()[:8]
