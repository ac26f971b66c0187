"""Colours by genre: each palette is dark ground, deep, middle, light, and an accent."""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from random import Random

RGB = tuple[int, int, int]
Palette = tuple[RGB, RGB, RGB, RGB, RGB]


def colours(text: str) -> Palette:
    """Five colours written as hexadecimal numbers."""
    a, b, c, d, e = ((int(h[0:2], 16), int(h[2:4], 16), int(h[4:6], 16)) for h in text.split())
    return a, b, c, d, e


NIGHT = colours("0b1026 1f2a56 4a5a9a d9dcf2 f2b84b")
PALETTES: dict[str, tuple[Palette, ...]] = {
    name: tuple(colours(one) for one in lists)
    for name, lists in {
        "Drama": ("1d1f2b 49414d a8716a f0dcc5 e0a458", "20302f 3f5d57 8fa58f f1ead6 d97b4f"),
        "Comedy": ("3b1c4a d6456b f78e69 fff1d0 2ec4b6", "1e3a5f f2a541 f7d08a fff8e7 e4572e"),
        "Thriller": ("0a0c10 18222e 3d5163 dfe6ea e63946", "0d0b0e 2b1b24 6b3a4a eadfdc f4a300"),
        "Science Fiction": ("070b1f 17265c 4b6fd0 dff3ff ff6b6b",
        "0c0a1d 2f1c5c 8e4ec6 f5e1ff 3df5d0"),
        "Horror": ("070707 1c0d0f 5c1a1b e8dcd0 c1121f", "050a0a 11211d 2f4a3f d8e2d0 a4161a"),
        "Romance": ("3d1e3b 9c3f6b f28fa0 fff0e6 ffc857", "2b2645 7a4e86 e39fb4 fdf0ec f3722c"),
        "Western": ("2b140e 7a3219 d9772f f9e0b0 f2c14e", "241b16 6b4429 c98d4f f6e3c1 a63a1f"),
        "Noir": ("060606 191919 4d4d4d ececec d4a017", "08090c 1a1d25 4a5060 e8e8ea b5382a"),
        "Animation": ("123c69 2e86ab 76c7c0 fff6d5 f6511d", "30185c 7d4cdb ffb86c fff4dc 3ad29f"),
        "Documentary": ("13202a 2d4a57 7c99a0 eef2ef e9a23b", "1f2419 4a5836 97a56c f3f1df c8553d"),
        "Adventure": ("0d2a2b 14595a 3fa39a fdf1c9 f08a24", "14233d 27527c 6fa8c9 fbeed0 e4572e"),
        "Fantasy": ("140f2d 3c2a6d 8d6bb8 f3e3ff f6c453", "0d221f 1f5148 5fa07a eff6d8 e0aaff"),
        "Ambient": ("16232e 3c6478 9cc4c9 f1f5ef e7b7a0", "1f1d36 4c4a73 a7a3c9 f4eff6 f0c987"),
        "Jazz": ("10162f 1d3461 376996 f7f0dc f29e4c", "231123 82204a c2546b fbeedb f5b700"),
        "Electronic": ("08080f 1b1464 6f2dbd e9e3ff 00f5d4", "0a0a12 2b0f54 d6249f ffe8fb 35d0ff"),
        "Folk": ("24301d 56683a a9a86b f6eed6 c8602f", "33241a 7a5a3a c9a56b f8efd8 4f7c6b"),
        "Rock": ("0d0d0d 2b2b2b 8d2b22 f4ede4 ffba08", "10141c 26394d 5f7f93 f0ece2 e63922"),
        "Hip Hop": ("141414 373737 c2a83e f5f1e3 e4572e", "1a1423 3d314a 96508c f6e9f2 f7b32b"),
        "Classical": ("1c1a1a 4a3f35 a08e74 f7f3ea 8c1c13", "13212e 30506b 90aabb f6f4ee b88a44"),
        "Soul": ("2a0f12 7b2d26 d1723a fce8cd f0b67f", "1f1235 6a2c70 b83b5e fdebd3 f9ed69"),
        "Metal": ("050505 151515 3a3a3f dcdcdc b3001b", "07090c 14202b 36505f d7e0e4 d9a441"),
        "Pop": ("3a0ca3 f72585 ff8fab fff3f8 4cc9f0", "ef476f ff9f6e ffd166 fffaf0 118ab2"),
        "Reggae": ("12331f 2f6b3a e0b03a fbf3d0 c8322b", "10323a 1f7a6f f2c14e fff4d6 e4572e"),
        "Blues": ("0a1128 14306b 3d6cb9 e8eefc f2a541", "101a24 27455c 6b93ab edf3f5 c8963e"),
        "Mystery": ("14181f 2e3b47 6f8088 eee9dc c0392b", "231b2e 4c3b5c 94809c f1eaf0 e0b04b"),
        "History": ("2a1d14 6a4a2f b9935e f6ead2 7a1f1d", "1b2a2f 3f5f62 92a89c f2ecd9 c47a2c"),
        "Biography": ("22252b 525a63 a9acaa f6f2ea d1603d", "2c2416 6e5a35 bba874 f8f2df 2f5d62"),
        "Poetry": ("2f3e46 84a98c cad2c5 fbfaf3 d68c45", "4a3b52 a98ca9 dcc9d6 fdf8f5 c9544d"),
        "Travel": ("0e3b43 357266 a3bbad fdf6e3 e8833a", "16324f 2a6f97 a9d6e5 fff6e0 f28f3b"),
        "Science": ("0b2239 19547b 57a3bf f0f8fa f6ae2d", "141e30 2d4f6e 7fb3a8 f2f7f0 ee6c4d"),
        "Philosophy": ("1c1c1c 575757 b8b2a7 faf7f0 b23a48", "1e2638 4b5d7c a9b4c6 f7f6f2 d4a24c"),
        "Children": ("1d4e89 00b2ca 7dcfb6 fff7e0 f79256", "5f0f40 fb8b24 ffd36e fff8e8 0f8b8d"),
        "Literary Fiction": ("2b2d42 8d99ae d9c5b2 fdf7ee d9594c",
        "253031 5b7b7a c6ac8f f7f0e4 a1453a"),
        "Politics": ("14213d 2f4a7a 7f97be f1f4fa d64545",),
        "Business": ("10262b 1f5c60 6aa6a0 eef6f3 e9a03b",),
        "Culture": ("2b1338 6b2d73 c176a6 fbeef6 f4b942",),
        "Sport": ("06281f 0f6b4a 59b27d f0faf0 f25c3b",),
        "Climate": ("0b2b40 17648d 77bcd1 f0f8fa f2a65a",),
        "Technology": ("0e1030 2c2f87 7d86e0 f0f1ff 22d3c5",),
        "Local": ("3a2417 96572c dfa15d fdf3e1 2f7f79",),
        "Health": ("0f3038 25807f 8fcfbd f2fbf6 ef6f6c",),
        "Food": ("3a1a12 a3441f eb9a4b fff2df 4f772d",),
    }.items()
}  # fmt: skip
GROUNDS = {  # behind products: a light wall, and its shade
    "Footwear": "e9dfd3 cfc0ad", "Kitchen": "e3e7df c3cbbd", "Lighting": "3a3d46 23252c",
    "Audio": "dcdfe6 b9bfcc", "Bags": "ece3d4 d1c2a7", "Watches": "d9dcdc b0b6b7",
    "Furniture": "efe7dc d8c8b2", "Outdoor": "d7e3dc a9c0b3", "Stationery": "f1e9dd dccfb9",
    "Ceramics": "eae4de cdc1b6", "Clothing": "e6e2ea c6bfd0", "Toys": "fdeccb f5cf93",
}  # fmt: skip
PAINTS = {
    "Sage": "8fa58a", "Ink": "27324f", "Terracotta": "c4693f", "Sand": "d2b48c",
    "Ochre": "cc9233", "Slate": "5d6a75", "Cream": "f3ead7", "Rust": "a64b2a",
    "Forest": "2f5d43", "Charcoal": "3a3c40", "Sky": "86b3d1", "Plum": "6d3b5e",
}  # fmt: skip


def one(text: str) -> RGB:
    """A colour from six hexadecimal digits."""
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """`share` of b in a."""
    r, g, u = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return r, g, u


def light(colour: RGB) -> float:
    """Perceived lightness from 0 to 1."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def chosen(genre: str, dice: Random) -> Palette:
    """One of a genre's palettes, its hues turned a little, so that no two shelves look alike."""
    turn, deep = dice.gauss(0, 0.035), dice.uniform(-0.03, 0.03)
    a, b, c, d, e = (turned(colour, turn, deep) for colour in dice.choice(PALETTES[genre]))
    return a, b, c, d, e


def turned(colour: RGB, turn: float, deep: float) -> RGB:
    """A colour with its hue turned by a share of the circle, and a little more light."""
    hue, lightness, strength = rgb_to_hls(*(v / 255 for v in colour))
    r, g, b = hls_to_rgb((hue + turn) % 1, min(max(lightness + deep, 0), 1), strength)
    return round(r * 255), round(g * 255), round(b * 255)
