"""What needs no run: the paper's sentences against its own numbers and genomes, and sizes that code can count."""

from functools import cache
from itertools import pairwise

import pandas as pd
import torch

from lib.models import autogan as models
from lib.models.sngan_discriminator import Discriminator
from lib.papers.autogan import comparisons
from lib.papers.autogan.experiments import SPACE
from lib.papers.study import Study
from lib.paths import paper_numbers
from lib.report.claims import Claim, Finding, Test, exact, in_print, says
from lib.searchers.controller import Controller
from lib.spaces.autogan import CELLS, Stage

WIDTH, D_WIDTH, SEARCH_D_WIDTH = 256, 128, 64  # of the authors' derived and searched networks
GFLOPS = {"a": 1.77, "sngan": 1.69}  # section 4.1 of the paper; they are multiply-accumulates
PROGRESSIVE = 6.39  # G, of Progressive GAN
RANDOM = {"rsws": (8.09, 17.34), "rses": (7.97, 21.39)}  # IS and FID of random search, with and without shared weights
AUTHORS_SNGAN = (8.21, 14.21)  # of the first author's own SN-GAN, as many pictures as AutoGAN's
PARAMETERS = {"a": 4_405_251, "b": 4_471_043, "c": 4_406_275, "sngan": 4_276_739}
CONTROLLERS, DISCRIMINATORS = (82_810, 83_212, 83_614), {SEARCH_D_WIDTH: 264_768, D_WIDTH: 1_053_824}
TOP = ("AutoGAN-top1", "AutoGAN-top2", "AutoGAN-top3")


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


