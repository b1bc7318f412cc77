"""Synthetic records of an AutoGAN study on the desk's sizes: what rows and headers hold, with plausible numbers."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lib.papers.autogan.experiments import SPACE
from lib.spaces.autogan import LENGTHS, NAMED
from tests.reference import stored_study

SEEDS = {"mlas": 3, "fid": 1, "noreset": 1, "slas": 1, "rsws": 1}
STAGES = (5, 5, 5)  # iterations a stage
CONTROLLER_STEPS, CANDIDATES, CONTROL, THRESHOLD = (30, 20, 12), 6, 20, 1e-3
KD = {"a": 0.060, "b": 0.064, "c": 0.066, "sngan": 0.085, "top1": 0.063, "top2": 0.068, "top3": 0.08, "rsws": 0.075,
      "rses": 0.09, "top1-1": 0.065, "top1-2": 0.061}  # fmt: skip
PRINTED = {"a": (8.55, 12.42), "b": (8.42, 13.67), "c": (8.41, 13.87), "sngan": (8.21, 14.21), "top1": (8.5, 13.0),
           "top2": (8.4, 14.0), "top3": (8.3, 15.0), "rsws": (8.09, 17.34), "rses": (7.97, 21.39),
           "top1-1": (8.4, 13.5), "top1-2": (8.6, 12.9)}  # fmt: skip
Row = dict[str, Any]
write = partial(stored_study.write, "autogan")


def scores(**changes: Any) -> Row:
    """What headers say of scores."""
    return {"data": "cifar10-jpeg", "side": 32, "features": "lite0", "reward": "task", "images": 1000, "splits": 5,
            "reward_splits": 2, **changes}  # fmt: skip


def about(**changes: Any) -> Row:
    """The header of a part that searches nothing."""
    known = scores(**changes)
    return {"settings": {}, "scores": known, "gan": {"width": 32, "d_width": 32, "n_critic": 5},
            "features": known["features"], "source": known["data"], "weights": {},
            "pictures": {known["data"]: "0" * 64}}  # fmt: skip


def searching(part: str, seed: int, **changes: Any) -> Row:
    """The header of a search, which says nothing of final scores."""
    known = about(**changes)
    for name in ("features", "images", "splits"):
        del known["scores"][name]
    del known["features"]
    steps = CONTROLLER_STEPS[-1:] if part in ("slas", "rsws") else CONTROLLER_STEPS
    return {"search": {"part": part, "seed": seed, "reward": "fd" if part == "fid" else "is"},
            "plan": {"threshold": THRESHOLD, "window": 40, "reward_images": 300, "control": CONTROL,
                     "controller_steps": list(steps)}, **known}  # fmt: skip


def drawn(rng: np.random.Generator, length: int, sure: float) -> str:
    """A genome of so many tokens that takes genome a's with this probability."""
    wanted, chance = SPACE.named("a"), SPACE.sample(rng)
    return SPACE.text(tuple(wanted[i] if rng.random() < sure else chance[i] for i in range(length)))


def marginal(gene: int, sure: float) -> list[float]:
    """Probabilities of a token's values, towards genome a's."""
    count, wanted = len(SPACE.genes[gene].choices), SPACE.named("a")[gene]
    return [sure * (value == wanted) + (1 - sure) / count for value in range(count)]


