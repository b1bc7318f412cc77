"""The paper's claims and our own, each tested on the records of a study."""

from collections.abc import Callable, Collection, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from lib.papers.nst import poll, tables, votes
from lib.papers.nst.figures import VOTES, proxies
from lib.papers.nst.settings import EPSILON, GROUPS
from lib.papers.nst.tables import sweep
from lib.papers.study import Study
from lib.report import statistics
from lib.report.claims import Claim, Finding, Test, Verdict, above, below, exact, in_print, not_run, outside_band, says
from lib.report.statistics import Interval

STYLES_OF_FIGURE_1 = 5  # two oils, then ink, comic, pixel art
SEED = 0  # of resampling
Measure = Callable[[pd.DataFrame], float]


def _printed_factor() -> tuple[bool, str]:
    falling = tables.printed_pairs("table2")["falling loss"]
    ratios = falling["G3"] / falling["G2"]
    return bool(((ratios / 100 - 1).abs() < 0.02).all()), f"ratios {', '.join(f'{ratio:.1f}' for ratio in ratios)}"


def _printed_minimum() -> tuple[bool, str]:
    pairs = tables.printed_pairs("table1").droplevel("group")
    falling, flat = pairs["falling loss"].idxmin(), pairs["flat loss"].idxmin()
    return falling == flat == 0.06, f"printed content loss least at {falling:g}, printed style loss at {flat:g}"


def _styles(study: Study, claim: Claim) -> Finding:
    grid = study.frame("grid")
    groups = [grid.loc[grid["style"] == style, "style_ratio"] for style in grid["style"].unique()[:STYLES_OF_FIGURE_1]]
    effect = statistics.mean_rank_difference(np.concatenate(groups[2:]), np.concatenate(groups[:2]), seed=SEED)
    p = stats.kruskal(*groups).pvalue
    return above(claim, effect, 0.0, note=f"Kruskal-Wallis over {len(groups)} styles p = {p:.2g}")


def noise(study: Study, name: str) -> float:
    """Relative standard deviation of a measure over the replicates of the sweep, pooled over rates; NaN without any."""
    grouped = study.frame("rates").groupby("lr")[name]
    return float(np.sqrt(((grouped.std() / grouped.mean()) ** 2).mean()))


def _with_noise(value: float, deviation: float, n: int) -> Interval:
    """The value of two runs against each other, with a normal interval for this standard deviation of each."""
    half = 1.96 * (deviation * 2**0.5)
    return Interval(value, value - half, value + half, n)


def _falls(study: Study, claim: Claim) -> Finding:
    losses, deviation = sweep(study)["style_loss"], noise(study, "style_loss")
    lowest = losses.idxmin()
    rates, values = losses.loc[:lowest].index.to_numpy(), losses.loc[:lowest].to_numpy()
    # The rates are chosen, not sampled: what varies is the loss, by the replicates' noise.
    draws = values * (1 + deviation * np.random.default_rng(SEED).standard_normal((2000, len(values))))
    orders, counts = np.unique(stats.rankdata(np.nan_to_num(draws), axis=1), axis=0, return_counts=True)  # few differ
    drawn = np.repeat([statistics.spearman(rates, ranks).value for ranks in orders], counts)
    low, high = np.quantile(drawn, [0.025, 0.975]) if np.isfinite(deviation) else (np.nan, np.nan)
    effect = Interval(statistics.spearman(rates, values).value, low, high, len(rates))
    note = f"minimum at lr {lowest:g}; the falling loss is Ls; interval from replicate noise {deviation:.1%}"
    return below(claim, effect, -0.9, note=note, strict=False)


def _rises(study: Study, claim: Claim) -> Finding:
    losses = sweep(study)["style_loss"]
    ratio = losses.iloc[-1] / losses.min()
    effect = _with_noise(ratio, ratio * noise(study, "style_loss"), len(losses))
    return above(claim, effect, 1.02, note=f"minimum at lr {losses.idxmin():g}, largest lr {losses.index[-1]:g}")


def _flat(study: Study, claim: Claim) -> Finding:
    losses = sweep(study)["content_loss"].loc[1e-3:]
    spread = (losses.max() - losses.min()) / losses.mean()
    return below(claim, _with_noise(spread, noise(study, "content_loss"), len(losses)), 0.3)


def _least(name: str, study: Study, claim: Claim) -> Finding:
    losses, deviation = sweep(study)[name], noise(study, name)
    ratio = losses.drop(0.06).min() / losses[0.06]
    note = f"least at lr {losses.idxmin():g}; noise {deviation:.1%}"
    return above(claim, _with_noise(ratio, ratio * deviation, len(losses)), 1.0, note=note)


def _votes(study: Study, claim: Claim) -> Finding:
    cast = votes.read(study.records / VOTES)
    if lacking := poll.shortfall(cast):
        return not_run(claim, lacking)
    return above(claim, min(poll.preferences(cast, SEED), key=lambda one: one.low), 0.0)


