"""The study's experiments as plain lists of configurations. Nothing here computes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lib.papers.nst.presets import PRESETS, preset
from lib.papers.nst.settings import EPSILON, GRID, GROUP_RATES, GROUPS, TEXTURE_RATE, TV, Settings, compensation


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
        """The factor on tv and eps, 1 for programs that sum their losses."""
        return compensation(self.side) if preset(self.preset).compensate else 1.0


@dataclass(frozen=True)
class Item:
    """Row k of a part: a configuration and one of its repeats; repeat 0 starts from the photo, others add noise."""

    k: int
    repeat: int
    configuration: Configuration


PARTS = {
    "rates": "E2, E3: learning-rate sweep (figures 2 and 3, table 1)",
    "groups": "E5 to E7: three weight magnitudes at one ratio (table 2, figures 5 and 6)",
    "tv": "E9: the same magnitudes with total variation scaled, off, and with a tiny epsilon",
    "second": "E8: the magnitudes on a second style (figure 7)",
    "grid": "E1: styles by contents at one setting (figure 1)",
    "contrast": "C8: the smallest magnitude on styles of different colour contrast",
    "heatmap": "learning rate by weight ratio",
    "presets": "four published programs on one pair",
    "decision": "E0: which reading of the tables fits (with VGG-19)",
}


def _planned(s: Settings) -> dict[str, list[tuple[Configuration, int]]]:
    """The configurations of each part with their number of repeats; what is not said is the main pair in group G2."""
    main = Configuration(s.content, s.style, TEXTURE_RATE, *GROUPS["G2"], TV, EPSILON, s.side, s.steps)
    groups = [replace(main, style_weight=sw, content_weight=cw) for sw, cw in GROUPS.values()]
    grid = replace(main, **GRID)
    small = replace(main, side=s.small_side, steps=s.small_steps)
    return {
        # The two rates that the paper compares get a noise band.
        "rates": [(replace(main, lr=lr), s.replicates if lr in (0.05, 0.06) else 1) for lr in s.rates],
        "groups": [
            *((replace(group, lr=lr), s.replicates if lr == TEXTURE_RATE else 1)
              for lr in GROUP_RATES for group in groups),
            (replace(main, content_weight=50.0), 1),  # the factor 10 in the printed G2
        ],
        "tv": [
            pair for group in groups for pair in (
                (replace(group, tv_weight=TV * group.style_weight / main.style_weight), s.replicates),
                (replace(group, tv_weight=0.0), s.replicates),
                (replace(group, eps=1e-8), 1),
                (replace(group, tv_weight=0.0, eps=1e-8), 1),
            )
        ],
        "second": [(replace(group, style=style), s.replicates) for style in s.styles[1:2] for group in groups],
        "grid": [(replace(grid, content=content, style=style), 1)
                 for style in dict.fromkeys([*s.styles, *s.shown_styles]) for content in s.contents],
        "contrast": [(replace(groups[0], style=style), 1) for style in dict.fromkeys([*s.styles, *s.contrast_styles])],
        "heatmap": [(replace(small, lr=lr, content_weight=small.style_weight / ratio), 1)
                    for lr in s.heatmap_rates for ratio in s.heatmap_ratios],
        "presets": [
            (replace(main, lr=p.lr, style_weight=p.style_weight, content_weight=p.content_weight,
                     tv_weight=p.tv_weight, eps=p.eps, preset=name), 1)
            for name, p in PRESETS.items() if name != "reading_b"
        ],
        "decision": [(replace(group, lr=lr, preset=name), 1) for name in ("paper", "reading_b")
                     if s.encoder == "vgg19" for lr in (1e-4, 0.01) for group in groups],
    }  # fmt: skip


def plan(settings: Settings, part: str) -> list[Item]:
    """Every row of a part, in order."""
    pairs = dict(_planned(settings)[part]).items()
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
    named = [("content", name) for name in (s.content, *s.contents)]
    named += [("style", name) for name in (*s.styles, *s.shown_styles, *s.contrast_styles)]
    return list(dict.fromkeys(named))
