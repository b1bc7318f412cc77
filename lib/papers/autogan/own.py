"""A search for a folder of one's own pictures, sized so that it and the training of what it finds fit into minutes."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lib import weights
from lib.data import images
from lib.metrics import distribution
from lib.papers import one_cell
from lib.papers.autogan import computing, experiments, planning, scores
from lib.papers.autogan.computing import CHECKED, N_CRITIC, SCORED
from lib.papers.autogan.experiments import SPACE, Search
from lib.papers.autogan.generate import Generated, Network, desk, gridded, on, trained
from lib.papers.autogan.scores import Scores
from lib.papers.autogan.settings import Settings
from lib.papers.long_runs import CHECKPOINT
from lib.papers.minutes import SAFE, SHARE, finished, left_to_train, own_run
from lib.paths import shown
from lib.report import architecture, plots
from lib.report.style import styled
from lib.search import record
from lib.training.autogan_search import AutoGanSearch

ENOUGH, AT_MOST = 6, 90  # iterations: below, each is made smaller; at most as many as in the paper
PROBED = 16  # pictures of the children that are timed
SEARCH = Search("mlas", 0, "is")
Pace = list[tuple[float, float]]  # by stage: seconds of a D-step with its share of a G-step, and of a scored picture


@dataclass(frozen=True)
class Found:
    """What a search on one's own pictures found: the best genome's text, its generator, the search row by row.

    In `curve` a row is an iteration: `reward_mean` of its children, `greedy_is` of the controller's favourite child,
    `stage`, `resolution` and more.
    """

    genome: str
    network: Network
    curve: pd.DataFrame
    folder: Path
    score: str  # what the rewards are, e.g. IS-lite0
    g_iters: int  # generator's steps of the training after the search

    def generate(self, n: int = 64, seed: int = 0) -> Generated:
        """Unpicked pictures of the best generator."""
        return Generated(self.network.pictures(n, seed), self.genome)

    def save(self, path: str | Path) -> Path:
        """Write the generator as a file of `save_network`."""
        return self.network.save(path)

    @styled
    def report(self) -> Figure:
        """Rewards by iteration, the architecture, and 16 unpicked pictures."""
        figure, (left, middle, right) = plots.panels(3, height=4.2)
        kinds = {"mean of the children": "reward_mean", "the controller's favourite": "greedy_is"}
        curves = [pd.DataFrame({"iteration": self.curve["k"] + 1, "score": self.curve[name], "what": what})
                  for what, name in kinds.items()]  # fmt: skip
        grown = self.curve.index[self.curve["grown"].astype(bool)] + 1.5
        plots.lines(pd.concat(curves), "iteration", "score", "what", ylabel=self.score, vlines=list(grown),
                    legend="below", title="search", ax=left)  # fmt: skip
        left.xaxis.set_major_locator(MaxNLocator(integer=True))
        architecture.on(middle, SPACE.decode(SPACE.parse(self.genome)).diagram(self.network.generator.bottom))
        right.imshow(images.to_uint8(gridded(self.network.pictures(16, 0), 4)), interpolation="nearest")
        middle.set_title("best generator")
        right.set(title=f"its pictures after {self.g_iters:,} steps", xticks=[], yticks=[])
        right.spines[:].set_visible(False)
        return figure


def search(folder: str | Path, minutes: float, *, settings: Settings | None = None, side: int = 32) -> Found:
    """Search a generator for the pictures of a folder, then train the best one, within about so many minutes.

    Pictures are cut and shrunk to `side` px (16, 32, 48, 64). Where they lie in sub-folders, these are their classes,
    and a classifier trained on them gives the rewards if `settings` say `task`; else Lite0 does. The first minutes
    measure this machine; from that follows how many iterations, steps and pictures the search has, so that it takes
    less than half of the time, and from what is left then how many steps the training has. Everything else is as in
    `settings`, by default those of the desk profile. What was stopped goes on if called again; what is finished is not
    computed again.

    Raises ValueError for a folder with fewer than two pictures, pictures smaller than `side` and numbers out of range,
    OutOfTime where the minutes were too few for the search or the training: the same call continues it.
    """
    one_cell.check_minutes(minutes)
    chosen = _own(Path(folder), settings or desk(), side)
    known = Scores.of(chosen)
    used = {name: weights.digest(name) for name in computing.used_weights(chosen)}
    with own_run("autogan", chosen, minutes, {chosen.data: known.shown().sha256}, weights=used) as run:
        network = known.network(known.reward)  # trained or loaded first, as it is no part of the pace
        pace: Pace = one_cell.measured(run.folder / "pace.json", lambda: {"stages": _pace(chosen)})["stages"]
        sized = replace(chosen, **_search_sizes(chosen, SAFE * SHARE * 60 * minutes, pace))
        rows = finished(_opened(sized), run.record, run.folder / CHECKPOINT, "search", steps=sized.iterations,
                        iterations=sized.iterations, seed=sized.seed)  # fmt: skip
        left = SAFE * left_to_train(minutes, rows)
        size = one_cell.measured(run.folder / "training.json", lambda: _training_size(sized, left, pace))
        genome, sized = str(rows[-1]["config"]["beams"][0]), replace(sized, **size)
        made = trained(sized, "the best generator", SPACE.parse(genome))
    score = distribution.score_name("IS", network.name)
    return Found(genome, made, record.frame(rows), run.folder, score, sized.derived_steps[0])


def _own(folder: Path, settings: Settings, side: int) -> Settings:
    """The settings on a user's pictures, which are read here; rewards need labels or a pretrained network."""
    if not folder.is_dir():
        raise ValueError(f"{shown(folder)} is no folder; pictures are searched for in one")
    own = on(folder, replace(settings, side=side))
    return replace(own, features=own.reward)


