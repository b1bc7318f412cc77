"""The paper's printed numbers beside ours, and tables of trainings, searches, forms, sets and ranks."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from lib.metrics.distribution import INCEPTION
from lib.papers.cycleganas import printed, records
from lib.papers.cycleganas.records import ARROW, DIRECTIONS, MEASURES, Stored, by_direction
from lib.papers.study import Study, needs
from lib.spaces.autogan import AutoGan
from lib.spaces.cycleganas import DECODE, ENCODE, RESIDUAL, CycleGanas, cyclegan, parameters
from lib.training.cyclegan import BETAS

H, SIDE, SEARCH_H = 64, 256, 16  # of the paper's CycleGAN, pictures and supernetworks
PLACE = ["set", "direction", "method"]
TRAINED = {
    "data": "set",
    "part": "part",
    "name": "network",
    **{name: name for name in ("method", "target", "scheme", "search", "H_A", "H_B", "repeat", "direction")},
}
COST = {**{f"params_{name}": f"S({name})" for name in ("G_A", "G_B", "D_A", "D_B")}, "mismatch": "off C's size, %",
        "updates": "updates", "seconds_training": "seconds", "seed": "seed"}  # fmt: skip
FORMS = {"c_in": "channels in", "c_out": "channels out",
         **{f"{form}_ms": f"{form}, ms" for form in ("plain", "merged9", "merged7")}}  # fmt: skip
FACTS = {"title": "title", "source": "source", "train_a": "train A", "train_b": "train B", "test_a": "test A",
         "test_b": "test B", "showable": "showable", "paired": "paired"}  # fmt: skip
Line = tuple[str, str, str, str, str]  # quantity, place, printed, ours, note
Product = Callable[[Study], pd.DataFrame | None]


def names(study: Study) -> dict[str, str]:
    """How the study's two scores are called in a table."""
    return {measure: records.score(study, measure) + ARROW for measure in MEASURES}


def fig6_numbers(study: Study) -> pd.DataFrame:
    """Figure 6: the printed mean FIDs with their ratio to CycleGAN's, and our means beside them, of our sets too."""
    paper = printed.figure6().rename_axis(index={"dataset": "set"}).swaplevel().sort_index()
    both: Any = {"paper: FID": paper.stack(), "paper: to C": paper.div(paper["C"], axis=0).stack()}
    table = pd.concat([pd.DataFrame(both), *_controlled(study)], axis=1)
    return study.table("fig6_numbers", table.rename_axis(index=PLACE).reset_index())


def _controlled(study: Study) -> Iterator[pd.DataFrame]:
    """Our means at the controlled width, a row a set, direction and method, N being what the first search found."""
    if not study.has("controls") or (controls := study.frame("controls")).empty:
        return
    frame, target = by_direction(records.trainings(study)), int(controls["target"].iloc[0])
    first = (frame["method"] != "N") | ((frame["scheme"] == "OF") & (frame["search"] == 0))
    frame = frame[(frame["target"] == target) & first & frame["data"].isin(controls["data"])]
    scores = {column: how for measure, name in names(study).items()
              for column, how in ((name, (measure, "mean")), (f"{name}, sd", (measure, "std")))}  # fmt: skip
    groups = frame.rename(columns={"data": "set"}).groupby(PLACE)
    table = groups.agg(target=("target", "first"), trainings=("target", "size"), **scores)
    table = table.astype({"target": "Int64", "trainings": "Int64"})
    for name in names(study).values():
        wide: Any = table[name].unstack()
        table[f"{name}, to C"] = wide.div(wide["C"], axis=0).stack()
    yield table.assign(note=_protocol(study, target))


def _protocol(study: Study, target: int) -> str:
    """How our means of figure 6 were scored, and whether they are the paper's quantity."""
    about = study.about("controls")
    side, features = about["training"]["side"], about["scores"]["features"]
    same = (features, side, target) == (INCEPTION, SIDE, H)
    return f"ours: last scores, features {features}, {side} px" + ("" if same else "; not the paper's quantity")