def _proxies(study: Study, claim: Claim) -> Finding:
    frame, advantages = study.frame("rates"), []
    for name in ("proxy_lpips_content", "proxy_artfid1"):
        mean, deviation = frame.groupby("lr")[name].mean(), noise(study, name) * frame[name].mean()
        advantages += [_with_noise(mean[0.06] - mean[lr], deviation, len(frame)) for lr in (0.0017, 0.005)]
    note = f"lr -> 0 wins trivially on such proxies; our least style loss is at {sweep(study)['style_loss'].idxmin():g}"
    return above(claim, min(advantages, key=lambda one: one.low), 0.0, note=note)


def _criterion(study: Study, claim: Claim) -> Finding:
    frame = proxies(study)
    return above(claim, statistics.spearman(frame["score"], -frame["proxy_lpips_content"]), -0.8)


def _of_groups(rows: pd.DataFrame, name: str, statistic: Callable[..., float],
               groups: Collection[str] = GROUPS) -> tuple[Interval, str]:  # fmt: skip
    """A statistic of the mean of a measure's repeats in each group, resampled; and these means in words."""
    repeats = {group: rows.loc[rows["group"] == group, name].to_numpy() for group in groups}
    effect = statistics.bootstrap_groups(
        list(repeats.values()), lambda *drawn: statistic(*(values.mean() for values in drawn)), seed=SEED
    )
    return effect, ", ".join(f"{group} {values.mean():.3f}" for group, values in repeats.items())


def _loss_ratio(group: str, study: Study, claim: Claim) -> Finding:
    rows = tables.group_rows(study, "groups")
    effect, _ = _of_groups(rows, "style_loss", lambda one, middle: one / middle, (group, "G2"))
    return outside_band(claim, effect, (0.95, 1.05))


def _rise(name: str, part: str, study: Study, claim: Claim) -> Finding:
    """Does the measure rise from G1 over G2 to G3?"""
    effect, note = _of_groups(tables.group_rows(study, part), name, lambda a, b, c: min(b - a, c - b))
    return above(claim, effect, 0.0, note=note)


def _contrast(study: Study, claim: Claim) -> Finding:
    styles = study.frame("references").query("role == 'style'").set_index("picture")["colour_contrast"]
    frame = study.frame("contrast")
    effect = statistics.spearman(styles[frame["style"]].to_numpy(), frame["proxy_lpips_content"])
    return above(claim, effect, 0.0, note=f"{len(frame)} styles")


def _vanishes(setting: str, study: Study, claim: Claim) -> Finding:
    rows = tables.texture_rows(study).query("setting == @setting")
    effect, note = _of_groups(rows, "hf", lambda a, b, c: max(abs(a / b - 1), abs(c / b - 1)))
    return below(claim, effect, 0.08, note=f"HF {note}")


def _scaled(study: Study, optimiser: str, eps: float, scales: Sequence[float]) -> pd.DataFrame:
    """An optimiser's runs without TV, one row a scale asked for; NaN where that run failed or is missing."""
    frame = study.frame("optimisers").query("tv_weight == 0 and optimiser == @optimiser and eps == @eps")
    return frame.drop_duplicates("scale").set_index("scale").reindex(list(scales))


def _identical(study: Study, claim: Claim) -> Finding:
    same = _scaled(study, "adam-scaled-eps", EPSILON, [64.0])["identical"]
    return not_run(claim, "no run had the loss times 64") if same.isna().any() else exact(claim, bool(same.all()), n=1)


def _once(optimiser: str, eps: float, scales: Sequence[float], measure: Measure, threshold: float) -> Test:
    """Is a measure of an optimiser's runs, which are deterministic and so have no interval, below the threshold?"""

    def judge(study: Study, claim: Claim) -> Finding:
        value = float(measure(_scaled(study, optimiser, eps, scales)))
        if not np.isfinite(value):
            return not_run(claim, "a run failed")
        verdict = Verdict.SUPPORTED if value < threshold else Verdict.CONTRADICTED
        return Finding(claim.id, verdict, n=len(scales), effect=value, threshold=f"< {threshold:g}",
                       note="one deterministic run a scale, so no interval")  # fmt: skip

    return judge


_adam = _once(
    "adam", 1e-8, (1e-2, 64.0, 1e2), lambda rows: (rows["difference"] / rows["moved"]).max(skipna=False), 0.05
)
_lbfgs = _once("lbfgs", 0.0, (1e-9, 1e-2, 1.0, 64.0, 1e2),
               lambda rows: (rows["final_loss"] / rows["final_loss"][1.0] - 1).abs().max(skipna=False),
               0.05)  # fmt: skip
_descent = _once("sgd", 0.0, (1e-2, 1.0), lambda rows: rows["moved"][1e-2] / rows["moved"][1.0], 0.1)