def parameters(name: str, side: int = 32) -> int:
    """Parameters of a known genome at the authors' width."""
    with torch.device("meta"):
        return models.parameters(models.Generator(SPACE.named(name), WIDTH, bottom=side // 8))


def _space(study: Study, claim: Claim) -> Finding:
    stages = [Stage(cell).size for cell in range(CELLS)]
    note = f"{SPACE.size:,} = {' x '.join(map(str, stages))}"
    return exact(claim, SPACE.size == 373_248 and stages == [36, 72, 144], note=note)


def _tuple(study: Study, claim: Claim) -> Finding:
    counts = [len(Stage(cell, "paper").genes) for cell in range(CELLS)]
    note = f"its own list has {', '.join(map(str, counts))} for cells 0, 1, 2: s + 4"
    return exact(claim, counts == [cell + 5 for cell in range(CELLS)], n=CELLS, note=note)


def _macs(name: str) -> Test:
    def test(study: Study, claim: Claim) -> Finding:
        ours = macs(name)
        holds = abs(ours / GFLOPS[name] - 1) <= 0.01
        return exact(claim, holds, n=1, note=f"{ours:.3f} G multiply-accumulates; printed {GFLOPS[name]}")

    return test


def _lighter(study: Study, claim: Claim) -> Finding:
    return exact(claim, macs("a") < PROGRESSIVE, n=1, note=f"{macs('a'):.3f} G; {PROGRESSIVE} G as printed")


def _parameters(study: Study, claim: Claim) -> Finding:
    found = {name: parameters(name) for name in PARAMETERS}
    note = ", ".join(f"{name} {count:,}" for name, count in found.items())
    return exact(claim, found == PARAMETERS, n=len(found), note=note)


def _controllers(study: Study, claim: Claim) -> Finding:
    found = tuple(models.parameters(Controller(Stage(cell), 0)) for cell in range(CELLS))
    return exact(claim, found == CONTROLLERS, n=CELLS, note=", ".join(f"{count:,}" for count in found))


def _discriminators(study: Study, claim: Claim) -> Finding:
    found = {width: models.parameters(Discriminator(width)) for width in DISCRIMINATORS}
    note = ", ".join(f"width {width}: {count:,}" for width, count in found.items())
    return exact(claim, found == DISCRIMINATORS, n=len(found), note=note)


def scores(number: int, metric: str) -> dict[str, float]:
    """The printed values of a table, IS or FID, by method; dashes left out."""
    return {str(name): float(value) for name, value in table(number)[metric].dropna().items()}


def _earlier(number: int, metric: str) -> dict[str, float]:
    """Those of the literature, in rising order."""
    found = sorted(scores(number, metric).items(), key=lambda pair: pair[1])
    return {name: value for name, value in found if not name.startswith("AutoGAN")}


def _beaten() -> tuple[bool, str]:
    (score, other), (distance, far) = (
        [scores(1, metric)[name] for name in (TOP[0], "SN-GAN")] for metric in ("IS", "FID")
    )
    return score > other and distance < far, f"IS {score:g}, {other:g}; FID {distance:g}, {far:g}"


def _fair() -> tuple[bool, str]:
    best, other = (scores(1, "FID")[name] for name in (TOP[0], "SN-GAN"))
    left = (AUTHORS_SNGAN[1] - best) / (other - best)
    return left > 0.5, f"{left:.0%} is left: {other} is of 5,000 pictures, the first author's own {AUTHORS_SNGAN[1]}"


def _ordered() -> tuple[bool, str]:
    each = [(scores(1, "IS")[name], scores(1, "FID")[name]) for name in TOP]
    holds = all(a[0] > b[0] and a[1] < b[1] for a, b in pairwise(each))
    return holds, "; ".join(f"{score:g} / {distance:g}" for score, distance in each)


def _lowest() -> tuple[bool, str]:
    name, best = next(iter(_earlier(1, "FID").items()))
    worst = max(scores(1, "FID")[top] for top in TOP)
    return worst < best, f"the highest of the three {worst:g}, {name} {best:g}"


def _second() -> tuple[bool, str]:
    ours = scores(1, "IS")[TOP[0]]
    above = [name for name, value in _earlier(1, "IS").items() if value > ours]
    return above == ["Progressive GAN"], f"above {ours:g}: {', '.join(above)}"


def _transferred() -> tuple[bool, str]:
    distance, score = (scores(2, metric)["AutoGAN"] for metric in ("FID", "IS"))
    nearest, above = min(_earlier(2, "FID").values()), [name for name, x in _earlier(2, "IS").items() if x > score]
    return distance < nearest and len(above) == 1, f"FID {distance:g}, {nearest:g}; IS above {score:g}: {above[0]}"


def _random() -> tuple[bool, str]:
    found = [(scores(1, "IS")[TOP[0]], scores(1, "FID")[TOP[0]]), *RANDOM.values()]
    holds = all(a[0] > b[0] and a[1] < b[1] for a, b in pairwise(found))
    return holds, "; ".join(f"{score:g} / {distance:g}" for score, distance in found)


def _preferred() -> tuple[bool, str]:
    genomes = [SPACE.decode(SPACE.named(name)).cells for name in "abc"]
    found = {of: comparisons.share(of, genomes) for of in CHANCE}
    note = ", ".join(f"{of} {value:.2f} (chance {CHANCE[of]:.2f})" for of, value in found.items())
    return all(value > CHANCE[of] for of, value in found.items()), note


CHANCE = {"pre": 1 / 2, "no deconv": 2 / 3, "no norm": 1 / 3, "skips": 1 / 2}
CLAIMS = [
    Claim("C6", "The found generator is as efficient as SN-GAN's", "Sec. 4.1", parts=("C6a", "C6b", "C6c")),
    Claim("C6a", "The best generator costs 1.77 GFLOPs", "text", _macs("a"), "smoke"),
    Claim("C6b", "SN-GAN's generator costs 1.69 GFLOPs", "text", _macs("sngan"), "smoke"),
    Claim("C6c", "The best generator is lighter than Progressive GAN's as printed", "6.39 GFLOPs", _lighter, "smoke"),
    Claim("E1", "The space has 36 x 72 x 144 generators", "373,248", _space, "smoke"),
    Claim("E2", "The known generators have as many parameters as the authors' networks", "released code", _parameters,
          "smoke"),
    Claim("E3", "The controllers of the three stages have as many parameters as the authors'", "released code",
          _controllers, "smoke"),
    Claim("E4", "So have the discriminators of the search and of the derived trainings", "released code",
          _discriminators, "smoke"),
    in_print("P-C1", "top1 is better than SN-GAN in both scores", "Table 1", says(_beaten)),
    in_print("P-C1-fair", "most of the gain in FID over SN-GAN is left where SN-GAN's is of as many pictures",
             "first author's SN-GAN", says(_fair)),
    in_print("P-C2", "top1, top2, top3 are in this order in both scores", "Table 1", says(_ordered)),
    in_print("P-C3", "all three have a lower FID than every earlier method", "Table 1", says(_lowest)),
    in_print("P-C4", "the IS of top1 is second only to Progressive GAN's", "Table 1", says(_second)),
    in_print("P-C5", "the FID on STL-10 is the best, the IS below that of one method", "Table 2", says(_transferred)),
    in_print("P-C11", "the search is better than random search with shared weights, and that than without", "text",
             says(_random)),
    in_print("P-C12", "the printed genomes prefer what the text says, beyond chance", "Figs. 3, 5", says(_preferred)),
    in_print("P-A2", "cell s is described by s + 5 elements", "Sec. 3.1", _tuple),
]  # fmt: skip
