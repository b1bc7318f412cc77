"""What results are read against: measures of the untouched pictures, a model of natural photos, and people's votes."""

from functools import partial

import torch

from lib.data import images, pictures, registry
from lib.metrics.colour import colour_contrast
from lib.metrics.naturalness import fit_nss, nss_distance
from lib.papers.nst import experiments, figures, stored, votes
from lib.papers.nst.evaluate import spectra, textures
from lib.papers.nst.settings import Settings
from lib.papers.study import Study
from lib.paths import atomic
from lib.search import progress


def compute(study: Study, settings: Settings, part: str = "references") -> None:
    """One row a content and style picture at the study's size, with the picture itself where it may be shown."""
    named = experiments.pictures(settings)
    infos = {name: pictures.info(name) for _, name in named}
    identity = {"side": settings.side, "pictures": {name: info.sha256 for name, info in infos.items()},
                "roles": [list(pair) for pair in named]}  # fmt: skip
    with study.open_run(part, identity) as run, progress.Bar(len(named), part, done=len(run.record.done)) as bar:
        for k, (role, name) in enumerate(named):
            config = {"role": role, "picture": name}
            stored.rows(run, [(k, 0)], partial(_measured, k, config, settings.side), bar)
        shown = {row["artifacts"]["image"]: infos[row["config"]["picture"]].showable for row in run.record.rows}
        study.export(run, part, shown)


@torch.no_grad()
def _measured(k: int, config: dict[str, str], side: int) -> stored.Computed:
    """Texture measures, colour contrast and spectrum of one picture."""
    image = pictures.picture(config["picture"], side=side)
    measures = {**textures(image[None]), "colour_contrast": colour_contrast(image[None])}
    metrics = {name: float(values[0]) for name, values in measures.items()}
    curves = {"spectrum": stored.digits(spectra(image[None])[0])}
    return [({"k": k, "repeat": 0, "seed": 0, "config": config, "metrics": metrics, "curves": curves}, image)]


def compute_naturalness(study: Study, settings: Settings, part: str = "naturalness") -> None:
    """proxy_nss of each learning rate's picture, against the natural photos that the settings name.

    Nothing is computed where `photos` is empty. Raises `MissingData` where the photos are named but absent, ValueError
    for fewer than 30 photos.
    """
    if not settings.photos:
        return
    found, sweep = registry.locate(settings.photos), study.frame("rates")
    identity = {"photos": found.sha256, "side": settings.side, "scores": sweep["score"].tolist()}
    first = sweep[sweep["repeat"] == 0].to_dict("records")

    def distances() -> stored.Computed:
        folder = found.path / "content" if (found.path / "content").is_dir() else found.path
        model = fit_nss(images.load(path, side=2 * settings.side) for path in registry.folder(folder))
        for row in first:
            pixels = study.picture("rates", row["artifacts"]["image"], private=True)
            assert pixels is not None  # every first repeat is exported
            distance = float(nss_distance(images.from_uint8(pixels)[None], model)[0])
            yield {"k": row["k"], "repeat": 0, "seed": 0, "config": {"lr": row["lr"]},
                   "metrics": {"proxy_nss": distance}}, None  # fmt: skip

    with study.open_run(part, identity) as run, progress.Bar(len(first), part) as bar:
        stored.rows(run, [(row["k"], 0) for row in first], distances, bar)
        study.export(run, part, {})


def keep_votes(study: Study, settings: Settings, part: str) -> None:
    """Copy the real votes cast on this machine, if there are any, to the study's records."""
    cast = votes.real(votes.read())
    if len(cast):
        with atomic(study.records / figures.VOTES) as temporary:
            cast.to_csv(temporary, index=False)
