"""What the votes say (section 4.2): win shares, Bradley-Terry strengths, and claim C3. No votes, no numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from lib.papers.nst.votes import SIMULATED, VoteError, real
from lib.report import plots
from lib.report.statistics import Interval, bradley_terry_difference, bradley_terry_intervals, wilson, win_shares

VOTES_A_PAIR = 100
VOTERS = 10
SIZE_GUIDE = (
    f"about {VOTES_A_PAIR} votes of a pair tell 60:40 from 50:50 (+-10 %); four options are six pairs; "
    f"an interval over people needs {VOTERS} voters or more"
)
NATURAL_RATES, LOSS_MINIMUM = (0.0017, 0.005), 0.06  # figure 4's winners, and the minimum of table 1
OPTION_COLUMNS = ("option", "lr", "n", "share", "share_low", "share_high", "strength", "strength_low", "strength_high")


@dataclass(frozen=True)
class Summary:
    """What the votes say about each option, and what that rests on.

    `options` has a row an option in rising learning rate: share of its n comparisons won (ties half) with Wilson's
    interval, log Bradley-Terry strength (mean 0) with its interval over voters (NaN below two voters). Skipped pairs
    and repeats count in neither. `consistency` is the share of repeats answered as before, None without any.
    """

    options: pd.DataFrame
    votes: int
    voters: int
    ties: int
    skipped: int
    consistency: Interval | None
    simulated: bool

    def __str__(self) -> str:
        if not self.votes:
            return "no votes yet"
        text = (
            f"{self.votes} votes, {self.ties} of them undecided, of {self.voters} voters; {self.skipped} pairs skipped"
        )
        if self.consistency:
            text += f"; {self.consistency.value:.0%} of {self.consistency.n} repeated pairs answered as before"
        return f"simulated: {text}" if self.simulated else text


def summary(votes: pd.DataFrame, *, seed: int = 0, with_simulated: bool = False) -> Summary:
    """The summary of a frame of votes as `votes.read` gives it; simulated rows enter only where asked for."""
    votes = votes if with_simulated else real(votes)
    rows = counted(votes)
    return Summary(
        options=_options(rows, seed),
        votes=len(rows),
        voters=rows["voter"].nunique(),
        ties=int((rows["choice"] == "cannot decide").sum()),
        skipped=int((votes["choice"] == "skip").sum()),
        consistency=consistency(votes),
        simulated=bool((votes["voter"] == SIMULATED).any()),
    )


def counted(votes: pd.DataFrame) -> pd.DataFrame:
    """The rows behind shares and strengths: neither repeats, which are not independent, nor skipped pairs."""
    return votes[~votes["is_repeat"] & (votes["choice"] != "skip")].reset_index(drop=True)


def _options(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Share and strength of each option, in rising learning rate; empty without votes."""
    if rows.empty:
        return pd.DataFrame(columns=list(OPTION_COLUMNS))
    shares = win_shares(rows).rename(columns={"value": "share", "low": "share_low", "high": "share_high"})
    strengths = bradley_terry_intervals(rows, seed=seed)[["option", "strength", "low", "high"]]
    strengths = strengths.rename(columns={"low": "strength_low", "high": "strength_high"})
    frame = shares.merge(strengths, on="option").merge(_rates(rows), on="option")
    return frame.sort_values(["lr", "option"], ignore_index=True)[list(OPTION_COLUMNS)]


def _rates(rows: pd.DataFrame) -> pd.DataFrame:
    """The learning rate of each option; raises VoteError for an option id that was used for two of them."""
    sides = [rows[[f"{side}_id", f"lr_{side}"]].set_axis(["option", "lr"], axis=1) for side in ("left", "right")]
    rates = pd.concat(sides).drop_duplicates()
    if (twice := rates["option"].duplicated()).any():
        name = rates.loc[twice, "option"].iloc[0]
        raise VoteError(f"option {name!r} stands for the learning rates {sorted(rates[rates['option'] == name]['lr'])}")
    return rates


def consistency(votes: pd.DataFrame) -> Interval | None:
    """Share of repeated pairs answered as the last time in the session: the same option won, or again neither."""
    again, same = 0, 0
    for _, session in votes[votes["choice"] != "skip"].sort_values("trial").groupby("session_id"):
        before: dict[frozenset[str], str] = {}
        columns = (session[name].tolist() for name in ("left_id", "right_id", "choice", "is_repeat"))
        for left, right, choice, is_repeat in zip(*columns, strict=True):
            pair, winner = frozenset((left, right)), {"left": left, "right": right}.get(choice, "")
            if not is_repeat:
                before[pair] = winner
            elif pair in before:
                again, same = again + 1, same + (winner == before[pair])
    return wilson(same, again) if again else None


def figure(summary: Summary) -> Figure | None:
    """Win shares against chance and strengths against their mean, side by side; None if there are no votes yet.

    Carries the watermark `simulated` if any row behind it was not cast by a person.
    """
    if not summary.votes:
        return None
    frame = summary.options.assign(label=[f"lr {lr:g}" for lr in summary.options["lr"]])
    fig, (left, right) = plots.panels(2, height=1.1 + 0.24 * len(frame))
    plots.intervals(frame, "label", "share", "share_low", "share_high", reference=0.5, ax=left,
                    xlabel="share of comparisons won (Wilson 95 %)")  # fmt: skip
    plots.intervals(frame, "label", "strength", "strength_low", "strength_high", reference=0, ax=right,
                    xlabel="log strength, Bradley-Terry (95 % over voters)")  # fmt: skip
    return plots.watermark(fig, SIMULATED) if summary.simulated else fig


def shortfall(votes: pd.DataFrame, rates: Sequence[float] = NATURAL_RATES, against: float = LOSS_MINIMUM) -> str:
    """What real votes still lack to decide claim C3, with the size guide; empty if nothing."""
    rows = _by_rate(votes)
    if rows.empty:
        return f"no votes yet; {SIZE_GUIDE}"
    lacking = []
    for rate in rates:
        count = int((rows["left_id"].isin(pair := {f"{rate:g}", f"{against:g}"}) & rows["right_id"].isin(pair)).sum())
        if count < VOTES_A_PAIR:
            lacking.append(f"lr {rate:g} against {against:g} has {count} of {VOTES_A_PAIR} votes")
    if (voters := rows["voter"].nunique()) < VOTERS:
        lacking.append(f"{voters} of {VOTERS} voters")
    return "; ".join([*lacking, SIZE_GUIDE]) if lacking else ""


def preferences(
    votes: pd.DataFrame, rates: Sequence[float] = NATURAL_RATES, against: float = LOSS_MINIMUM, *, seed: int = 0
) -> dict[str, Interval] | None:
    """Claim C3 by votes: log strength of each rate minus that of the loss minimum, 95 % over voters, n all comparisons.

    Keys read `b(0.0017)-b(0.06)`; above 0 people prefer the smaller rate. Only real votes count, pooled over pictures.
    None while `shortfall` says that votes are lacking.
    """
    if shortfall(votes, rates, against):
        return None
    rows = _by_rate(votes)
    return {
        f"b({rate:g})-b({against:g})": bradley_terry_difference(rows, f"{rate:g}", f"{against:g}", seed=seed)
        for rate in rates
    }


def _by_rate(votes: pd.DataFrame) -> pd.DataFrame:
    """The counted real votes with the learning rates in place of option ids, without pairs of one rate."""
    rows = counted(real(votes))
    rows = rows[rows["lr_left"] != rows["lr_right"]]
    return rows.assign(**{f"{side}_id": [f"{lr:g}" for lr in rows[f"lr_{side}"]] for side in ("left", "right")})
