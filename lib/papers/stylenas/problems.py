"""The space of StyleNAS as problems for comparing searchers: the surrogate objective, and small real trainings."""

from typing import Any

from lib.models import photoreal
from lib.papers.problem import Problem
from lib.papers.stylenas import evaluate, photos, store, surrogate
from lib.papers.stylenas.evaluate import SPACE, Evaluation
from lib.search.workers import Outcome
from lib.spaces.base import Genome

SMALL: dict[str, Any] = {
    "encoder": "vgg16", "training": ("bundled",), "photos": 16, "pairs": photos.BUNDLED, "search_pairs": 2, "width": 64,
    "side": 32, "batch": 2, "lr": 1e-3, "oracle_side": 32, "final_side": 32, "final_steps": 0,
    "photowct_steps": 0, "content_shift": 1.0, "seed": 0, "device": "cpu",
}  # fmt: skip
SHARE, ORACLE = 3, 5  # of the training steps of a network of other papers, one in so many; oracle's, of a candidate's


def trained(ev: Evaluation, genome: Genome, seed: int) -> Outcome:
    """The objective after a training, as in the paper's study, but the weights are not kept: hundreds are compared."""
    found = evaluate.evaluate(ev, genome, seed)
    store.forget(ev.recipe(), genome)
    return found


def problems(settings: Any) -> list[Problem]:
    """The whole space under the surrogate, whose noise follows from a search's seed and the genome; and trained."""
    steps = max(1, settings.iterations // SHARE)
    ev = Evaluation(**SMALL, steps=steps, oracle_steps=ORACLE * steps)
    macs = photoreal.macs(SPACE.decode(SPACE.named("S7")), ev.side, ev.side)
    return [
        Problem("stylenas-toy", "StyleNAS space, surrogate", "standin", SPACE,
                surrogate.evaluate, None, surrogate.IDENTITY, "surrogate of L"),
        Problem("stylenas", "StyleNAS, trained: L", "real", SPACE, trained, ev, ev.identity(), "L",
                flops=6.0 * macs * ev.batch * steps, data=tuple(photos.digests([photos.BUNDLED])), weights=("vgg16",)),
    ]  # fmt: skip
