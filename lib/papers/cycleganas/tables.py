"""The paper's printed numbers beside ours, and tables of trainings, sizes, searches, forms, sets and ranks."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from lib.metrics.distribution import INCEPTION
from lib.papers.cycleganas import records
from lib.papers.cycleganas.printed import figure6
from lib.papers.cycleganas.records import ARROW, DIRECTIONS, MEASURES, Stored, where_trained
from lib.papers.study import Study, needs
from lib.spaces.autogan import AutoGan
from lib.spaces.cycleganas import DECODE, ENCODE, RESIDUAL, CycleGanas, cyclegan, parameters
from lib.training.cyclegan import BETAS

H, SIDE, SEARCH_H = 64, 256, 16  # of the paper's CycleGAN, pictures and supernetworks
FLOAT = 4  # bytes of a parameter
PLACE = ["set", "direction", "method"]
METHODS = ("C", "C'", "N", "R")
PAIR = ["data", "target", "scheme", "search"]  # what N and the C' of its sizes have in common
SIZES = {f"params_{name}": f"S({name})" for name in ("G_A", "G_B", "D_A", "D_B")}
TRAINED = ("part", "name", "method", "target", "scheme", "search", "H_A", "H_B", "repeat")
RENAMED = {"data": "set", "name": "network", "seconds_training": "seconds", **SIZES}
Line = tuple[str, str, str, str, str]  # quantity, place, printed, ours, note
Product = Callable[[Study], pd.DataFrame | None]


def names(study: Study) -> dict[str, str]:
    """How the study's two scores are called in a table."""
    return {measure: records.score(study, measure) + ARROW for measure in MEASURES}


def fig6_numbers(study: Study) -> pd.DataFrame:
    """Figure 6: the printed mean FIDs with their ratio to CycleGAN's, and our means beside them, of our sets too."""
    paper, ours = _printed(), _controlled(study)
    keys = pd.MultiIndex.from_tuples(dict.fromkeys([*paper.index, *ours.index]), names=PLACE)
    return study.table("fig6_numbers", pd.concat([paper.reindex(keys), ours.reindex(keys)], axis=1).reset_index())


def _printed() -> pd.DataFrame:
    wide = figure6().rename(columns=lambda method: method.removesuffix(str(H)))
    scores: Any = wide.rename_axis(index=PLACE[:2], columns=PLACE[2]).stack()
    return pd.DataFrame({"paper: FID": scores, "paper: to C": scores / _of_c(scores)})


def _of_c(scores: pd.Series) -> list[float]:
    """The value of CycleGAN beside each one, of the same set and direction."""
    return [scores.get((data, direction, "C"), np.nan) for data, direction, _ in scores.index]


def _controlled(study: Study) -> pd.DataFrame:
    """Our means at the controlled width, a row a set, direction and method, N being what the first search found."""
    frame = records.trainings(study)
    controls = frame[frame["part"] == "controls"] if len(frame) else frame
    if controls.empty:
        return pd.DataFrame(index=pd.MultiIndex.from_tuples([], names=PLACE))
    target = controls["target"].iloc[0]
    first = (frame["method"] != "N") | ((frame["scheme"] == "OF") & (frame["search"] == 0))
    frame = frame[(frame["target"] == target) & first & frame["data"].isin(controls["data"])]
    found = [{"set": data, "direction": direction, "method": method, "target": target, "trainings": len(rows),
              **_means(study, rows, direction)}
             for data in frame["data"].unique() for direction in DIRECTIONS for method in METHODS
             if len(rows := frame[(frame["data"] == data) & (frame["method"] == method)])]  # fmt: skip
    table = pd.DataFrame(found).set_index(PLACE).astype({"target": "Int64", "trainings": "Int64"})
    for called in names(study).values():
        table[f"{called}, to C"] = table[called] / _of_c(table[called])
    return table.assign(note=_protocol(study, int(target)))


def _means(study: Study, rows: pd.DataFrame, direction: str) -> dict[str, float]:
    values = {called: rows[f"{measure}_{direction}"] for measure, called in names(study).items()}
    return {
        name: found
        for called, of in values.items()
        for name, found in ((called, of.mean()), (f"{called}, sd", of.std()))
    }


def _protocol(study: Study, target: int) -> str:
    """How our means of figure 6 were scored, and whether they are the paper's quantity."""
    about = study.about("controls")
    side, features = about["training"]["side"], about["scores"]["features"]
    same = (features, side, target) == (INCEPTION, SIDE, H)
    return f"ours: last scores, features {features}, {side} px" + ("" if same else "; not the paper's quantity")


