"""Which pixels of a picture belong to the thing it is of, without anything learned.

What touches the edge of a picture along a great length for its area is background, and what differs
in colour from the background near it is not. Zhu, Liang, Wei, Sun. Saliency optimization from
robust background detection. CVPR 2014. Deviations: colours closer than `SAME` count as one in
geodesic distances; what is far from the middle counts less; the outcome, which follows regions,
is brought to pixels by two rounds of colour histograms of either side; and a picture that
does not fall into two has its middle for a foreground.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import floyd_warshall
from skimage.filters import threshold_otsu
from skimage.segmentation import slic

from hermes.core.types import Array, Bools, Ints

REGIONS = 220
SAME = 3.0  # distance in CIELAB that the eye hardly sees
COLOUR = 10.0  # width of likeness in CIELAB, as in the paper
SPACE = 0.25  # width of nearness, in longest sides, as in the paper
MIDDLE = 0.3  # width of the middle, in longest sides
FIRM = 5.0  # weight of what is surely background, as in the paper's code
BINS = (10, 16, 16)  # of the histograms of L, a, b
LEAST, MOST = 0.03, 0.95  # share of a picture that a foreground may have
SPECK = 0.15  # of the largest piece; smaller ones are dropped


def foreground(lab: Array) -> Bools:
    """True where the thing is, the middle where that cannot be told.  (H, W, 3) CIELAB -> (H, W)"""
    regions: Ints = slic(
        lab, REGIONS, compactness=6.0, convert2lab=False, start_label=0, channel_axis=-1
    )
    salient = saliency(lab, regions)
    if float(np.ptp(salient)) < 1e-6:
        return middle(*regions.shape)
    found = refined(lab, salient[regions])
    return found if LEAST < found.mean() < MOST else middle(*regions.shape)


def middle(height: int, width: int) -> Bools:
    """An ellipse of four fifths of a picture's sides."""
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    inside: Bools = (y / 0.8) ** 2 + (x / 0.8) ** 2 <= 1
    return inside


def saliency(lab: Array, regions: Ints) -> Array:
    """How sure each region is foreground, 0 to 1.  (H, W, 3), (H, W) -> (R,)"""
    n, sizes = int(regions.max()) + 1, np.bincount(regions.ravel())
    height, width = regions.shape
    y, x = np.mgrid[:height, :width] / max(height, width)
    planes = (*np.moveaxis(lab, -1, 0), y, x)
    means = np.stack([np.bincount(regions.ravel(), p.ravel(), n) / sizes for p in planes], axis=1)
    colour, place = means[:, :3], means[:, 3:]
    apart = np.linalg.norm(colour[:, None] - colour, axis=-1)  # (R, R)
    edge = np.zeros(n, bool)
    edge[np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])] = True
    links = neighbours(regions, edge)
    behind = background(apart, edge, links)
    space = ((place[:, None] - place) ** 2).sum(-1)
    contrast = (apart * np.exp(-space / (2 * SPACE**2))) @ behind
    centre = np.array([height, width]) / (2 * max(height, width))
    contrast *= np.exp(-((place - centre) ** 2).sum(1) / (2 * MIDDLE**2))
    if contrast.max() <= 1e-9:
        return np.zeros(n)
    return smoothed(contrast / contrast.max(), behind, apart, links)


def neighbours(regions: Ints, edge: Bools) -> Ints:
    """Pairs of regions that touch, and all pairs of those at the edge.  -> (E, 2)"""
    across = np.stack([regions[:, :-1].ravel(), regions[:, 1:].ravel()], axis=1)
    down = np.stack([regions[:-1].ravel(), regions[1:].ravel()], axis=1)
    outer = np.flatnonzero(edge)
    first, second = np.triu_indices(len(outer), 1)
    ring = np.stack([outer[first], outer[second]], axis=1)
    pairs = np.sort(np.concatenate([across, down, ring]), axis=1)
    links: Ints = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return links


def background(apart: Array, edge: Bools, links: Ints) -> Array:
    """How surely each region is background, from its length along the edge.  -> (R,)"""
    a, b = links.T
    steps = np.maximum(apart[a, b] - SAME, 1e-6)
    graph = coo_array((steps, (a, b)), shape=apart.shape).tocsr()
    near = np.exp(-(floyd_warshall(graph, directed=False) ** 2) / (2 * COLOUR**2))
    connected = near @ edge / np.sqrt(near.sum(1))
    out: Array = 1 - np.exp(-(connected**2) / 2)
    return out


def smoothed(contrast: Array, behind: Array, apart: Array, links: Ints) -> Array:
    """The least squares of background, contrast and likeness of neighbours.  -> (R,) 0 to 1"""
    a, b = links.T
    likeness = np.zeros_like(apart)
    likeness[a, b] = likeness[b, a] = np.exp(-(apart[a, b] ** 2) / (2 * COLOUR**2)) + 0.1
    laplacian = np.diag(likeness.sum(1)) - likeness
    found = np.linalg.solve(laplacian + np.diag(FIRM * behind + contrast), contrast)
    out: Array = (found - found.min()) / max(float(np.ptp(found)), 1e-12)
    return out


def refined(lab: Array, salient: Array) -> Bools:
    """Pixels whose colour belongs to the foreground's, without specks.  (H, W) -> (H, W)"""
    cut = float(threshold_otsu(salient))
    prior = np.clip(0.5 + (salient - cut) / (2 * max(cut, 1 - cut)), 0.05, 0.95)
    prior = np.log(prior / (1 - prior))
    return largest(spread(lab, prior, 2) > 0.5)


def spread(lab: Array, prior: Array, rounds: int) -> Array:
    """How sure each pixel is foreground when its colour is asked too.  (H, W) log odds -> 0 to 1

    Each round counts the colours of either side and moves every pixel by what they tell.
    """
    low, high = np.array([0.0, -80.0, -80.0]), np.array([100.0, 80.0, 80.0])
    share = np.clip((lab - low) / (high - low), 0, 0.999)
    places = np.ravel_multi_index(tuple(np.moveaxis((share * BINS).astype(int), -1, 0)), BINS)
    sure: Array = 1 / (1 + np.exp(-prior))
    for _ in range(rounds):
        told = density(places, sure) - density(places, 1 - sure)
        evidence = gaussian_filter(told[places], 1.5)
        sure = 1 / (1 + np.exp(-np.clip(evidence + 2 * prior, -20, 20)))
    return sure


def density(places: Ints, weights: Array) -> Array:
    """Logarithm of a smoothed histogram.  -> (bins,)"""
    counted = np.bincount(places.ravel(), weights.ravel(), int(np.prod(BINS))).reshape(BINS)
    smooth = gaussian_filter(counted, 0.7) + 1e-3
    return np.log(smooth / smooth.sum()).ravel()


def largest(mask: Bools) -> Bools:
    """The largest piece, and others that are not specks beside it."""
    pieces, n = label(mask)
    if n < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    kept: Bools = (sizes >= SPECK * sizes.max())[pieces]
    return kept
