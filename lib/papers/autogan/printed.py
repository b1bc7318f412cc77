"""What needs no run: the paper's sentences against its own numbers and genomes, and sizes that code can count."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import pandas as pd
import torch

from lib.models import autogan as models
from lib.models.sngan_discriminator import Discriminator
from lib.papers.autogan import comparisons
from lib.papers.autogan.experiments import SPACE
from lib.papers.study import Study
from lib.paths import paper_numbers
from lib.report.claims import Claim, Finding, Test, exact, in_print, says, whole
from lib.searchers.controller import Controller
from lib.spaces.autogan import CELLS, NAMED, Stage

WIDTH, D_WIDTH, SEARCH_D_WIDTH = 256, 128, 64  # of the authors' derived and searched networks
GFLOPS = {"a": 1.77, "sngan": 1.69}  # section 4.1 of the paper; they are multiply-accumulates
PROGRESSIVE = 6.39  # G, of Progressive GAN
RANDOM = {"rsws": (8.09, 17.34), "rses": (7.97, 21.39)}  # IS and FID of random search, with and without shared weights
AUTHORS_SNGAN = (8.21, 14.21)  # of the first author's own SN-GAN, as many pictures as AutoGAN's
PARAMETERS = {"a": 4_405_251, "b": 4_471_043, "c": 4_406_275, "sngan": 4_276_739}
CONTROLLERS = {0: 82_810, 1: 83_212, 2: 83_614}  # by stage
DISCRIMINATORS = {SEARCH_D_WIDTH: 264_768, D_WIDTH: 1_053_824}
TOP = ("AutoGAN-top1", "AutoGAN-top2", "AutoGAN-top3")
CHANCE = {"pre": 1 / 2, "no deconv": 2 / 3, "no norm": 1 / 3, "skips": 1 / 2}


@cache
def table(number: int) -> pd.DataFrame:
    """The paper's table 1 or 2: a row a method; IS and FID with what stands after +-, NaN for a dash."""
    rows = pd.read_csv(paper_numbers(f"autogan_table{number}"))
    wide = rows.pivot(index="row", columns="metric", values=["value", "std"])
    wide.columns = ["FID", "IS", "FID ±", "IS ±"]
    return wide.loc[rows["row"].drop_duplicates()]


