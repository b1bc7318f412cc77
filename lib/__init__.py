"""Torch models, searchers and metrics behind the workbook's notebooks."""

__version__ = "1.0.0"
