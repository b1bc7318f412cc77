"""Torch models, searchers and metrics behind the workbook's notebooks."""

__version__ = "0.1.0"
