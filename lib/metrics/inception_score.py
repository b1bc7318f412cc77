"""Inception score from logits."""

import math
from itertools import pairwise

import torch
from scipy import stats
from torch import Tensor

from lib.metrics import check
from lib.metrics.score import SetScore


def inception_score(logits: Tensor, splits: int = 10) -> SetScore:
    """exp(mean KL(p(y|x) || p(y))) averaged over `splits`, in [1, K]; 95 % interval of that mean (Student's t).

    Salimans et al. 2016. `logits` is (N, K); split i holds rows i N / splits to (i + 1) N / splits in the order given,
    so shuffle a sorted set first; p(y) is the mean within the split. The published +- is `std` of the protocol, the
    population deviation over splits. Low where a split holds few pictures: compare only equal N and splits. One
    split has no interval (NaN).
    """
    logits = check.rows(logits, "logits", at_least=2)
    if not 1 <= splits <= len(logits) // 2:
        raise ValueError(f"splits is {splits}; allowed are 1 to {len(logits) // 2}, two of {len(logits)} rows each")
    log_p = torch.log_softmax(logits, dim=1)
    edges = [i * len(logits) // splits for i in range(splits + 1)]
    scores = torch.stack([_one_split(log_p[i:j]) for i, j in pairwise(edges)])
    value, half = float(scores.mean()), math.nan
    if splits > 1:
        half = float(stats.t.ppf(0.975, splits - 1)) * float(scores.std(correction=1)) / math.sqrt(splits)
    std = float(scores.std(correction=0))
    protocol = {"splits": splits, "std": std, "classes": logits.shape[1], "interval": "Student's t over splits"}
    return SetScore("IS", value, len(logits), value - half, value + half, protocol)


def _one_split(log_p: Tensor) -> Tensor:
    """exp of the mean divergence of rows log p(y|x) from their mean distribution."""
    log_mean = torch.logsumexp(log_p, dim=0) - math.log(len(log_p))
    return (log_p.exp() * (log_p - log_mean)).sum(dim=1).mean().exp()
