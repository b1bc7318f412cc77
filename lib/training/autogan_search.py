"""The search of AutoGAN (Gong et al., arXiv 1908.03835, section 3): a shared GAN and a controller learn in turn.

One stage a cell: the children of a stage are its beams, each with one more cell, at twice the resolution.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lib.device import keyed_seed, pick
from lib.searchers.controller import Controller
from lib.spaces.autogan import AutoGan, Stage
from lib.spaces.base import Genome, Space, keyed
from lib.training.gan import GanSettings
from lib.training.policy import ROOT, Beams, OfficialEntropy, Policy
from lib.training.reset import Collapse
from lib.training.shared_gan import SharedGan
from lib.training.trainer import Step

TRIES = 10  # draws for each candidate wanted, to find distinct ones
RESCORED = 10  # the best of a screening, scored again
MARGINALS = 256  # children from which the marginals of the policy are counted
TEXT = AutoGan().text
Reward = Callable[[Iterator[Tensor], int], float]  # pictures in [0, 1] and their side -> higher is better
Evaluate = Callable[[Iterator[Tensor], int], dict[str, float]]


@dataclass(frozen=True)
class SearchPlan:
    """How long each part of the search lasts and how it decides.

    `growth` holds the first iterations of stages 1 and 2, none with `single_level` (all 14 tokens at once, full
    resolution). A phase 1 has `d_steps` at most, a phase 2 as many steps as `controller_steps` says for its stage, each
    of a child scored on `reward_images`. A stage ends with `candidates` (M) of which `kept` (K) stay, screened with
    `screen_images` first unless 0, and with as many children of the policy and of chance as `control` compared.
    `window` and `threshold` are those of the dynamic reset, which `reset` turns on. `memo` gives equal children of a
    phase one score; `official_entropy` is for an ablation; `nan`, "reset" or "stop", is what follows on a loss that is
    not finite.
    """

    iterations: int
    growth: tuple[int, ...]
    single_level: bool
    policy: str  # controller or uniform
    order: str
    d_steps: int
    controller_steps: tuple[int, ...]
    reward_images: int
    candidates: int
    kept: int
    screen_images: int
    control: int
    evaluated_images: int
    reset: bool
    window: int
    threshold: float
    controller_lr: float
    beta: float
    decay: float
    hidden: int
    memo: bool
    official_entropy: bool
    nan: str

    def ends(self, iteration: int) -> bool:
        """Whether an iteration is the last of its stage."""
        return iteration + 1 in (*self.growth, self.iterations)

    def space(self, stage: int) -> Space:
        """What the policy of a stage chooses."""
        return AutoGan() if self.single_level else Stage(stage, self.order)

    def controller(self, space: Space, seed: int) -> Controller | None:
        """A fresh controller; None where chance chooses."""
        if self.policy == "uniform":
            return None
        kind = OfficialEntropy if self.official_entropy else Controller
        return kind(space, seed, hidden=self.hidden, lr=self.controller_lr, beta=self.beta, decay=self.decay)


class Judge:
    """Rewards of children as the shared weights are now; equal ones have one reward where there is a memo."""

    def __init__(self, score: Callable[[Genome, int], float], memo: bool) -> None:
        """`score` gets a child and how many were scored before it."""
        self._score, self._memo = score, memo
        self._known: dict[Genome, float] = {}
        self.hits = self.misses = 0
        self.seconds = 0.0  # spent on scoring alone

    def __call__(self, genome: Genome) -> float:
        """The reward of a child, higher being better."""
        if self._memo and genome in self._known:
            self.hits += 1
        else:
            begin = perf_counter()
            self._known[genome] = self._score(genome, self.misses)
            self.seconds += perf_counter() - begin
            self.misses += 1
        return self._known[genome]


class AutoGanSearch:
    """A `Trainer` of which a step is one iteration of the outer loop (the paper's algorithm 1).

    All that is drawn follows from the seed and the number of the iteration.
    """

    def __init__(self, plan: SearchPlan, gan: GanSettings, pictures: Callable[[int], Tensor],  # noqa: PLR0917
                 reward: Reward, evaluate: Evaluate, seed: int) -> None:  # fmt: skip
        """`pictures` gives those of a side, (N, 3, side, side) uint8 on the device of `gan`."""
        self.plan, self.seed = plan, seed
        self._reward, self._evaluate = reward, evaluate
        self.iteration = self.reward_images = 0
        collapse = Collapse(plan.window, plan.threshold, pick(gan.device))
        self.shared = SharedGan(gan, pictures, collapse, seed, reset=plan.reset, nan=plan.nan)
        self._enter(2 if plan.single_level else 0, ROOT)

    def images(self, genome: Genome, n: int, seed: int) -> Iterator[Tensor]:
        """n pictures (at most 250, 3, S, S) in [0, 1] of a child with the shared weights, in evaluation mode."""
        return self.shared.images(genome, n, seed)

    def step(self) -> Step:
        """One iteration: both phases, the end of the stage where it is its last, the greedy child, the reset.

        Raises FloatingPointError for a reward that is not finite and, where `plan.nan` is "stop", for such a loss.
        """
        grown = self.plan.ends(self.iteration) and self.stage < 2
        row = Step({}, config={"stage": self.stage, "resolution": self.shared.side, "grown": grown})
        with _timed(row, "seconds_gan"):
            reset = self._train_gan(row)
        with _timed(row, "seconds_reward"):
            self._train_policy(row)
            beams = self._end_stage(row) if self.plan.ends(self.iteration) else ROOT
        with _timed(row, "seconds_evaluation"):
            self._evaluate_greedy(row)
        d_steps, g_steps = self.shared.steps
        row.metrics |= {"d_steps": d_steps, "g_steps": g_steps, "reward_images": self.reward_images}
        if grown:
            self._enter(self.stage + 1, beams)
        self.iteration += 1
        if reset and self.iteration < self.plan.iterations:  # whoever comes after the search finds trained weights
            self.shared.restart()
        return row

    def state(self) -> dict[str, Any]:
        """Everything that the iterations to come depend on; refers to live tensors."""
        return {"iteration": self.iteration, "stage": self.stage, "reward_images": self.reward_images,
                "policy": self.policy.state(), "shared": self.shared.state()}  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned, in a search of the same arguments."""
        self._enter(state["stage"], ROOT)
        self.policy.load(state["policy"])
        self.shared.load(state["shared"])
        self.iteration, self.reward_images = state["iteration"], state["reward_images"]

    def _enter(self, stage: int, beams: Beams) -> None:
        """Start a stage with a fresh controller; the shared weights stay."""
        self.stage, space = stage, self.plan.space(stage)
        controller = self.plan.controller(space, keyed_seed(self.seed, "controller", stage))
        self.policy = Policy(space, beams, controller)
        self.shared.show(stage)

    def _train_gan(self, row: Step) -> bool:
        """Phase 1, the policy frozen and all children drawn at once; whether it was left for a reset."""
        children = self.policy.sample(self._rng("training"), self.plan.d_steps)
        phase = self.shared.train(children.genomes, self.iteration)
        row.metrics |= phase.metrics()
        row.curves["variances_d"] = phase.curve()
        row.config |= {"reset": phase.reset, "would_reset": phase.collapsed}
        row.reason = phase.reason
        return phase.reset

    def _train_policy(self, row: Step) -> None:
        """Phase 2, the shared weights frozen: a child, its reward, an update; the baseline starts afresh."""
        self.policy.restart()
        judge = self._judge("reward", self.plan.reward_images)
        rewards, learnt = [], []
        for step in range(self.plan.controller_steps[0 if self.plan.single_level else self.stage]):
            child = self.policy.sample(self._rng("reward", step), 1)
            rewards.append(judge(child.genomes[0]))
            learnt.append(self.policy.learn(child, rewards[-1]))
        row.metrics |= {**_spread("reward", rewards), "memo_hits": judge.hits, "memo_misses": judge.misses,
                        "seconds_scoring": judge.seconds}  # fmt: skip
        row.curves["rewards"] = rewards
        if self.policy.controller is not None and learnt:
            curves = {name: [one[name] for one in learnt] for name in ("entropy", "baseline")}
            row.metrics |= {"entropy": float(np.mean(curves["entropy"])), "baseline": curves["baseline"][-1]}
            row.curves |= {"entropies": curves["entropy"], "baselines": curves["baseline"]}

    def _end_stage(self, row: Step) -> Beams:
        """The control, then the K best of M distinct candidates, with the controller's state after each."""
        if self.plan.control:
            self._compare(row)
        drawn = self.policy.sample(self._rng("candidates"), TRIES * self.plan.candidates)
        first: dict[Genome, int] = {}
        for place, genome in enumerate(drawn.genomes):
            first.setdefault(genome, place)
        found = list(first)[: self.plan.candidates]
        row.config["unique"] = len(found)
        if self.plan.screen_images:
            found = self._best("screen", found, self.plan.screen_images)[: max(RESCORED, self.plan.kept)]
        best = self._best("candidates", found, self.plan.reward_images)[: self.plan.kept]
        row.config["beams"] = [TEXT(genome) for genome in best]
        return drawn.beams([first[genome] for genome in best])

    def _best(self, purpose: str, genomes: list[Genome], images: int) -> list[Genome]:
        """The genomes by falling reward."""
        judge = self._judge(purpose, images)
        rewards = {genome: judge(genome) for genome in genomes}
        return sorted(genomes, key=lambda genome: -rewards[genome])

    def _compare(self, row: Step) -> None:
        """Children of the policy against children of the same beams drawn by chance, on the same weights."""
        n = self.plan.control
        judge = self._judge("control", self.plan.reward_images, memo=False)  # equal children count with other z
        drawn = {"policy": self.policy.sample(self._rng("control"), n).genomes,
                 "uniform": self.policy.chance(self._rng("chance"), n)}  # fmt: skip
        for name, genomes in drawn.items():
            row.metrics |= _spread(name, [judge(genome) for genome in genomes])
        row.metrics["control"] = n

    def _evaluate_greedy(self, row: Step) -> None:
        """Score the policy's favourite, and count what the policy chooses."""
        genome = self.policy.greedy(self._rng("greedy"))
        images = self.images(genome, self.plan.evaluated_images, self._z_seed("evaluation", 0))
        with torch.inference_mode():
            found = self._evaluate(images, self.shared.side)
        row.config["greedy"] = TEXT(genome)
        row.metrics |= {f"greedy_{name}": value for name, value in found.items()}
        row.score = -found["is"] if "is" in found else None
        chosen = np.array(self.policy.sample(self._rng("marginals"), MARGINALS).choices)
        for gene, column in zip(self.policy.space.genes, chosen.T, strict=True):
            shares = np.bincount(column, minlength=len(gene.choices)) / MARGINALS
            row.curves[f"marginal_{gene.name}"] = shares.tolist()

    def _judge(self, purpose: str, n: int, *, memo: bool = True) -> Judge:
        """Rewards of one phase, of n images each; `memo` False leaves out that of the plan."""

        def score(genome: Genome, place: int) -> float:
            images = self.images(genome, n, self._z_seed(purpose, place))
            with torch.inference_mode():
                reward = float(self._reward(images, self.shared.side))
            self.reward_images += n
            if not math.isfinite(reward):
                raise FloatingPointError(f"the reward of {TEXT(genome)} is {reward} in iteration {self.iteration}")
            return reward

        return Judge(score, self.plan.memo and memo)

    def _rng(self, purpose: str, *key: int) -> np.random.Generator:
        return keyed(keyed_seed(self.seed, purpose, self.iteration, *key))

    def _z_seed(self, purpose: str, place: int) -> int:
        return keyed_seed(self.seed, "z", purpose, self.iteration, place)


@contextmanager
def _timed(row: Step, name: str) -> Iterator[None]:
    begin = perf_counter()
    yield
    row.metrics[name] = perf_counter() - begin


def _spread(name: str, values: list[float]) -> dict[str, float]:
    """Mean and sample standard deviation of at least one value; nothing of none."""
    if not values:
        return {}
    return {f"{name}_mean": float(np.mean(values)), f"{name}_std": float(np.std(values, ddof=len(values) > 1))}