def text_numbers(study: Study) -> pd.DataFrame:
    """The numbers of the text beside ours, which are computed exactly, the study's own settings, or measured."""
    lines = [*_exact(), *_settings(study), *_measured(study)]
    return study.table("text_numbers", pd.DataFrame(lines, columns=["quantity", "place", "paper", "ours", "note"]))


def _exact() -> Iterator[Line]:
    """What follows from the space and the schemes alone."""
    of, sets = printed.genotypes(), ", ".join(str(len(one)) for one in (ENCODE, RESIDUAL, DECODE))
    whole = f"{CycleGanas().size:,}"
    mega = {width: f"{count:,} parameters, {4e-6 * count:.3f} MB" for width, count in printed.GENERATORS.items()}
    quarter = f"11.378 million are the parameters of C64 ({mega[H]}); C32 has a fourth of them, of four bytes each"
    updates = printed.updates()
    ratios = ", ".join(f"{updates['OF'] / updates[name]:.2g} {name}" for name in ("TF", "TH", "THS"))
    yield "operations to encode, in residual cells, to decode", "Sec. 3.2", "8, 5, 3", sets, "no 7x7 in the code"
    yield "generators", "Sec. 3.2", "2.2e15", f"{of[0]:,}", "8^2 x 5^18 x 3^2"
    yield "discriminators", "Sec. 3.2", "4096", f"{of[1]:,}", "8^4"
    yield "architectures of all four networks", "Sec. 3.2", "8.1e37", whole, "81 x 10^36, exactly"
    yield "the same, in the conclusion", "Sec. 5", "8.1e36", whole, "a misprint: 81 x 10^36 is 8.1e37"
    yield "architectures of AutoGAN's space", "Sec. 3.2", "1e5", f"{AutoGan().size:,}", "36 x 72 x 144"
    yield ("channels after the encoder, in the search and in CycleGAN", "Sec. 3.2", "64, 256",
           f"{4 * SEARCH_H}, {4 * H}", "called H there; in Sec. 4 H is the stem's width, a fourth")  # fmt: skip
    yield "size of C32's generator", "Fig. 5", "11.378 MB", mega[32], quarter
    yield "updates of OF, over those of two steps", "Sec. 4.1", "0.5", ratios, "an epoch of TH and THS is a half"


def _settings(study: Study) -> Iterator[Line]:
    """What the paper set, and the study."""
    found, frame = records.searches(study, scheme="OF"), records.trainings(study)
    if not found or frame.empty:
        return
    about = found[0].about["plan"] | found[0].about["training"]
    own = {name: f"{about[name]:g}" for name in ("side", "H", "lr", "alpha_lr", "lambda_cycle", "lambda_identity")}
    searched = pd.Series([one.rows["iterations"].iloc[-1] for one in found])
    repeats = frame.groupby(["data", "name", "scheme", "search"]).size()
    epoch, setting = "an epoch: as many iterations as the larger domain has pictures", "the study's setting"
    yield "side of the pictures, px", "Sec. 4", str(SIDE), own["side"], setting
    yield "H of the supernetworks", "Sec. 3.2", f"{SEARCH_H}: 64 / 4", own["H"], setting
    yield "epochs of a search", "Sec. 4", "400", f"{_between(searched)} iterations", epoch
    yield "epochs of a training", "Sec. 4", "200", f"{_between(frame['updates'])} iterations", epoch
    yield "Adam's learning rate, of weights and logits", "Sec. 4", "0.0002", f"{own['lr']}, {own['alpha_lr']}", setting
    yield "Adam's betas", "Sec. 4", "0.5, 0.999", ", ".join(map(str, BETAS)), ""
    weights = f"1, {own['lambda_cycle']}, {own['lambda_identity']}"
    yield "weights of the adversarial, cycle and identity losses", "Eq. 4", "1, 10, 5", weights, setting
    yield "trainings of an architecture", "Figs. 3 to 5; 6", "3; 5", _between(repeats), setting


def _between(values: pd.Series) -> str:
    """The range of numbers."""
    return " to ".join(dict.fromkeys(f"{value:,.0f}" for value in (values.min(), values.max())))


