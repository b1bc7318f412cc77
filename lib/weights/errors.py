"""What can go wrong with weights."""


class MissingWeights(FileNotFoundError):
    """Weights that are not on this machine; the text names the command that fetches them."""


class CorruptWeights(ValueError):
    """A file that is damaged, altered, or not what its name says."""


class FetchFailed(RuntimeError):
    """A source that could not be reached, or a folder that could not be written."""
