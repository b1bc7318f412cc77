"""The space of NAS-DIP as problems for comparing searchers: a formula on its genomes, and small real trainings."""

from dataclasses import dataclass
from typing import Any

from lib.papers.nasdip import evaluate, tasks
from lib.papers.nasdip.evaluate import Evaluation
from lib.papers.problem import Problem
from lib.search.workers import Outcome
from lib.searchers.base import draw
from lib.spaces.base import Genome, keyed
from lib.spaces.nasdip import NasDip

ROW = "astronaut"  # denoising of a bundled photo
SMALL: dict[str, Any] = {
    "variant": "asym", "reference": "truth", "seed": 0, "device": "cpu", "framing": "window", "sigma": 25.0, "units": 3,
    "width_table": "paper", "skip_code": "linear", "bypass": "identity", "max_width": 16, "max_filter": 5,
    "t_table": [0, 25, 75, 175], "stage": "dip", "skip_tap": "pre", "pad": "reflect", "loss": "mse",
    "down": "bilinear", "lr": 0.01, "precision": "float32", "lpips": "alex",
}  # fmt: skip


@dataclass(frozen=True)
class Hidden:
    """A space with a network that is to be found again."""

    space: NasDip
    target: Genome  # canonical

    @classmethod
    def of(cls, space: NasDip) -> "Hidden":
        """The hidden network of a space, drawn once; it uses all units, as a small one would be met by chance."""
        rng = keyed(0)
        while True:
            genome = draw(space, "valid", lambda: space.sample(rng))
            if len(space.decode(genome).encoders) == space.units:
                return cls(space, space.canonical(genome))


def resemblance(hidden: Hidden, genome: Genome, seed: int) -> Outcome:
    """The share of canonical bits in which a network differs from the hidden one; a toy objective, no training."""
    space = hidden.space
    return Outcome(space.distance(space.canonical(genome), hidden.target) / len(hidden.target))


def problems(settings: Any) -> list[Problem]:
    """One space of three units: under the formula, and trained on a photo of `settings.side` pixels."""
    ev = Evaluation(row=ROW, side=settings.side, iterations=settings.iterations, **SMALL)
    space = NasDip(units=ev.units, max_width=ev.max_width, max_filter=ev.max_filter, side=settings.side)
    hidden = Hidden.of(space)
    mac = 2e7 * (settings.side / 64) ** 2  # of an average network: forward once, backward twice, two operations each
    return [
        Problem("nasdip-hidden", "NAS-DIP space, toy objective", "standin", space, resemblance, hidden,
                {"target": space.text(hidden.target)}, "share of wrong bits", 0.0),
        Problem("nasdip", "NAS-DIP, trained: LPIPS", "real", space, evaluate.evaluate, ev, ev.identity(),
                "LPIPS to the truth", flops=6 * mac * settings.iterations, data=(tasks.row(ROW).picture,),
                weights=("alexnet", "lpips-alex")),
    ]  # fmt: skip