def _opened(settings: Settings) -> AutoGanSearch:
    """A search at its beginning; the favourite child has an inception score alone, as in a reward."""
    known, gan = Scores.of(settings), computing.gan_settings(settings, derived=False)
    reward = scores.reward(known, "is")
    return AutoGanSearch(
        replace(experiments.plan(settings, SEARCH), control=0), gan,
        lambda side: known.shown(side).pixels.to(gan.device), reward,
        lambda made, side: {"is": reward(made, side)}, settings.seed,
    )  # fmt: skip


def _pace(settings: Settings) -> Pace:
    """What a moment of a search takes here, stage after stage."""
    steps, found, before = 2 * N_CRITIC, [], 0.0
    probe = _shrunk(settings, 0.0) | {"stages": [1, 1, 1], "shared_steps": steps, "reward_images": PROBED}
    searching = _opened(replace(settings, **probe))
    for _ in range(3):
        metrics = searching.step().metrics
        scored, before = metrics["reward_images"] - before, metrics["reward_images"]
        found.append((metrics["seconds_gan"] / steps, metrics["seconds_reward"] / scored))
    return found


def _search_sizes(settings: Settings, seconds: float, pace: Pace) -> dict[str, Any]:
    """The sizes of a search of about so many seconds: as many iterations of the settings' size as fit, or enough
    smaller ones, as many in each stage."""
    for halvings in range(8):
        sizes = _shrunk(settings, 0.5**halvings)
        ends = sizes["reward_images"] * sum(scored for _, scored in pace) * sizes["beams"][0]
        mean = sum(
            sizes["shared_steps"] * step + (children * sizes["reward_images"] + sizes["images"]) * scored
            for (step, scored), children in zip(pace, sizes["controller_steps"], strict=True)
        ) / len(pace)
        if (count := min(AT_MOST, int((seconds - ends) / mean))) >= ENOUGH:
            break
    return {**sizes, "stages": [max(1, (count + rest) // 3) for rest in range(3)]}


def _shrunk(settings: Settings, share: float) -> dict[str, Any]:
    """The sizes that make an iteration cost about this share."""
    root = math.sqrt(share)
    scored, candidates = max(2, int(root * settings.reward_images)), max(2, int(root * settings.beams[0]))
    return {
        "shared_steps": max(N_CRITIC, int(share * settings.shared_steps)),
        "controller_steps": [max(1, int(root * steps)) for steps in settings.controller_steps],
        "reward_images": scored, "images": scored, "beams": [candidates, min(settings.beams[1], candidates)],
    }  # fmt: skip


def _training_size(settings: Settings, seconds: float, pace: Pace) -> dict[str, Any]:
    """The steps of a training of about so many seconds, in which real pictures and checkpoints are scored."""
    step, scored = pace[-1]
    seen = min(scores.REALS, len(Scores.of(settings).shown().pixels)) + SCORED * min(CHECKED, settings.images)
    one = N_CRITIC * step * planning.training(settings) / planning.training(settings, derived=False)
    return {"derived_steps": [SCORED * max(1, int((seconds - seen * scored) / one / SCORED))] * 3}