def _measured(study: Study) -> Iterator[Line]:
    """What the paper measured, and what the study did."""
    frame = records.trainings(study)
    if not {"C", "N"} <= {*frame.get("method", ())}:
        return
    frame = by_direction(frame[frame["part"].isin(("matched", "widths"))])
    matched = frame[frame["part"] == "matched"]
    matched = matched[matched["target"] == matched["target"].max()]
    for direction, most in (("AtoB", "up to 30 %"), ("BtoA", "up to 10 %")):
        means = matched[matched["direction"] == direction].groupby(["method", "data"])[list(MEASURES)].mean()
        gains = 1 - means.loc["N"] / means.loc["C"]
        ours = ", ".join(f"{records.score(study, name)} {100 * gains[name].max():.0f} % ({gains[name].idxmax()})"
                         for name in MEASURES)  # fmt: skip
        yield (f"gain of N over C at the larger size, {direction}", "Sec. 4.2", most, ours,
               "of means over trainings; the largest of our sets")  # fmt: skip
    best = []
    for (data, method), rows in frame.groupby(["data", "method"]):
        means = rows.groupby("H_A")["kd"].mean()
        if len(means) > 2:
            best.append(f"{data}, {method}: {means.idxmin()} of {', '.join(map(str, means.index))}")
    yield ("H of the lowest FID", "Sec. 4.2", "32 to 96", f"{records.score(study, 'kd')}: {'; '.join(best)}",
           "mean of both directions")  # fmt: skip


def extra_trainings(study: Study) -> pd.DataFrame | None:
    """Every training and direction with its scores, the last and the best, its size and what it cost.

    Widths are whole, so that sizes miss those of CycleGAN by some percent.
    """
    if (trained := records.trainings(study)).empty:
        return None
    scores = {f"{measure}{end}": name + words for measure, name in names(study).items()
              for end, words in {"": "", "_low": ", low", "_high": ", high", "_best": ", best",
                                 "_step": ", best at"}.items()}  # fmt: skip
    columns = {**TRAINED, **scores, "l1": "L1", "ssim": "SSIM", **COST}
    frame = by_direction(trained.assign(mismatch=100 * trained["mismatch"]))
    return study.table("extra_trainings", frame.reindex(columns=list(columns)).rename(columns=columns))


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
    return study.table("extra_forms", table.reset_index().rename(columns=FORMS))


@needs("domains")
def extra_domains(study: Study) -> pd.DataFrame:
    """The sets, and the scores of untranslated pictures and of other real ones, between which a translation lies."""
    lines = []
    for data, rows in study.frame("domains").groupby("data", sort=False):
        scores = {f"{called} {direction}, {row['name']}": row[f"{measure}_{direction}"]
                  for measure, called in names(study).items() for direction in DIRECTIONS
                  for _, row in rows.iterrows()}  # fmt: skip
        lines.append({"set": data, **rows.iloc[0][list(FACTS)].rename(FACTS), **scores})
    return study.table("extra_domains", pd.DataFrame(lines))


@needs("ranks", "matched")
def extra_ranks(study: Study) -> pd.DataFrame:
    """Genotypes scored with the weights of the first search's supernetwork, and trained alone (mean of trainings)."""
    keys, called = ["data", "name", "text", "direction"], names(study)
    groups = by_direction(records.trainings(study)).groupby(keys)[list(called)]
    alone = groups.mean().add_suffix("_alone").assign(trainings=groups.size().astype("Int64"))
    scores = {f"{measure}{end}": name + words for measure, name in called.items()
              for end, words in {"": ", supernetwork", "_alone": ", alone"}.items()}  # fmt: skip
    columns = {"data": "set", "name": "network", "scheme": "scheme", "search": "search", "direction": "direction",
               **scores, "trainings": "trainings", "text": "genotype"}  # fmt: skip
    table = by_direction(study.frame("ranks")).join(alone, on=keys)
    return study.table("extra_ranks", table[list(columns)].rename(columns=columns))


PRODUCTS: tuple[Product, ...] = (
    fig6_numbers, text_numbers, extra_trainings, extra_searches, extra_forms, extra_domains, extra_ranks,
)  # fmt: skip