def text_numbers(study: Study) -> pd.DataFrame:
    """The numbers of the text beside ours, which are computed exactly, measured, or the study's own settings."""
    lines = [*_exact(), *_settings(study), *_measured(study)]
    return study.table("text_numbers", pd.DataFrame(lines, columns=["quantity", "place", "paper", "ours", "note"]))


def _exact() -> Iterator[Line]:
    """What follows from the space alone."""
    space = CycleGanas()
    of = [math.prod(len(gene.choices) for gene in space.genes if gene.unit == unit) for unit in (0, 2)]
    sets = ", ".join(str(len(one)) for one in (ENCODE, RESIDUAL, DECODE))
    whole, sizes = f"{space.size:,}", {width: parameters(cyclegan(), width) for width in (32, H)}
    mega = {width: f"{count:,} parameters, {FLOAT * count / 1e6:.3f} MB" for width, count in sizes.items()}
    quarter = (
        f"11.378 million are the parameters of C64 ({mega[H]}); C32 has a fourth of them, of four bytes each (8.6)"
    )
    code = "the authors' code has no 7x7 to encode"
    yield "operations to encode, in residual cells, to decode", "Sec. 3.2", "8, 5, 3", sets, code
    yield "generators", "Sec. 3.2", "2.2e15", f"{of[0]:,}", "8^2 x 5^18 x 3^2"
    yield "discriminators", "Sec. 3.2", "4096", f"{of[1]:,}", "8^4"
    yield "architectures of all four networks", "Sec. 3.2", "8.1e37", whole, "81 x 10^36, exactly"
    yield "the same, in the conclusion", "Sec. 5", "8.1e36", whole, "a misprint: 81 x 10^36 is 8.1e37"
    yield "architectures of AutoGAN's space", "Sec. 3.2", "1e5", f"{AutoGan().size:,}", "36 x 72 x 144"
    yield ("channels after the encoder, in the search and in CycleGAN", "Sec. 3.2", "64, 256",
           f"{4 * SEARCH_H}, {4 * H}", "called H there; in Sec. 4 H is the stem's width, a fourth (8.4)")  # fmt: skip
    yield "size of C32's generator", "Fig. 5", "11.378 MB", mega[32], quarter


def _settings(study: Study) -> Iterator[Line]:
    """What the paper set, and the study."""
    found, frame = records.searches(study, scheme="OF"), records.trainings(study)
    about = found[0].about["plan"] | found[0].about["training"] if found else {}
    own = {name: f"{about[name]:g}" if about else "" for name in ("side", "H", "lr", "alpha_lr", "lambda_cycle",
                                                                  "lambda_identity")}  # fmt: skip
    epoch, setting = "an epoch: as many iterations as the larger domain has pictures", "the study's setting"
    trained = f"{_between(frame['updates'])} iterations" if len(frame) else ""
    repeats = _between(frame.groupby(["data", "name", "scheme", "search"]).size()) if len(frame) else ""
    yield "side of the pictures, px", "Sec. 4", str(SIDE), own["side"], setting
    yield "H of the supernetworks", "Sec. 3.2", f"{SEARCH_H}: 64 / 4", own["H"], setting
    yield "epochs of a search", "Sec. 4", "400", _span(study, found), epoch
    yield "epochs of a training", "Sec. 4", "200", trained, epoch
    yield "Adam's learning rate, of weights and logits", "Sec. 4", "0.0002", f"{own['lr']}, {own['alpha_lr']}", setting
    yield "Adam's betas", "Sec. 4", "0.5, 0.999", ", ".join(map(str, BETAS)), ""
    weights = f"1, {own['lambda_cycle']}, {own['lambda_identity']}"
    yield "weights of the adversarial, cycle and identity losses", "Eq. 4", "1, 10, 5", weights, setting
    yield "trainings of an architecture", "Figs. 3 to 5; 6", "3; 5", repeats, setting


def _between(values: pd.Series, digits: str = ",.0f") -> str:
    """The range of numbers."""
    return " to ".join(dict.fromkeys(format(value, digits) for value in (values.min(), values.max())))


def _span(study: Study, found: list[Stored]) -> str:
    """How long the searches of OF were: iterations and, where the sets' sizes are stored, epochs."""
    if not found:
        return ""
    counts = pd.Series([one.rows["iterations"].iloc[-1] for one in found])
    sets = study.frame("domains") if study.has("domains") else pd.DataFrame()
    if sets.empty:
        return f"{_between(counts)} iterations"
    larger = sets.set_index("data")[["train_a", "train_b"]].max(axis=1).groupby(level=0).first()
    epochs = counts.to_numpy() / larger.reindex([one.data for one in found])
    return f"{_between(counts)} iterations, {_between(epochs, '.3g')} epochs"


