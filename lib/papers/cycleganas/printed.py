"""What needs no run: the paper's sentences against its own numbers, sizes and counters that code can count."""

import math
from functools import cache

import pandas as pd
import torch

from lib.models import cyclegan as models
from lib.papers.cycleganas import records
from lib.papers.cycleganas.records import DIRECTIONS
from lib.papers.study import Study
from lib.paths import paper_numbers
from lib.report.claims import Claim, Finding, exact, in_print, says
from lib.searchers.differentiable import SCHEMES, Scheme
from lib.spaces.cycleganas import CycleGanas, cyclegan, parameters

SIZES = {2: 2_174_327_193_600_000_000, 3: 1_358_954_496 * 10**12, 6: 331_776 * 10**24, 9: 81 * 10**36}  # by blocks
GENERATOR, DISCRIMINATOR = 2_197_265_625_000_000, 4096  # genotypes of one with nine blocks
GENERATORS, PATCHGAN = {32: 2_850_563, 64: 11_378_179}, {64: 2_764_737}  # parameters of CycleGAN's, by H and ndf
EPOCHS, ZEBRAS = 400, (1067, 1334)  # of a search; pictures of horse2zebra to train on, A and B


@cache
def numbers() -> pd.DataFrame:
    """All numbers that the paper prints: figure, dataset, method, direction, metric, value, better."""
    return pd.read_csv(paper_numbers("cycleganas_numbers"))


@cache
def orderings() -> pd.DataFrame:
    """What the paper says of figures without numbers: claim, figure, dataset, direction, metric, subject, relation and
    object.
    """
    return pd.read_csv(paper_numbers("cycleganas_qualitative"))


@cache
def figure6() -> pd.DataFrame:
    """Figure 6's mean FIDs, which the text prints: a row a (direction, dataset), a column a method, C, C' and N."""
    rows = numbers().query("figure == 'fig6' and metric == 'mean_fid'")
    methods = rows["method"].str.removesuffix("64")
    return rows.assign(method=methods).pivot(index=["direction", "dataset"], columns="method", values="value")


def changes() -> pd.DataFrame:
    """The same as changes against CycleGAN's, as a share."""
    return figure6().div(figure6()["C"], axis=0) - 1


def number(metric: str, direction: str = "both") -> float:
    """One of the printed numbers: the first of its metric and direction."""
    found = numbers()
    return float(found[(found["metric"] == metric) & (found["direction"] == direction)]["value"].iloc[0])


def updates() -> dict[str, int]:
    """Updates of a search on horse2zebra as long as the paper's, by scheme."""
    schemes = {name: Scheme(name) for name in SCHEMES}
    return {name: EPOCHS * one.iterations(ZEBRAS) * len(one.moves(0, EPOCHS)) for name, one in schemes.items()}


def _space() -> tuple[bool, str]:
    size, printed = CycleGanas().size, number("search_space_total")
    return size == SIZES[9] and math.isclose(size, printed), f"{size:,}; printed {printed:g}"


def genotypes() -> tuple[int, int]:
    """How many a generator and a discriminator of the paper have."""
    genes = CycleGanas().genes
    generator, discriminator = (math.prod(len(gene.choices) for gene in genes if gene.unit == unit) for unit in (0, 2))
    return generator, discriminator


def _spaces() -> tuple[bool, str]:
    generator, discriminator = genotypes()
    found = {blocks: CycleGanas(blocks).size for blocks in SIZES}
    each = ", ".join(f"{blocks} blocks {size:.4g}" for blocks, size in found.items())
    holds = found == SIZES and (generator, discriminator) == (GENERATOR, DISCRIMINATOR)
    return holds, f"a generator {generator:,}, a discriminator {discriminator:,}; in all with {each}"


def _typo() -> tuple[bool, str]:
    size, printed = CycleGanas().size, number("search_space_total_as_printed_typo")
    return math.isclose(size, printed), f"{size:.1e}, as section 3.2 has it; the conclusion prints {printed:.1e}"


def _parameters() -> tuple[bool, str]:
    with torch.device("meta"):
        found = {H: models.parameters(models.CycleGanGenerator(H)) for H in GENERATORS}
        patch = {ndf: models.parameters(models.PatchGan(ndf)) for ndf in PATCHGAN}
    each = [f"C{H} {count:,}" for H, count in found.items()] + [f"PatchGAN {count:,}" for count in patch.values()]
    return found == GENERATORS and patch == PATCHGAN, ", ".join(each)


