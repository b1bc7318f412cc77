"""What results are read against: measures of the untouched pictures, a model of natural photos, and people's votes."""

from pathlib import Path
from typing import Any

import torch

from lib.data import images, pictures, registry
from lib.metrics.colour import colour_contrast
from lib.metrics.naturalness import fit_nss, nss_distance
from lib.papers.nst import experiments, figures, votes
from lib.papers.nst.evaluate import digits, spectra, textures
from lib.papers.nst.settings import Settings
from lib.papers.study import Study
from lib.paths import atomic


@torch.no_grad()
def compute(study: Study, settings: Settings, part: str = "references") -> None:
    """One row a content and style picture at the study's size, with the picture itself where it may be shown."""
    named = experiments.pictures(settings)
    infos = {name: pictures.info(name) for _, name in named}
    identity = {"side": settings.side, "pictures": {name: info.sha256 for name, info in infos.items()},
                "roles": [list(pair) for pair in named]}  # fmt: skip
    with study.open_run(part, identity) as run:
        for k, (role, name) in enumerate(named):
            if (k, 0) not in run.record.done:
                image = pictures.picture(name, side=settings.side)
                path = images.save(image, run.artifacts / f"{k:03d}-0.png")
                row = _picture_row(image[None])
                run.record.append({"k": k, "repeat": 0, "seed": 0, "config": {"role": role, "picture": name}, **row,
                                   "artifacts": {"image": f"artifacts/{path.name}"}})  # fmt: skip
        study.export(run, part, {f"artifacts/{k:03d}-0.png": infos[name].showable for k, (_, name) in enumerate(named)})


def _picture_row(image: torch.Tensor) -> dict[str, Any]:
    """Texture measures, colour contrast and spectrum of one picture (1, 3, H, W)."""
    metrics = {name: float(values[0]) for name, values in textures(image).items()}
    metrics["colour_contrast"] = float(colour_contrast(image)[0])
    return {"metrics": metrics, "curves": {"spectrum": digits(spectra(image)[0])}}


def compute_naturalness(study: Study, settings: Settings, part: str = "naturalness") -> None:
    """proxy_nss of each learning rate's picture, against the natural photos that the settings name.

    Nothing is computed where `photos` is empty. Raises `MissingData` where the photos are named but absent, ValueError
    for fewer than 30 photos.
    """
    if not settings.photos:
        return
    found, sweep = registry.locate(settings.photos), study.frame("rates")
    identity = {"photos": found.sha256, "side": settings.side, "scores": sweep["score"].tolist()}
    with study.open_run(part, identity) as run:
        todo = [row for row in sweep.to_dict("records") if row["repeat"] == 0 and (row["k"], 0) not in run.record.done]
        for row, distance in zip(todo, _distances(study, todo, found.path, 2 * settings.side), strict=True):
            config, metrics = {"lr": row["lr"]}, {"proxy_nss": distance}
            run.record.append({"k": row["k"], "repeat": 0, "seed": 0, "config": config, "metrics": metrics})
        study.export(run, part, {})


def _distances(study: Study, rows: list[dict[Any, Any]], photos: Path, side: int) -> list[float]:
    """The rows' pictures' distances from natural scenes, fitted on the photos at this long side."""
    if not rows:
        return []
    subfolder = photos / "content"
    files = registry.folder(subfolder if subfolder.is_dir() else photos)
    model = fit_nss(images.load(path, side=side) for path in files)
    pixels = [study.picture("rates", row["artifacts"]["image"], private=True) for row in rows]
    return [float(nss_distance(images.from_uint8(one)[None], model)[0]) for one in pixels if one is not None]


def keep_votes(study: Study, settings: Settings, part: str) -> None:
    """Copy the real votes cast on this machine, if there are any, to the study's records."""
    cast = votes.real(votes.read())
    if len(cast):
        with atomic(study.records / figures.VOTES) as temporary:
            cast.to_csv(temporary, index=False)