def _measured(study: Study) -> Iterator[Line]:
    """What the paper measured, and what the study did."""
    frame = records.trainings(study)
    found = [one for one in records.searches(study)
             if one.rows["iterations"].iloc[-1] == one.about["training"]["iterations"]]  # fmt: skip
    swaps = [f"after {rows.loc[rows['source_w'] == 0, 'iterations'].max():,} of {rows['iterations'].max():,}"
             for rows in (one.rows for one in found if one.scheme == "THS")]  # fmt: skip
    updates = {scheme: np.mean([one.rows["updates"].iloc[-1] for one in found if one.scheme == scheme])
               for scheme in dict.fromkeys(one.scheme for one in found)}  # fmt: skip
    ratios = [f"{updates.get('OF', np.nan) / count:.2g} {name}" for name, count in updates.items() if name != "OF"]
    chunk = "iterations, to the end of the last chunk with w on the first half"
    yield "when THS swaps its halves", "Sec. 4.1", "after epoch 200 of 400", ", ".join(dict.fromkeys(swaps)), chunk
    yield ("updates of OF, over those of two steps", "Sec. 4.1", "0.5", ", ".join(ratios),
           "true of TF; an epoch of TH and THS is a half (8.12)")  # fmt: skip
    for direction, most in (("AtoB", "up to 30 %"), ("BtoA", "up to 10 %")):
        yield (f"gain of N over C at the larger size, {direction}", "Sec. 4.2", most, _gain(study, frame, direction),
               "of means over trainings; the largest of our sets")  # fmt: skip
    yield "H of the lowest FID", "Sec. 4.2", "32 to 96", _lowest(study, frame), "mean of both directions"
    yield "zebra pixels, over horse pixels", "Sec. 4", "more than 2", "", "not measured"


def _gain(study: Study, frame: pd.DataFrame, direction: str) -> str:
    """By how much N's mean score is below that of the CycleGAN of its size, at the largest matched one."""
    rows = frame[frame["part"] == "matched"] if len(frame) else frame
    if rows.empty:
        return ""
    rows, found = rows[rows["target"] == rows["target"].max()], []
    for measure, called in names(study).items():
        means = rows.groupby(["data", "method"])[f"{measure}_{direction}"].mean().unstack().reindex(columns=["C", "N"])
        gains = (1 - means["N"] / means["C"]).dropna()
        if len(gains):
            found.append(f"{called.removesuffix(ARROW)} {100 * gains.max():.0f} % ({gains.idxmax()})")
    return ", ".join(found)


def _lowest(study: Study, frame: pd.DataFrame) -> str:
    """The H of each method's lowest mean score, on every set that was trained at three widths or more."""
    if frame.empty:
        return ""
    rows = frame[frame["part"].isin(("matched", "widths"))]
    rows, found = rows.assign(kd=rows[[f"kd_{direction}" for direction in DIRECTIONS]].mean(axis=1)), []
    for (data, method), part in rows.groupby(["data", "method"]):
        means = part.groupby("H_A")["kd"].mean()
        if len(means) > 2:
            found.append(f"{data}, {method}: {means.idxmin()} of {', '.join(map(str, means.index))}")
    return f"{records.score(study, 'kd')}: {'; '.join(found)}" if found else ""


@where_trained
def extra_trainings(study: Study) -> pd.DataFrame:
    """Every training and direction with its scores, the last and the best, its size and what it cost."""
    lines, called = [], names(study)
    for _, row in records.trainings(study).iterrows():
        for direction in DIRECTIONS:
            scores: dict[str, Any] = {}
            for measure, name in called.items():
                own = f"{measure}_{direction}"
                scores |= {
                    name: row[own],
                    f"{name}, low": row[f"{own}_low"],
                    f"{name}, high": row[f"{own}_high"],
                    f"{name}, best": row[f"{own}_best"],
                    f"{name}, best at": row[f"{measure}_step_{direction}"],
                }
            scores |= {name: row.get(f"{name.lower()}_{direction}", np.nan) for name in ("L1", "SSIM")}
            cost = {name: row[name] for name in (*SIZES, "updates", "seconds_training", "seed")}
            about = {name: row[name] for name in TRAINED}
            lines.append({"data": row["data"], **about, "direction": direction, **scores, **cost})
    return study.table("extra_trainings", pd.DataFrame(lines).rename(columns=RENAMED))


