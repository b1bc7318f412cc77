"""The study's experiments as plain lists of configurations. Nothing here computes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lib.papers.nst.presets import preset
from lib.papers.nst.settings import EPSILON, GRID_WEIGHTS, GROUPS, TV, Settings


@dataclass(frozen=True)
class Configuration:
    """One style transfer. `tv_weight` and `eps` are stated for 512 px; the run converts them to its own size."""

    content: str
    style: str
    lr: float
    style_weight: float
    content_weight: float
    tv_weight: float
    eps: float
    side: int  # long side, px
    steps: int
    preset: str = "paper"

    def scale(self) -> float:
        """The factor (512/side)^2 on tv and eps: gradients of mean losses shrink with the pixels, TV's do not."""
        return (512 / self.side) ** 2 if preset(self.preset).compensate else 1.0


@dataclass(frozen=True)
class Item:
    """Row k of a part: a configuration and one of its repeats; repeat 0 starts from the photo, others add noise."""

    k: int
    repeat: int
    configuration: Configuration


Planned = Iterator[tuple[Configuration, int]]  # configurations with their number of repeats


def _configuration(s: Settings, **changes: Any) -> Configuration:
    """The main pair in group G2 at the texture rate, with changes."""
    weights = dict(zip(("style_weight", "content_weight"), GROUPS["G2"], strict=True))
    base = {"content": s.content, "style": s.style, "lr": s.texture_rate, "tv_weight": TV, "eps": EPSILON,
            "side": s.side, "steps": s.steps, **weights}  # fmt: skip
    return Configuration(**{**base, **changes})


def _groups(s: Settings, **changes: Any) -> list[Configuration]:
    """The three weight groups, else equal."""
    return [_configuration(s, style_weight=sw, content_weight=cw, **changes) for sw, cw in GROUPS.values()]


def _rates(s: Settings) -> Planned:
    for lr in s.rates:  # the two rates that the paper compares get a noise band
        yield _configuration(s, lr=lr), s.replicates if lr in (0.05, 0.06) else 1


def _magnitudes(s: Settings) -> Planned:
    for lr in dict.fromkeys([*s.group_rates, s.texture_rate]):  # the figures show the texture rate, listed or not
        for configuration in _groups(s, lr=lr):
            yield configuration, s.replicates if lr == s.texture_rate else 1
    yield _configuration(s, content_weight=50.0), 1  # the factor 10 in the printed G2


def _tv(s: Settings) -> Planned:
    for group in _groups(s):
        yield replace(group, tv_weight=TV * group.style_weight / GROUPS["G2"][0]), s.replicates
        yield replace(group, tv_weight=0.0), s.replicates
        yield replace(group, eps=1e-8), 1
        yield replace(group, tv_weight=0.0, eps=1e-8), 1


def _second(s: Settings) -> Planned:
    return ((configuration, s.replicates) for configuration in _groups(s, style=s.second_style))


def _grid(s: Settings) -> Planned:
    sw, cw = GRID_WEIGHTS
    for style in dict.fromkeys([*s.styles, *s.shown_styles]):
        for content in s.contents:
            yield _configuration(s, content=content, style=style, lr=s.grid_rate, style_weight=sw, content_weight=cw), 1


def _contrast(s: Settings) -> Planned:
    sw, cw = GROUPS["G1"]
    for style in dict.fromkeys([*s.styles, *s.contrast_styles]):
        yield _configuration(s, style=style, style_weight=sw, content_weight=cw), 1


def _heatmap(s: Settings) -> Planned:
    sw = GROUPS["G2"][0]
    for lr in s.heatmap_rates:
        for ratio in s.heatmap_ratios:
            yield _configuration(s, lr=lr, content_weight=sw / ratio, side=s.small_side, steps=s.small_steps), 1


def _presets(s: Settings) -> Planned:
    for name in ("paper", "gatys", "multi-scale", "gordic"):
        p = preset(name)
        yield _configuration(s, lr=p.lr, style_weight=p.style_weight, content_weight=p.content_weight,
                             tv_weight=p.tv_weight, eps=p.eps, preset=name), 1  # fmt: skip


def _decision(s: Settings) -> Planned:
    for name in ("paper", "reading_b") if s.decide else ():
        for lr in (1e-4, 0.01):
            yield from ((configuration, 1) for configuration in _groups(s, lr=lr, preset=name))


_PLANS = {
    "rates": (_rates, "E2, E3: learning-rate sweep (figures 2 and 3, table 1)"),
    "groups": (_magnitudes, "E5 to E7: three weight magnitudes at one ratio (table 2, figures 5 and 6)"),
    "tv": (_tv, "E9: the same magnitudes with total variation scaled, off, and with a tiny epsilon"),
    "second": (_second, "E8: the magnitudes on a second style (figure 7)"),
    "grid": (_grid, "E1: styles by contents at one setting (figure 1)"),
    "contrast": (_contrast, "C8: the smallest magnitude on styles of different colour contrast"),
    "heatmap": (_heatmap, "learning rate by weight ratio"),
    "presets": (_presets, "four published programs on one pair"),
    "decision": (_decision, "E0: which reading of the tables fits (GPU profiles)"),
}
PARTS = {part: title for part, (_, title) in _PLANS.items()}


def plan(settings: Settings, part: str) -> list[Item]:
    """Every row of a part, in order."""
    pairs = dict(_PLANS[part][0](settings)).items()
    return [Item(k, repeat, c) for k, (c, repeats) in enumerate(pairs) for repeat in range(repeats)]


def batches(items: list[Item], size: int) -> Iterator[list[Item]]:
    """The items in batches of at most `size` that share content, style, size, steps and preset.

    Batches follow from the plan alone, so that a resumed part computes the very batches of an uninterrupted one.
    """
    scenes: dict[tuple[Any, ...], list[Item]] = {}
    for item in items:
        c = item.configuration
        scenes.setdefault((c.content, c.style, c.side, c.steps, c.preset), []).append(item)
    for members in scenes.values():
        for start in range(0, len(members), size):
            yield members[start : start + size]


def pictures(settings: Settings) -> list[tuple[str, str]]:
    """Every picture the study reads, as (role, name), each pair once."""
    s = settings
    styles = [s.style, s.second_style, *s.styles, *s.shown_styles, *s.contrast_styles]
    named = [("content", name) for name in [s.content, *s.contents]] + [("style", name) for name in styles]
    return list(dict.fromkeys(named))
