"""Losses for conversions that come late: what is not yet a positive may become one.

Let f be the modelled probability that a click converts, p the true one, and for a click that was
watched for e days d = P(converts after e) and n = P(never converts | not converted after e).
Weights are held fixed when a gradient is taken. Each weighted loss, on the stream of `arrivals` it
belongs to, has the expectation of the cross-entropy on true labels, given x, when its weights are
right.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SURE = 1e-6  # how near to 0 and 1 a probability that divides may come


def pointwise(logits: Tensor, label: Tensor) -> Tensor:
    """Cross-entropy; the naive and the oracle differ in their labels only.  (N,), (N,) -> ()

    Labels may be probabilities.
    """
    return F.binary_cross_entropy_with_logits(logits, label.to(logits.dtype))


def joint(logits: Tensor, log_hazard: Tensor, label: Tensor, days: Tensor) -> Tensor:
    """DFM: minus the mean log-likelihood of conversion and exponential delay.  (N,) each -> ()

    days is the delay of what converted and the age of what did not:
    log f + log h - h days, or log(1 - f + f exp(-h days)).
    Chapelle. Modeling delayed feedback in display advertising. KDD 2014.
    """
    passed = log_hazard.exp() * days
    hit = F.logsigmoid(logits) + log_hazard - passed
    open_ = torch.logaddexp(F.logsigmoid(-logits), F.logsigmoid(logits) - passed)
    return -torch.where(label > 0, hit, open_).mean()


def true_negative(chance: Tensor, hazard: Tensor, age: Tensor) -> Tensor:
    """W: the probability that what has not converted at an age never will.  (N,) each -> (N,)

    W(E) = (1 - p) / (1 - p (1 - exp(-h E))): 1 - p at age 0, and 1 in the end. Chapelle, KDD 2014,
    in the expectation step of its EM form.
    """
    return (1 - chance) / (1 + chance * torch.expm1(-hazard * age)).clamp_min(SURE)


def softened(logits: Tensor, label: Tensor, negative: Tensor) -> Tensor:
    """Pointwise loss in which a negative counts W as one, and 1 - W as a positive.

    (N,), (N,), W (N,) -> (). The maximisation step to the expectation of `true_negative`: with W of
    the present f and h its gradient in f is that of `joint`.
    """
    return pointwise(logits, torch.where(label > 0, 1.0, 1 - negative).detach())


def weighted(logits: Tensor, label: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """Mean of positive * -log f where the label is 1 and negative * -log(1 - f) where it is 0.

    (N,) each -> ()
    """
    hit, miss = -F.logsigmoid(logits), -F.logsigmoid(-logits)
    return torch.where(label > 0, positive.detach() * hit, negative.detach() * miss).mean()


def fake_negative_weighted(logits: Tensor, label: Tensor) -> Tensor:
    """FNW: every click came as a negative, and again when it converted.  (N,), (N,) -> ()

    Such a stream holds positives with probability p / (1 + p); weights 1 + f of positives and
    (1 - f)(1 + f) of negatives undo it at f = p, the only point where the gradient vanishes.
    Ktena et al. Addressing delayed feedback for continuous training with neural networks in CTR
    prediction. RecSys 2019.
    """
    f = logits.sigmoid()
    return weighted(logits, label, 1 + f, (1 - f) * (1 + f))


def calibrated(logits: Tensor) -> Tensor:
    """FNC: f of a network that learned the same stream without weights.  (N,) -> (N,)

    From b = f / (1 + f) follows f = b / (1 - b), the odds of b; more than 1 is cut off. Ktena et
    al., RecSys 2019.
    """
    return logits.clamp_max(0).exp()


def elapsed_time(logits: Tensor, label: Tensor, late: Tensor, real: Tensor) -> Tensor:
    """ES-DFM: the label after a wait, and again when it turns positive.  (N,) each -> ()

    late is d and real is n; positives weigh 1 + d, negatives (1 + d) n. Yang et al. Capturing
    delayed feedback in conversion rate prediction via elapsed-time sampling. AAAI 2021.
    """
    return weighted(logits, label, 1 + late, (1 + late) * real)


def real_negatives(logits: Tensor, label: Tensor, late: Tensor) -> Tensor:
    """DEFER: every click comes twice, the real negatives too.  (N,) each -> ()

    late is d; positives weigh f / (f - d/2), negatives (1 - f) / (1 - f + d/2), which are right at
    f = p. A late positive is a positive, so d is held to f, which the paper leaves open. Gu et al.
    Real negatives matter: continuous training with real negatives for delayed feedback modeling.
    KDD 2021.
    """
    f = logits.sigmoid().detach().clamp(SURE, 1 - SURE)
    half = torch.minimum(late, f) / 2
    return weighted(logits, label, f / (f - half), (1 - f) / (1 - f + half))


def label_corrected(
    logits: Tensor, label: Tensor, again: Tensor, late: Tensor, real: Tensor
) -> Tensor:
    """DEFUSE: the stream of `elapsed_time`, a weight for each of its four kinds of row.

    logits, label (N,), again (N,) true for a late positive, late d and real n (N,) -> (). An
    immediate positive weighs 1 + d, a late one 1; a negative is a real one with probability n,
    which weighs 1 + d, and else a fake one, which counts as a positive and weighs d. Chen et al.
    Asymptotically unbiased estimation for delayed feedback modeling via label correction. WWW 2022.
    """
    late, real = late.detach(), real.detach()
    hit, miss = -F.logsigmoid(logits), -F.logsigmoid(-logits)
    positive = torch.where(again > 0, 1.0, 1 + late) * hit
    negative = real * (1 + late) * miss + (1 - real) * late * hit
    return torch.where(label > 0, positive, negative).mean()


def auxiliary(late: Tensor, real: Tensor, delay: Tensor, wait: float) -> Tensor:
    """What ES-DFM and DEFUSE weigh by, learned from clicks whose labels are complete.

    late, real (N,) logits of d and n, delay (N,) inf where nothing came -> (): cross-entropy of
    converting after `wait` among all, and of never converting among those still open then.
    """
    waiting, never = delay > wait, torch.isinf(delay)
    first = pointwise(late, waiting & ~never)
    second = F.binary_cross_entropy_with_logits(
        real, never.to(real.dtype), waiting.to(real.dtype), reduction="sum"
    )
    return first + second / waiting.sum().clamp_min(1)
