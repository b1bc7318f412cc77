"""The voting widget: two pictures side by side and four buttons (section 4.2). Needs a browser only to be clicked."""

import hashlib
import math
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import ipywidgets as widgets
import numpy as np
from filelock import Timeout

import lib
from lib.papers.nst import votes
from lib.paths import shown
from lib.report.interactive import Bundle, bundle, check_pictures, picture, png

QUESTION = "Which picture looks more natural?"
LABELS = {"left": "Left", "right": "Right", "cannot decide": "Cannot decide", "skip": "Skip"}


class Ballot:
    """Asks for the better one of two pictures, again and again, and appends a row a click to the votes file.

    `images` are (H, W, 3) uint8 arrays of one shape and `lrs` their learning rates, both by option id. Neither ids nor
    learning rates reach the browser. Order and sides follow from `seed`. `voter` defaults to `WORKBOOK_VOTER`, else to
    a random id that lasts as long as the kernel. Display it as the last line of a cell; it never waits for a click.
    Raises ValueError for fewer than two options, unequal shapes, other dtypes than uint8, ids that differ between the
    two mappings, and whatever a row of the votes file may not hold.
    """

    def __init__(
        self,
        images: Mapping[str, np.ndarray],
        lrs: Mapping[str, float],
        content: str,
        style: str,
        *,
        seed: int,
        question: str = QUESTION,
        path: Path | None = None,
        voter: str | None = None,
    ) -> None:
        _check(images, lrs)
        self.path = Path(path) if path is not None else votes.default_path()
        self.voter = voter or os.environ.get("WORKBOOK_VOTER", "").strip() or _kernel_voter()
        self.session_id = uuid4().hex
        self.cast = 0
        self.buttons = {choice: widgets.Button(description=LABELS[choice]) for choice in votes.CHOICES}
        self.pictures = [picture(image) for image in list(images.values())[:2]]
        self.status = widgets.Label()
        self.widget = self._layout(question)
        self._lrs = dict(lrs)
        self._png = {option: png(image) for option, image in images.items()}
        self._row = {
            "session_id": self.session_id,
            "voter": self.voter,
            "content": content,
            "style": style,
            "question": question,
            "version": f"{lib.__version__}+{_digest(images)}",
        }
        self._trials = votes.trials(list(images), seed)
        self._show_next()
        self._vote("skip")  # not kept: a text or rate that no row may hold is an error now, not at the first click

    def _layout(self, question: str) -> widgets.VBox:
        """Question above the pictures, buttons and status below; connects the buttons."""
        for choice, button in self.buttons.items():
            button.on_click(partial(self._clicked, choice))
        title = widgets.Label(question, style={"font_weight": "bold"})
        return widgets.VBox(
            [title, widgets.HBox(self.pictures), widgets.HBox(list(self.buttons.values())), self.status]
        )

    def _show_next(self) -> None:
        """Show the next pair and start its clock."""
        self.trial = next(self._trials)
        for image, option in zip(self.pictures, (self.trial.left, self.trial.right), strict=True):
            image.value = self._png[option]
        self._shown_at = time.monotonic()

    def _clicked(self, choice: str, _button: widgets.Button) -> None:
        """Keep the answer and go on; an answer that could not be kept leaves the pair on the screen and says why."""
        try:
            votes.append(self.path, self._vote(choice))
        except (OSError, ValueError, Timeout) as error:
            self.status.value = f"Not saved: {error}"
            return
        self.cast += 1
        self.status.value = f"{self.cast} answer{'s' * (self.cast > 1)} saved in {shown(self.path)}"
        self._show_next()

    def _vote(self, choice: str) -> votes.Vote:
        """The row for an answer given now."""
        trial = self.trial
        return votes.Vote(
            **self._row,
            utc=datetime.now(UTC).isoformat(timespec="milliseconds"),
            trial=trial.number,
            left_id=trial.left,
            right_id=trial.right,
            lr_left=float(self._lrs[trial.left]),
            lr_right=float(self._lrs[trial.right]),
            choice=choice,
            rt_ms=round(1000 * (time.monotonic() - self._shown_at)),
            is_repeat=trial.is_repeat,
        )

    def __repr__(self) -> str:
        return f"Ballot of {len(self._png)} pictures; vote in JupyterLab, answers go to {shown(self.path)}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Bundle:
        """The widget for a browser and one line of text elsewhere; called by Jupyter at the end of a cell."""
        self._shown_at = time.monotonic()
        return bundle(self.widget, repr(self), **kwargs)


@cache
def _kernel_voter() -> str:
    """One random id for this process, so that a rerun cell does not count its reader as a second voter."""
    return uuid4().hex


def _check(images: Mapping[str, np.ndarray], lrs: Mapping[str, float]) -> None:
    """Raise ValueError unless both mappings have the same two or more options and the pictures one shape."""
    if len(images) < 2:
        raise ValueError(f"images has {len(images)} options; a vote needs two or more")
    if set(images) != set(lrs):
        raise ValueError(f"images and lrs name different options: {sorted(set(images) ^ set(lrs))}")
    if wrong := {option: lr for option, lr in lrs.items() if not 0 < lr < math.inf}:
        raise ValueError(f"lrs has {wrong}; allowed are positive finite numbers")
    check_pictures(images)


def _digest(images: Mapping[str, np.ndarray]) -> str:
    """Eight hex digits that change with any pixel or id, so that votes on different pictures can be told apart."""
    digest = hashlib.sha256()
    for option in sorted(images):
        digest.update(f"{option}{images[option].shape}".encode() + np.ascontiguousarray(images[option]).tobytes())
    return digest.hexdigest()[:8]
