"""Figures saved in a fraction of the time."""

from pathlib import Path


def quick_save(figure, folder, name):
    """In the place of `saving.save`, where only what is drawn matters: a small PNG."""
    path = Path(folder) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=40)
    return [path]