def macs(name: str, side: int = 32) -> float:
    """Multiply-accumulates (G) of a known genome at the authors' width."""
    return models.macs(SPACE.named(name), WIDTH, bottom=side // 8) / 1e9


def parameters(name: str) -> int:
    """Parameters of a known genome at the authors' width."""
    with torch.device("meta"):
        return models.parameters(models.Generator(SPACE.named(name), WIDTH))


def _counts(wanted: Mapping[Any, int], count: Callable[[Any], int], said: str) -> Test:
    """Whether all counts are those of the released code; `said` is how each stands in the note."""

    def test(study: Study, claim: Claim) -> Finding:
        found = {name: count(name) for name in wanted}
        note = ", ".join(said.format(name, number) for name, number in found.items())
        return exact(claim, found == wanted, n=len(found), note=note)

    return test


def _gflops(name: str) -> Test:
    def test(study: Study, claim: Claim) -> Finding:
        ours, theirs = macs(name), GFLOPS[name]
        note = f"{ours:.3f} G multiply-accumulates; printed {theirs}"
        return exact(claim, abs(ours / theirs - 1) <= 0.01, n=1, note=note)

    return test


def _lighter(study: Study, claim: Claim) -> Finding:
    return exact(claim, macs("a") < PROGRESSIVE, n=1, note=f"{macs('a'):.3f} G; {PROGRESSIVE} G as printed")


def _space() -> tuple[bool, str]:
    stages = [Stage(cell).size for cell in range(CELLS)]
    return SPACE.size == 373_248 and stages == [36, 72, 144], f"{SPACE.size:,} = {' x '.join(map(str, stages))}"


def _tuple(study: Study, claim: Claim) -> Finding:
    counts = [len(Stage(cell, "paper").genes) for cell in range(CELLS)]
    note = f"its own list has {', '.join(map(str, counts))} for cells 0, 1, 2: s + 4"
    return exact(claim, counts == [cell + 5 for cell in range(CELLS)], n=CELLS, note=note)


def _printed(*methods: str) -> list[tuple[float, float]]:
    """IS and FID of table 1."""
    return list(table(1).loc[list(methods), ["IS", "FID"]].itertuples(index=False, name=None))


def _falls(each: list[tuple[float, float]]) -> tuple[bool, str]:
    """Whether each is better than the next in both scores."""
    holds = all(a[0] > b[0] and a[1] < b[1] for a, b in pairwise(each))
    return holds, "; ".join(f"{score:g} / {distance:g}" for score, distance in each)


def _earlier(number: int, metric: str) -> pd.Series:
    """The literature's values of IS or FID, by method in rising order."""
    found = table(number)[metric].dropna().sort_values()
    return found[~found.index.str.startswith("AutoGAN")]


def _beaten() -> tuple[bool, str]:
    ours, other = _printed(TOP[0], "SN-GAN")
    return _falls([ours, other])[0], f"IS {ours[0]:g}, {other[0]:g}; FID {ours[1]:g}, {other[1]:g}"


def _fair() -> tuple[bool, str]:
    (_, best), (_, other) = _printed(TOP[0], "SN-GAN")
    left = (AUTHORS_SNGAN[1] - best) / (other - best)
    return left > 0.5, f"{left:.0%} is left: {other} is of 5,000 pictures, the first author's own {AUTHORS_SNGAN[1]}"


def _lowest() -> tuple[bool, str]:
    best, worst = _earlier(1, "FID"), max(distance for _, distance in _printed(*TOP))
    return worst < best.iloc[0], f"the highest of the three {worst:g}, {best.index[0]} {best.iloc[0]:g}"


def _second() -> tuple[bool, str]:
    [(ours, _)], others = _printed(TOP[0]), _earlier(1, "IS")
    above = list(others.index[others > ours])
    return above == ["Progressive GAN"], f"above {ours:g}: {', '.join(above)}"


def _transferred() -> tuple[bool, str]:
    score, distance = table(2).loc["AutoGAN", ["IS", "FID"]]
    nearest, others = _earlier(2, "FID").iloc[0], _earlier(2, "IS")
    above = others.index[others > score]
    return distance < nearest and len(above) == 1, f"FID {distance:g}, {nearest:g}; IS above {score:g}: {above[0]}"


def _preferred() -> tuple[bool, str]:
    found = {of: comparisons.share(of, [NAMED[name] for name in "abc"]) for of in CHANCE}
    note = ", ".join(f"{of} {value:.2f} (chance {CHANCE[of]:.2f})" for of, value in found.items())
    return all(value > CHANCE[of] for of, value in found.items()), note


CLAIMS = [
    whole("C6", "The found generator is as efficient as SN-GAN's", "Sec. 4.1", "abc"),
    Claim("C6a", "The best generator costs 1.77 GFLOPs", "text", _gflops("a"), "smoke"),
    Claim("C6b", "SN-GAN's generator costs 1.69 GFLOPs", "text", _gflops("sngan"), "smoke"),
    Claim("C6c", "The best generator is lighter than Progressive GAN's as printed", "6.39 GFLOPs", _lighter, "smoke"),
    Claim("E1", "The space has 36 x 72 x 144 generators", "373,248", says(_space), "smoke"),
    Claim("E2", "The known generators have as many parameters as the authors' networks", "released code",
          _counts(PARAMETERS, parameters, "{} {:,}"), "smoke"),
    Claim("E3", "The controllers of the three stages have as many parameters as the authors'", "released code",
          _counts(CONTROLLERS, lambda cell: models.parameters(Controller(Stage(cell), 0)), "{1:,}"), "smoke"),
    Claim("E4", "So have the discriminators of the search and of the derived trainings", "released code",
          _counts(DISCRIMINATORS, lambda width: models.parameters(Discriminator(width)), "width {}: {:,}"), "smoke"),
    in_print("P-C1", "top1 is better than SN-GAN in both scores", "Table 1", says(_beaten)),
    in_print("P-C1-fair", "most of the gain in FID over SN-GAN is left where SN-GAN's is of as many pictures",
             "first author's SN-GAN", says(_fair)),
    in_print("P-C2", "top1, top2, top3 are in this order in both scores", "Table 1",
             says(lambda: _falls(_printed(*TOP)))),
    in_print("P-C3", "all three have a lower FID than every earlier method", "Table 1", says(_lowest)),
    in_print("P-C4", "the IS of top1 is second only to Progressive GAN's", "Table 1", says(_second)),
    in_print("P-C5", "the FID on STL-10 is the best, the IS below that of one method", "Table 2", says(_transferred)),
    in_print("P-C11", "the search is better than random search with shared weights, and that than without", "text",
             says(lambda: _falls([*_printed(TOP[0]), *RANDOM.values()]))),
    in_print("P-C12", "the printed genomes prefer what the text says, beyond chance", "Figs. 3, 5", says(_preferred)),
    in_print("P-A2", "cell s is described by s + 5 elements", "Sec. 3.1", _tuple),
]  # fmt: skip
