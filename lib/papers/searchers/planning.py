"""What a profile would cost: candidates or trainings of each part, before anything runs."""

from typing import Any

from lib.papers.searchers import computing, problems
from lib.papers.searchers.computing import CONTROLS, DIFFERENTIABLE, NOISE
from lib.papers.searchers.settings import Settings
from lib.searchers.differentiable import SCHEMES

OVERHEAD_S = 0.001  # of a candidate in the loop, about; most of what a formula costs
DIFFERENTIABLE_S = 2  # all differentiable searches at once, about


def plan(settings: Settings) -> list[dict[str, Any]]:
    """What each part would compute: candidates or trainings, operations, and the pictures and weights it needs."""
    parts, controls = [], 0
    for problem in problems.chosen(settings):
        each = settings.budget(problem.kind) * len(computing.arms(settings, problem))
        controls += each * settings.control_seeds
        rows, needs = each * settings.seeds(problem.kind), {"data": problem.data, "weights": problem.weights}
        cost = {"flops": rows * problem.flops} | ({} if problem.flops else {"seconds": rows * OVERHEAD_S})
        parts.append({"part": problem.name, "rows": rows, "memory": 2e8, **cost, **needs})
    beside = {CONTROLS: controls, NOISE: 2 * settings.toy_seeds * settings.toy_budget}
    costs = {part: (rows, rows * OVERHEAD_S) for part, rows in beside.items()}
    costs[DIFFERENTIABLE] = len(SCHEMES) * settings.toy_seeds, DIFFERENTIABLE_S
    for part, (rows, seconds) in costs.items():
        parts.append({"part": part, "rows": rows, "flops": 0, "memory": 2e8, "seconds": seconds})
    return parts


def used(what: str, settings: Settings) -> list[str]:
    """The pretrained `weights` of all problems chosen, or the `data`: pictures and sets."""
    return sorted({name for problem in problems.chosen(settings) for name in getattr(problem, what)})