@where_trained
def extra_sizes(study: Study) -> pd.DataFrame:
    """How closely the widths match the sizes aimed at; H is whole, and half a step of it changes a size by 1 / H."""
    frame = records.trainings(study)
    frame = frame[frame["method"] != "C"].drop_duplicates([*PAIR, "method"])
    frame = frame.assign(both=frame["params_G_A"] + frame["params_G_B"])
    aims = frame[frame["method"] == "N"].set_index(PAIR)["both"].rename("aim")
    frame = frame.join(aims, on=PAIR)
    own: dict[str, Any] = {
        "rho": np.log(frame["params_G_B"] / frame["params_G_A"]),
        "off C's size (%)": 100 * frame["mismatch"],
        "off N's size (%)": (100 * (frame["both"] / frame["aim"] - 1)).where(frame["method"] == "C'"),
        "half a step of H (%)": 100 / frame[["H_A", "H_B"]].mean(axis=1),
    }
    about = ["data", "name", "scheme", "search", "target", "H_A", "H_B", "params_G_A", "params_G_B"]
    table = frame[about].assign(**own)
    return study.table("extra_sizes", table.rename(columns=RENAMED).reset_index(drop=True))


def extra_searches(study: Study) -> pd.DataFrame | None:
    """What each search cost, how decided it ended, and the sizes and text of what it found."""
    lines = [_search(one) for one in records.searches(study)]
    return study.table("extra_searches", pd.DataFrame(lines)) if lines else None


def _search(one: Stored) -> dict[str, Any]:
    last, own = one.rows.iloc[-1], one.genotype
    usual = parameters(cyclegan(one.space.blocks, one.space.preset), H)
    return {
        "set": one.data, "scheme": one.scheme, "seed": one.seed, "iterations": last["iterations"],
        "updates": last["updates"], "images": last["images"], "seconds": one.rows["seconds"].sum(),
        "entropy (nats)": last["entropy"], "gap": last["gap"], "genes changed in the last chunk": last["hamming"],
        f"S(G_A) / S(C) at H {H}": parameters(own.G_A, H) / usual,
        f"S(G_B) / S(C) at H {H}": parameters(own.G_B, H) / usual, "genotype": last["genotype"],
    }  # fmt: skip


def extra_forms(study: Study) -> pd.DataFrame | None:
    """Milliseconds of a pass and its gradients in every form, a row a kind and size of layer, and the form chosen."""
    timed = [one for one in records.searches(study) if isinstance(one.rows.get("forms", [None])[0], list)]
    if not timed:
        return None
    groups = pd.DataFrame(timed[0].rows["forms"][0]).groupby(["kind", "c_in", "c_out", "side"], sort=False)
    table = groups.first().assign(layers=groups.size(), search=timed[0].name).drop(columns=["network", "layer"])
    return study.table("extra_forms", table.reset_index())


@needs("domains")
def extra_domains(study: Study) -> pd.DataFrame:
    """The sets, and the scores of untranslated pictures and of other real ones, between which a translation lies."""
    facts = ["title", "source", "train_a", "train_b", "test_a", "test_b", "showable", "paired"]
    lines = []
    for data, rows in study.frame("domains").groupby("data", sort=False):
        scores = {f"{called} {direction}, {row['name']}": row[f"{measure}_{direction}"]
                  for measure, called in names(study).items() for direction in DIRECTIONS
                  for _, row in rows.iterrows()}  # fmt: skip
        lines.append({"set": data, **rows.iloc[0][facts], **scores})
    return study.table("extra_domains", pd.DataFrame(lines))


@needs("ranks")
def extra_ranks(study: Study) -> pd.DataFrame:
    """Genotypes scored with the weights of the first search's supernetwork, and trained alone (mean of trainings)."""
    keys, scores = ["data", "name", "text"], [f"{measure}_{way}" for measure in MEASURES for way in DIRECTIONS]
    frame, trained = study.frame("ranks"), records.trainings(study)
    groups = (trained if len(trained) else frame[:0]).groupby(keys)[scores]
    both = frame.join(groups.mean().add_suffix("_alone").assign(trainings=groups.size()), on=keys)
    parts = []
    for direction in DIRECTIONS:
        about = both[["data", "name", "scheme", "search"]].assign(direction=direction)
        for measure, called in names(study).items():
            about[f"{called}, supernetwork"] = both[f"{measure}_{direction}"]
            about[f"{called}, alone"] = both[f"{measure}_{direction}_alone"]
        parts.append(about.assign(trainings=both["trainings"].astype("Int64"), genotype=both["text"]))
    table = pd.concat(parts).sort_index(kind="stable").rename(columns=RENAMED)
    return study.table("extra_ranks", table.reset_index(drop=True))


PRODUCTS: tuple[Product, ...] = (
    fig6_numbers, text_numbers, extra_trainings, extra_sizes, extra_searches, extra_forms, extra_domains, extra_ranks,
)  # fmt: skip