def _reading(study: Study, claim: Claim) -> Finding:
    if not study.has("decision"):
        return not_run(claim, "needs VGG-19 (encoder: vgg19); the default is reading A")
    cells = tables.decision_cells(study)
    squares = [cells.loc[cells["reading"] == reading, "decades"] ** 2 for reading in ("A", "B")]
    effect = statistics.bootstrap_groups(squares, lambda a, b: b.mean() ** 0.5 - a.mean() ** 0.5, seed=SEED)
    return above(claim, effect, 0.0, note="misfit of B minus that of A, in decades, over the shared cells")


RATES, GROUPED, TV, SCALES = ("rates",), ("groups",), ("groups", "tv"), ("optimisers",)  # parts that claims need
CLAIMS = [
    Claim("C1", "One setting does not serve all styles: ink, comic and pixel art keep more style loss than oils",
          "Fig. 1", _styles, needs=("grid",)),
    Claim("C2a", "With rising lr one loss falls to a minimum, then rises; the other hardly moves", "Fig. 2, Table 1",
          parts=("C2a1", "C2a2", "C2a3")),
    Claim("C2a1", "Below its minimum the style loss falls with lr", "Fig. 2", _falls, needs=RATES),
    Claim("C2a2", "Beyond its minimum the style loss rises again", "Table 1: 1.35", _rises, needs=RATES),
    Claim("C2a3", "The content loss hardly moves for lr >= 1e-3", "Table 1: 0.23", _flat, needs=RATES),
    Claim("C2b", "Both losses are smallest at lr 0.06", "text of section 3.2", parts=("C2b1", "C2b2")),
    Claim("C2b1", "The style loss is smallest at lr 0.06", "Table 1", partial(_least, "style_loss"), needs=RATES),
    Claim("C2b2", "The content loss is smallest at lr 0.06", "Table 1", partial(_least, "content_loss"), needs=RATES),
    Claim("C3", "People find lr 0.0017 and 0.005 more natural than the loss minimum 0.06", "Figs 3, 4", _votes),
    Claim("C3-s", "By two proxies (no human judgement), lr 0.0017 and 0.005 look more natural than 0.06",
          "stand-in for C3", _proxies, needs=RATES),
    Claim("C4", "Losses alone are no sufficient criterion of quality", "C3", _criterion, needs=RATES),
    Claim("C5", "At a fixed ratio the magnitude of the weights still changes the losses", "Table 2",
          parts=("C5a", "C5b")),
    Claim("C5a", "The unweighted style loss of G1 differs from G2's", "Table 2: 1.4e10 / 7.8e8",
          partial(_loss_ratio, "G1"), needs=GROUPED),
    Claim("C5b", "The unweighted style loss of G3 differs from G2's", "Table 2: 0.986", partial(_loss_ratio, "G3"),
          needs=GROUPED),
    Claim("C6", "Larger magnitude gives finer texture", "Figs 5, 7", parts=("C6a", "C6b")),
    Claim("C6a", "HF(G1) < HF(G2) < HF(G3) on the first style", "Fig. 5", partial(_rise, "hf", "groups"),
          needs=GROUPED),
    Claim("C6b", "HF(G1) < HF(G2) < HF(G3) on the second style", "Fig. 7", partial(_rise, "hf", "second"),
          needs=("second",)),
    Claim("C7", "Halving the resolution hurts G3 most and G1 least", "Fig. 6", partial(_rise, "r2", "groups"),
          needs=GROUPED),
    Claim("C8", "Too small a magnitude distorts more the stronger the style's colour contrast", "conclusion",
          _contrast, needs=("contrast", "references")),
    Claim("C9", "With TV scaled along with the weights, or off, the effect of the magnitude vanishes", "ours",
          parts=("C9a", "C9b")),
    Claim("C9a", "TV scaled with the weights: HF is the same in all groups", "ours",
          partial(_vanishes, tables.SCALED_TV), needs=TV),
    Claim("C9b", "TV 0: HF is the same in all groups", "ours", partial(_vanishes, tables.NO_TV), needs=TV),
    Claim("O1", "Adam with epsilon scaled along does not see a factor 64 on the loss, bit for bit", "derivation",
          _identical, "smoke", SCALES),
    Claim("O2", "Adam with a tiny epsilon is invariant to the loss scale from 1e-2 to 1e2", "derivation", _adam,
          needs=SCALES),
    Claim("O3", "L-BFGS is invariant to the loss scale from 1e-9 to 1e2", "derivation", _lbfgs, needs=SCALES),
    Claim("O4", "Gradient descent is not: a factor 1e-2 on the loss shortens its way", "derivation", _descent,
          needs=SCALES),
    Claim("O5", "Reading A (labels exchanged, content start) fits the tables better than reading B", "Table 2",
          _reading, "day"),
    in_print("P-C2b", "both losses are smallest at lr 0.06", "Table 1", says(_printed_minimum)),
    in_print("P-C5", "G3's falling loss is 100 times G2's: losses are printed weighted, and Adam ignored the factor",
             "Table 2", says(_printed_factor)),
]  # fmt: skip


def judge_all(study: Study) -> pd.DataFrame:
    """Judge every claim that the study's records reach, and write `claims.csv`."""
    return study.judge(CLAIMS, failing={"optimisers"})  # one that diverges is a result
