"""Networks of thousands of weights, made here, in the files that the published ones come in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ANSWERS = {  # what the small Florence-2 is taught to say of a picture of one colour
    "red": {
        "<MORE_DETAILED_CAPTION>": "A red dress on a wall.",
        "<OD>": "dress<loc_1><loc_2><loc_300><loc_400>hat<loc_5><loc_6><loc_7><loc_8>",
        "<DENSE_REGION_CAPTION>": "white wall<loc_0><loc_0><loc_999><loc_999>",
    },
    "blue": {
        "<MORE_DETAILED_CAPTION>": "Blue shoes.",
        "<OD>": "shoes<loc_10><loc_20><loc_30><loc_40>",
        "<DENSE_REGION_CAPTION>": "white wall<loc_0><loc_0><loc_999><loc_999>",
    },
}
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def tokenizer(folder: Path, texts: Sequence[str], **special: Any) -> Any:
    """One of RoBERTa's kind, learned from a few texts."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaTokenizer

    learned = ByteLevelBPETokenizer()
    learned.train_from_iterator(texts, vocab_size=400, special_tokens=SPECIAL, show_progress=False)
    folder.mkdir(parents=True, exist_ok=True)
    vocab, merges = learned.save_model(str(folder))
    return RobertaTokenizer(vocab=vocab, merges=merges, **special)


def florence(folder: Path, words: Any) -> tuple[Any, Any]:
    """A Florence-2 with random weights, and its processor."""
    import torch
    from transformers import (
        BartConfig,
        Florence2Config,
        Florence2ForConditionalGeneration,
        Florence2Processor,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.florence2.configuration_florence2 import Florence2VisionConfig

    torch.manual_seed(0)
    sees = Florence2VisionConfig(
        depths=(1, 1, 1, 1), embed_dim=(8, 8, 16, 16), num_heads=(2, 2, 2, 2),
        num_groups=(2, 2, 2, 2), window_size=4, projection_dim=32, drop_path_rate=0.0,
    )  # fmt: skip
    says = BartConfig(
        vocab_size=len(words), d_model=32, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64,
        decoder_ffn_dim=64, max_position_embeddings=256, dropout=0.0,
    )  # fmt: skip
    net = Florence2ForConditionalGeneration(
        Florence2Config(vision_config=sees, text_config=says, image_token_id=words.image_token_id)
    )
    looks = CLIPImageProcessorPil(size={"height": 64, "width": 64}, do_center_crop=False)
    looks.image_seq_length = 5  # of 64 pixels a side: four patches and their mean
    kinds: dict[str, Any] = {"pure_text": {}, "description_with_bboxes": {}}
    processor = Florence2Processor(looks, words, post_processor_config=kinds)
    net.save_pretrained(folder / "random")
    processor.save_pretrained(folder / "random")
    return net, processor


def teach(net: Any, processor: Any, steps: int = 150) -> None:
    """Let it learn `ANSWERS` by heart."""
    import torch

    asked = [(c, task, said) for c, both in ANSWERS.items() for task, said in both.items()]
    pictures = [Image.new("RGB", (70, 50), colour) for colour, _, _ in asked]
    given = processor(
        text=[task for _, task, _ in asked], images=pictures, return_tensors="pt", padding=True
    )
    wanted = processor.tokenizer([said for _, _, said in asked], return_tensors="pt", padding=True)[
        "input_ids"
    ]
    wanted[wanted == processor.tokenizer.pad_token_id] = -100
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            net(**given, labels=wanted).logits.flatten(0, 1), wanted.flatten()
        )
        loss.backward()
        optimiser.step()
        if loss.item() < 0.02:
            return


@pytest.fixture(scope="session")
def small_florence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `random`, as it began, and `taught`, which has learned `ANSWERS`."""
    folder = tmp_path_factory.mktemp("florence")
    prompts = ["Describe with a paragraph what is shown in the image.", "Locate the objects"]
    words = tokenizer(folder / "words", prompts, extra_special_tokens={"image_token": "<image>"})
    words.add_tokens([f"<loc_{i}>" for i in range(1000)])
    net, processor = florence(folder, words)
    teach(net, processor)
    net.save_pretrained(folder / "taught")
    processor.save_pretrained(folder / "taught")
    return folder


@pytest.fixture(scope="session")
def small_clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CLAP of random weights that hears a second at 16 kHz."""
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, ClapProcessor

    folder = tmp_path_factory.mktemp("clap")
    torch.manual_seed(0)
    words = tokenizer(folder / "words", ["a dog barks", "rain on a roof"])
    config = ClapConfig(
        audio_config={
            "spec_size": 64, "num_mel_bins": 16, "patch_embeds_hidden_size": 8, "depths": [1, 1],
            "num_attention_heads": [2, 2], "hidden_size": 16, "window_size": 4, "num_classes": 2,
            "num_hidden_layers": 2,
        },
        text_config={
            "vocab_size": len(words), "hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 32,
        },
        projection_dim=12,
    )  # fmt: skip
    hears = ClapFeatureExtractor(
        feature_size=16, sampling_rate=16_000, hop_length=160, max_length_s=1,
        fft_window_size=512, frequency_max=7000, truncation="rand_trunc",
    )  # fmt: skip
    ClapModel(config).save_pretrained(folder / "random")
    ClapProcessor(hears, words).save_pretrained(folder / "random")
    return folder / "random"