def _member() -> tuple[bool, str]:
    holds, notes = [], []
    for blocks, H in ((3, 8), (3, 16), (9, 16)):
        with torch.device("meta"):
            counted = models.parameters(models.Generator(cyclegan(blocks), H))
        formula = (180 + 288 * blocks) * H**2 + (304 + 8 * blocks) * H + 3
        holds.append(counted == parameters(cyclegan(blocks), H) == formula)
        notes.append(f"{counted:,} at H = {H} with {blocks} cells")
    return all(holds), f"counted, by the formula of all genotypes and by CycleGAN's own: {', '.join(notes)}"


def _megabytes() -> tuple[bool, str]:
    printed, ours = number("generator_size_MB_as_printed"), 4e-6 * GENERATORS[32]
    note = f"{printed} million are C64's parameters, {GENERATORS[64]:,}; C32's {GENERATORS[32]:,} are {ours:.3f} MB"
    return math.isclose(ours, printed, rel_tol=1e-3), note


def _updates(study: Study, claim: Claim) -> Finding:
    counts = updates()
    notes, holds = [f"{EPOCHS} epochs of horse2zebra: {_listed(counts)}"], [2 * counts["OF"] == counts["TF"]]
    for one in records.searches(study):
        last = one.rows.iloc[-1]
        holds.append(last["updates"] == last["iterations"] * len(Scheme(one.scheme).moves(0, 1)))
        notes.append(f"{one.data} {one.scheme} {one.seed}: {last['updates']:,} in {last['iterations']:,} iterations")
    return exact(claim, all(holds), n=len(holds), note="; ".join(notes))


def _halved() -> tuple[bool, str]:
    counts = updates()
    holds = all(2 * counts["OF"] == counts[scheme] for scheme in ("TF", "TH", "THS"))
    return holds, f"{_listed(counts)} updates; an epoch over a half has half the iterations"


def _gains() -> tuple[bool, str]:
    best = -100 * changes()["N"].groupby("direction").min()
    text = {direction: number("max_improvement_percent", direction) for direction in DIRECTIONS}
    each = ", ".join(f"{name} at most {best[name]:.1f} % of {text[name]:g} %" for name in DIRECTIONS)
    note = f"{each}; the text's are over the six sets of figure 5, of which figure 6 has two"
    return all(best[name] <= text[name] for name in DIRECTIONS), note


def _alike() -> tuple[bool, str]:
    found = changes()["C'"]
    return bool((found.abs() <= 0.03).all()), ", ".join(f"{value:+.1%}" for value in found)


def _best() -> tuple[bool, str]:
    lowest = figure6().idxmin(axis=1) == "N"
    return bool(lowest.all()), ", ".join(f"{value:+.1%}" for value in changes()["N"])


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


CLAIMS = [
    Claim("C1", "The joint space of two generators and two discriminators has 8.1e37 architectures", "Sec. 3.2",
          says(_space), "smoke"),
    Claim("C2", "The one-step search needs half the updates of the two-step search on all data", "Secs. 3.3, 4.1",
          _updates, "smoke"),
    Claim("E1", "A generator has 8^2 5^18 3^2 genotypes, a discriminator 8^4; fewer cells give smaller spaces",
          "Sec. 3.2", says(_spaces), "smoke"),
    Claim("E2", "Our CycleGAN's networks have the parameters of the published architecture",
          "not printed; counted on the published architecture", says(_parameters), "smoke"),
    Claim("E3", "The genotype of 3x3 convolutions is CycleGAN's generator in size", "Sec. 3.2", says(_member),
          "smoke"),
    in_print("P-A1", "the space has 8.1e36 architectures", "conclusion", says(_typo)),
    in_print("P-A6", "the generator of C32 has 11.378 MB", "Fig. 5", says(_megabytes)),
    in_print("P-C2", "the one-step search needs half the updates of every two-step search", "Sec. 4.1", says(_halved)),
    in_print("P-C11", "figure 6's gains of searched pairs (16.9 % and 4.8 % AtoB, at most 2.1 % BtoA) stay within the "
             "text's 'up to 30 %' (AtoB) and 'up to 10 %' (BtoA)", "Sec. 4.2; Fig. 6", says(_gains)),
    in_print("P-C13a", "CycleGANs of unequal widths are within 3 % of equal ones", "Fig. 6", says(_alike)),
    in_print("P-C13b", "searched pairs have the lowest FID of both sets and directions", "Fig. 6", says(_best)),
]  # fmt: skip
