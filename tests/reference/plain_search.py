"""A search as a plain loop: ask, evaluate, write a line and flush it, tell. No window, no sharing, no workers."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from lib.search.workers import Outcome
from lib.searchers.base import Searcher


def search(searcher: Searcher, evaluate: Callable[..., Outcome], path: Path, budget: int) -> list[float]:
    """The scores of `budget` candidates, one after the other."""
    scores = []
    with path.open("w") as file:
        for k in range(budget):
            proposal = searcher.ask()
            assert proposal is not None
            score = evaluate(None, proposal.genome, 0).score
            file.write(json.dumps({"k": k, "genome": proposal.genome, "score": score}) + "\n")
            file.flush()
            os.fsync(file.fileno())
            searcher.tell(k, score)
            scores.append(score)
    return scores
