"""What can be moved with the mouse: pictures on the screen, and a slider that uncovers one picture over another.

Nothing here waits for a browser: where there is none, a static figure and one line of text stand in for the widget.
"""

import base64
import io
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image

from lib.report.pictures import image_grid
from lib.report.style import Plot

SIDE = 400  # pixels on the screen that the longer side of a small picture is enlarged to, by the largest whole number
Bundle = tuple[dict[str, Any], dict[str, Any]]


class Comparison:
    """Two pictures in one place; the slider below uncovers the first from the left, over the second.

    Pictures are (H, W, 3) uint8 arrays of one shape, `names` what they are. Display it as the last line of a cell.
    Raises ValueError for unequal shapes and other arrays.
    """

    def __init__(self, first: np.ndarray, second: np.ndarray, names: tuple[str, str] = ("before", "after")) -> None:
        check_pictures(dict(zip(names, (first, second), strict=True)))
        self.names, self._pictures = names, (first, second)
        over, under = picture(first), picture(second)
        for image in (over, under):
            image.layout.margin, image.layout.grid_area = "0", "1 / 1"
        size = {name: getattr(under.layout, name) for name in ("width", "height")}
        across = int(size["width"].removesuffix("px"))
        self.window = widgets.Box([over], layout=widgets.Layout(
            height=size["height"], margin="0", overflow="hidden", grid_area="1 / 1", border_right="2px solid white"
        ))  # fmt: skip
        self.slider = widgets.IntSlider(across // 2, 0, across, readout=False, layout={"width": size["width"]})
        self.slider.observe(self._uncover, "value")
        self._uncover()
        titles = widgets.HBox([widgets.Label(name) for name in names],
                              layout={"justify_content": "space-between", "width": size["width"]})  # fmt: skip
        grid = {
            **size, "grid_template_columns": size["width"], "grid_template_rows": size["height"], "margin": "0 2px",
            "overflow": "hidden", "flex": "0 0 auto",
        }  # fmt: skip
        self.widget = widgets.VBox([titles, widgets.GridBox([under, self.window], layout=grid), self.slider])

    def _uncover(self, _change: Any = None) -> None:
        """Cut the upper picture at the slider; only this number goes to the browser, so that it follows the mouse."""
        self.window.layout.width = f"{self.slider.value}px"

    def __repr__(self) -> str:
        return f"Comparison of {self.names[0]} and {self.names[1]}; move the slider in JupyterLab"

    def _repr_mimebundle_(self, **kwargs: Any) -> Bundle:
        """The slider for a browser, both pictures side by side elsewhere; called by Jupyter at the end of a cell."""
        return bundle(self.widget, repr(self), image_grid([list(self._pictures)], columns=self.names), **kwargs)


def bundle(widget: widgets.Widget, text: str, figure: Plot | None = None, **kwargs: Any) -> Bundle:
    """What Jupyter shows of a widget: itself in a browser; a figure, if one is given, or a line of text elsewhere."""
    data: dict[str, Any] = {**(widget._repr_mimebundle_(**kwargs) or {}), "text/plain": text}
    if figure is None:
        return data, {}
    png, size = figure._repr_png_()
    return {**data, "image/png": base64.b64encode(png).decode()}, {"image/png": size}


def picture(image: np.ndarray) -> widgets.Image:
    """A picture (H, W, 3) uint8 on the screen, enlarged by a whole number where it is small."""
    height, width = image.shape[:2]
    size = {"width": f"{_zoom(image) * width}px", "height": f"{_zoom(image) * height}px"}
    layout = widgets.Layout(
        **size, min_width=size["width"], object_fit="fill", margin="8px", flex="0 0 auto"
    )  # no shrinking
    return widgets.Image(value=png(image), format="png", layout=layout)


def png(image: np.ndarray) -> bytes:
    """The picture as PNG without metadata, enlarged like its place on the screen with no smoothing."""
    buffer = io.BytesIO()
    Image.fromarray(image.repeat(_zoom(image), 0).repeat(_zoom(image), 1)).save(buffer, "PNG")
    return buffer.getvalue()


def check_pictures(images: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError unless all are (H, W, 3) uint8 arrays of one shape."""
    shapes = {name: image.shape for name, image in images.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 3 or shape[2] != 3 for shape in shapes.values()):
        raise ValueError(f"images have shapes {shapes}; allowed is one shape (H, W, 3)")
    if dtypes := {str(image.dtype) for image in images.values()} - {"uint8"}:
        raise ValueError(f"images have dtypes {sorted(dtypes)}; allowed is uint8")


def _zoom(image: np.ndarray) -> int:
    return max(1, SIDE // max(image.shape[:2]))