def searched(part: str, seed: int) -> Iterator[Row]:
    """The iterations of a search: one that learns, is reset where its loss hardly varies, and gets better."""
    rng = np.random.default_rng(100 * seed + list(SEEDS).index(part))
    single = part in ("slas", "rsws")
    spent = {"d_steps": 0, "g_steps": 0, "reward_images": 0}
    for k in range(sum(STAGES)):
        stage = 2 if single else k // STAGES[0]
        within, side = (k if single else k % STAGES[0]), 8 << stage
        sure = 0.0 if part == "rsws" else min(0.9, 0.04 * (within + 1) * (1 if single else 3))
        fell = part in ("mlas", "noreset") and k in (3 + seed, 11)
        level = 2.0 + 0.55 * stage + 0.09 * within - 0.4 * fell + (0.2 if single else 0.0) - 0.05 * k * single
        now = {name: level + 0.05 * rng.standard_normal() for name in ("greedy", "policy", "reward")}
        steps, reset = 120 if fell and part == "mlas" else 200, fell and part == "mlas"
        draws = CONTROLLER_STEPS[stage]
        hits = int(rng.binomial(draws, 0.35)) if stage == 0 else 0
        for name, more in zip(spent, (steps, steps // 5, 300 * (draws - hits)), strict=True):
            spent[name] += more
        compared = within == STAGES[0] - 1 if not single else k == sum(STAGES) - 1
        seconds = {"seconds_gan": (2.0, 7.0, 28.0)[stage] * steps / 200,
                   "seconds_reward": (draws - hits) * (0.4 if part == "fid" else 0.25),
                   "seconds_evaluation": 1.5}  # fmt: skip
        seconds_scoring = 0.8 * seconds["seconds_reward"] * (1 + 0.02 * (k % 4))
        variance = THRESHOLD * (0.5 if fell else 30 + 10 * rng.random())
        metrics = {
            "reward_mean": now["reward"] if part != "fid" else 0.01 * now["reward"], "reward_std": 0.1,
            "entropy": 4.5 * (1 - sure), "baseline": now["reward"], "greedy_is": now["greedy"],
            "greedy_fd": 40 / now["greedy"] ** 2, "greedy_kd": 1 / now["greedy"] ** 2, "d_loss": 1.2, "g_loss": 0.4,
            "memo_hits": hits, "memo_misses": draws - hits, "variance_d": variance, "variance_g": 2 * variance, **spent,
            **seconds, "seconds_scoring": seconds_scoring,
        }  # fmt: skip
        if compared and part != "rsws":
            metrics |= {"policy_mean": now["policy"], "uniform_mean": now["policy"] - 0.3 * sure, "policy_std": 0.1,
                        "uniform_std": 0.15, "control": CONTROL}  # fmt: skip
        noise = rng.standard_normal(draws)
        curves = {"rewards": list(now["reward"] + 0.1 * noise), "entropies": [4.5 * (1 - sure)] * draws,
                  "baselines": list(now["reward"] + 0.02 * np.cumsum(noise) / np.arange(1, draws + 1)),
                  "variances_d": list(np.geomspace(40 * THRESHOLD, variance, 12))}  # fmt: skip
        genes = range(LENGTHS[2]) if single else range((0, *LENGTHS)[stage], LENGTHS[stage])
        if part != "rsws":
            curves |= {f"marginal_{SPACE.genes[gene].name}": marginal(gene, sure) for gene in genes}
        length = LENGTHS[stage]
        kept = [drawn(rng, length, 0.9) for _ in range(3)] if compared else []
        yield {"k": k, "repeat": 0, "seed": seed, "score": -now["greedy"], "metrics": metrics, "curves": curves,
               "reason": "", "seconds": sum(seconds.values()), "artifacts": {},
               "config": {"stage": stage, "resolution": side, "reset": reset, "would_reset": fell, "grown": compared,
                          "greedy": drawn(rng, length, sure), "beams": kept, "unique": len(set(kept))}}  # fmt: skip


def listed(rows: Iterable[tuple[Row, Row]], score: str, **more: Any) -> Iterator[Row]:
    """Rows of configuration and metrics, of which one is the score."""
    for k, (config, metrics) in enumerate(rows):
        yield {"k": k, "repeat": config.pop("repeat", 0), "seed": 0, "config": config, "score": metrics[score],
               "metrics": metrics, "reason": "", "seconds": 20.0,
               "artifacts": {"image": f"artifacts/{config['name']}.png"} if more.get("pictures") else {},
               "curves": curves_of(metrics) if more.get("curves") else {}}  # fmt: skip


def curves_of(metrics: Row) -> Row:
    """A training that approaches its last score."""
    at = np.arange(100, 1201, 100)
    return {"g_iters": at.tolist(), "fd_task_curve": list(metrics["fd"] * (1 + 8 * np.exp(-at / 250)))}


def trained(names: Iterable[str], *, task: bool = True, inception: bool = False) -> Iterator[tuple[Row, Row]]:
    """Generators trained from scratch; a and SN-GAN twice."""
    rng = np.random.default_rng(5)
    for name in names:
        text = NAMED.get(name, drawn(rng, LENGTHS[2], 0.8))
        for repeat in range(2 if name in ("a", "sngan") and task else 1):
            kd = KD[name] * (1 + 0.02 * rng.standard_normal())
            score, distance = PRINTED[name] if inception else (5 - 20 * kd, 700 * kd)
            metrics = {"is": score, "fd": distance, "kd": kd, "is_std": 0.1}
            if task:
                metrics |= {"is_task": 6 - 25 * kd, "fd_task": 30 * kd, "kd_task": 0.8 * kd}
            metrics |= {f"{of}_{end}": metrics[of] * (0.95 if end == "low" else 1.05) for of in ("is", "fd", "kd")
                        for end in ("low", "high")}  # fmt: skip
            size = {"params": 90_000, "gmacs": 0.04, "g_iters": 1200, "best_fd_task": 28 * kd, "best_g_iter": 1000}
            yield {"name": name, "text": text, "repeat": repeat}, metrics | size


def checked() -> Iterator[tuple[Row, Row]]:
    """Real pictures, other real ones and noise."""
    for name, score, kd in (("real", 5.5, 0.0), ("half", 5.4, 0.001), ("noise", 1.1, 0.5)):
        yield {"name": name}, {"is": score, "fd": 900 * kd, "kd": kd, "is_task": score, "fd_task": kd, "kd_task": kd}


def laddered() -> Iterator[tuple[Row, Row]]:
    """Random search with early stopping: 16 genomes, then 4, then 1."""
    rng = np.random.default_rng(6)
    genomes = [drawn(rng, LENGTHS[2], 0.0) for _ in range(16)]
    for rung, (count, steps) in enumerate(((16, 60), (4, 240), (1, 960))):
        for place, text in enumerate(genomes[:count]):
            yield {"text": text, "rung": rung, "g_iters": steps, "place": place}, {"is": 3 - 0.05 * place, "minus": -3}


def related() -> Iterator[tuple[Row, Row]]:
    """Ten genomes with shared weights and trained."""
    rng = np.random.default_rng(7)
    for place in range(10):
        proxy = 2.2 + 0.1 * place
        real = proxy + 0.6 + 0.08 * rng.standard_normal()
        yield ({"text": drawn(rng, LENGTHS[2], 0.0), "name": str(place)},
               {"proxy_is": proxy, "real_is": real, "proxy_fd": 40 / proxy, "real_fd": 30 / real,
                "proxy_kd": 0.5 / proxy, "real_kd": 0.3 / real})  # fmt: skip


def pictures(folder: Path, part: str, names: Iterable[str], side: int) -> None:
    """A grid of 64 samples of each network, plain colours."""
    rng = np.random.default_rng(8)
    for name in names:
        path = folder / "records" / "pictures" / f"{part}-{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        grid = np.full((8 * (side + 2) - 2,) * 2 + (3,), 255, np.uint8)
        for place in range(64):
            y, x = (side + 2) * (place // 8), (side + 2) * (place % 8)
            grid[y : y + side, x : x + side] = rng.integers(0, 255, 3)
        Image.fromarray(grid).save(path)


def fill(folder: Path) -> None:
    """Records and pictures of every part."""
    for part, seeds in SEEDS.items():
        for seed in range(seeds):
            write(folder, f"{part}-{seed}", searched(part, seed), searching(part, seed))
    write(folder, "derived", listed(trained(KD), "kd", pictures=True, curves=True), about())
    pictures(folder, "derived", KD, 32)
    small = about(data="photos48", side=48)
    write(folder, "transfer", listed(trained(("a", "sngan"), task=False), "kd", pictures=True, curves=True), small)
    pictures(folder, "transfer", ("a", "sngan"), 48)
    write(folder, "checks", listed(checked(), "kd"), about())
    write(folder, "rses", listed(laddered(), "minus"), about())
    write(folder, "correlation", listed(related(), "real_is"), about())


def inception(folder: Path, **changes: Any) -> None:
    """Trainings as the paper has them, on Inception's features."""
    identity = about(**{"data": "cifar10", "features": "inception-2015", "images": 50_000, **changes})
    write(folder, "derived", listed(trained(KD, inception=True), "kd"), identity)
