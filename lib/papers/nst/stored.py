"""Rows of a part as they are kept: a batch is computed as a whole, with the pictures beside the record."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch import Tensor

from lib import weights
from lib.data import images, pictures
from lib.models import vgg
from lib.papers.nst.settings import Settings
from lib.search import runs
from lib.search.progress import Bar

Row = dict[str, Any]
Computed = Iterable[tuple[Row, Tensor | None]]  # each row with its finished picture (3, H, W)


def rows(run: runs.Run, keys: Sequence[tuple[int, int]], compute: Callable[[], Computed], bar: Bar) -> list[Row]:
    """The stored rows of a batch, each (k, repeat); computed where one is missing, together with those that are there.

    So a resumed part equals an uninterrupted one bit for bit. Raises `runs.OutOfTime` before a computation.
    """
    kept = {(row["k"], row["repeat"]): row for row in run.record.rows}
    missing = [key for key in keys if key not in kept]
    if missing:
        runs.check_time()
        for row, image in compute():
            key, artifacts = (row["k"], row["repeat"]), dict[str, str]()
            if key not in missing:
                continue
            if image is not None:
                path = images.save(image, run.artifacts / f"{key[0]:03d}-{key[1]}.png")
                artifacts["image"] = f"artifacts/{path.name}"
            kept[key] = run.record.append({**row, "artifacts": artifacts})
        bar.update(len(missing))
    return [kept[key] for key in keys]


def identity(settings: Settings, names: Iterable[str], **more: Any) -> dict[str, Any]:
    """What a part's results depend on: the encoder, the named pictures, and more."""
    return {
        "encoder": settings.encoder,
        "weights": weights.digest(vgg.ENCODERS[settings.encoder].weights),
        "pictures": {name: pictures.info(name).sha256 for name in names},
        **more,
    }


def digits(values: Tensor) -> list[float]:
    """The values to six significant digits, which curves are drawn with and which keeps records small."""
    return [float(f"{value:.6g}") for value in values.tolist()]
